import { monthsAfter, shanghaiClock } from '../calendar/shanghai';
import type { Unit } from '../products/kinds';
import type { Span } from './term';

/** The calls that a provider's delivery URL is sent (INS-1 … INS-4). */
export const PROVIDER_ACTIONS = [
  'verifyInterface',
  'createInstance',
  'renewInstance',
  'modifyInstance',
  'expireInstance',
  'destroyInstance',
] as const;
export type ProviderAction = (typeof PROVIDER_ACTIONS)[number];

/** The calls that an instance makes in its life. */
export type InstanceAction = Exclude<ProviderAction, 'verifyInterface'>;

/** What the provider's side may answer as `signId` while an instance is not ready, and is sent where it never was. */
export const NOT_READY = '0';

/** One letter a unit (INS-3). */
const TIME_UNITS: Record<Unit, 'y' | 'm' | 'd' | 'h' | 't'> = { year: 'y', month: 'm', day: 'd', hour: 'h', time: 't' };

/** What one order buys of an instance. */
export type Purchase = {
  orderId: string;
  productName: string;
  specName: string;
  span: Span;
  isTrial: boolean;
  /** What it was to be when it was ordered; absent where it may be either. */
  expects?: PurchaseKind;
};

/** What a purchase is to an instance that is there: more of the same, or a change of it. */
export type PurchaseKind = 'more' | 'change';

/** For whom an instance is, and what it is of. */
export type InstanceParties = { instanceId: string; orderId: string; buyerId: string; productId: string };

/** What a call says beside its action and request id. */
export type CallContent = { signId: string | null; purchase: Purchase; expiresAtMs: number | null };

/** The JSON that is posted. */
export type CallBody = { action: ProviderAction; requestId: string } & Record<string, unknown>;

/** Asks the provider's side whether it understands us: it answers the same echoback (INS-2). */
export const verification = (requestId: string, echoback: string): CallBody => ({
  action: 'verifyInterface',
  requestId,
  echoback,
});

/**
 * The body of a call (INS-3, INS-4). One that is tried again keeps its request id.
 * @param content of which a call says only what the protocol has for it
 */
export function callBody(
  action: InstanceAction,
  requestId: string,
  parties: InstanceParties,
  { signId, purchase, expiresAtMs }: CallContent,
): CallBody {
  const { instanceId: resourceId, orderId, buyerId, productId } = parties;
  const common = { action, requestId, accountId: buyerId, openId: buyerId, productId };
  const known = { ...common, signId: signId ?? NOT_READY };
  const productInfo = productInfoOf(purchase);
  // What has no end has no instant of expiry.
  const expiry = expiresAtMs === null ? {} : { instanceExpireTime: shanghaiClock(expiresAtMs) };
  switch (action) {
    case 'createInstance':
      return { ...common, orderId, resourceId, productInfo, extendInfo: { comment: '' } };
    case 'renewInstance':
    case 'modifyInstance':
      return { ...known, orderId: purchase.orderId, resourceId, productInfo, ...expiry };
    case 'expireInstance':
      return known;
    case 'destroyInstance':
      return { ...known, orderId };
  }
}

const productInfoOf = ({ productName, specName, span, isTrial }: Purchase) => ({
  productName,
  isTrial,
  spec: specName,
  timeSpan: span.amount,
  timeUnit: TIME_UNITS[span.unit],
  cycleNum: 1,
});

/**
 * What is hashed for a signature (INS-1): token, timestamp and event id in the order of their characters, joined.
 * @param timestamp seconds, as it stands in the query
 */
export const signedText = (token: string, timestamp: string, eventId: string): string =>
  [token, timestamp, eventId].sort().join('');

/** How long a receiver takes a signature for fresh, in seconds (INS-1). */
export const SIGNATURE_SECONDS = 30;

/** What a product's delivery must have passed in the debugger before it can be published (INS-5). */
export const requiredActions = (hasTrial: boolean): readonly InstanceAction[] => [
  'createInstance',
  'renewInstance',
  'expireInstance',
  'destroyInstance',
  ...(hasTrial ? (['modifyInstance'] as const) : []),
];

/** What the debugger asks for: an order of nobody, so that a provider's side knows it for one (INS-5). */
export const debuggerCall = (
  seed: string,
  nowMs: number,
): { parties: InstanceParties; content: Omit<CallContent, 'signId'> } => {
  const orderId = `ord_debug_${seed}`;
  const span = { amount: 1, unit: 'month' as const };
  return {
    parties: { instanceId: `ins_debug_${seed}`, orderId, buyerId: 'usr_debug', productId: 'prd_debug' },
    content: {
      purchase: { orderId, productName: '接口调试', specName: '接口调试', span, isTrial: false },
      expiresAtMs: monthsAfter(nowMs, 1),
    },
  };
};
