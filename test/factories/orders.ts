import { sealText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import { isSealed, type OrderCommand, type OrderOperation } from '../../domain/orders/commands';
import type { OrderTerms, PaymentFact } from '../../domain/orders/order';
import { newOrder, pay } from '../../domain/orders/state';
import { type OrderStep, PLACED } from '../../domain/orders/step';
import { close } from '../../domain/orders/transitions';
import { orderPolicy, parsePolicy } from '../../domain/policies/catalogue';
import { roleOf } from '../../domain/shared/actor';
import { systemCause } from '../../domain/shared/step';
import { ACTORS, BUYER, KEYS, PROVIDER, unique } from './commands';

/** What a test may want otherwise of an order's terms. */
export type TermsWishes = Partial<
  Pick<
    OrderTerms,
    'orderId' | 'flow' | 'payableFen' | 'originalFen' | 'productType' | 'supervised' | 'coupon' | InstanceTerm
  >
>;
type InstanceTerm =
  | 'needsImplementation'
  | 'needsBuyerConfirmation'
  | 'productId'
  | 'specName'
  | 'span'
  | 'isTrial'
  | 'renews';

/** An order of SaaS that is delivered by an instance of a product: a month of the basic spec, but for what `changes` say. */
export const saasWishes = (productId: string, changes: TermsWishes = {}): TermsWishes => ({
  ...{ productId, productType: 'saas', specName: '基础版', span: { amount: 1, unit: 'month' } },
  ...changes,
});

/** The terms of an order of usr_demo with prv_demo. */
export function newTerms({
  flow = 'standard',
  payableFen = 200_000,
  productType = 'human_service',
  supervised = productType === 'human_service',
  originalFen = payableFen,
  ...others
}: TermsWishes = {}): OrderTerms {
  const n = unique();
  return {
    orderId: `ord_${n}`,
    deliveryId: `dlv_${n}`,
    buyerId: BUYER,
    providerId: PROVIDER,
    productId: 'prd_demo',
    productName: '网站建设',
    specId: 'spc_demo',
    specName: '标准版',
    paymentChannel: 'wechat',
    payableFen,
    originalFen,
    productType,
    supervised,
    productVersion: 1,
    agreementSha256: null,
    feeBasisPoints: 1_000,
    flow,
    ...others,
  };
}

/** A payment that fits the order, but for what `fact` says. */
export function paymentFor(terms: OrderTerms, fact: Partial<PaymentFact> = {}): PaymentFact {
  return {
    paymentId: `pay_${unique()}`,
    orderId: terms.orderId,
    channel: terms.paymentChannel,
    transactionId: `txn_${unique()}`,
    amountFen: terms.payableFen,
    receivedAtMs: Date.now(),
    ...fact,
  };
}

const HOUR_MS = 3_600_000;
const unpaid = (terms: OrderTerms, atMs: number) => newOrder(terms, atMs + HOUR_MS);

/** The step that places an order, which can be paid for an hour. */
export function placedStep(terms: OrderTerms, other: Partial<OrderStep> = {}): OrderStep {
  const atMs = Date.now();
  return {
    commandId: `cmd_${unique()}`,
    action: 'order.placed',
    actorRole: 'buyer',
    actorId: terms.buyerId,
    requestId: 'req_test',
    sourceIp: '127.0.0.1',
    note: '',
    state: unpaid(terms, atMs),
    notices: [],
    sequence: PLACED,
    atMs,
    terms,
    policy: orderPolicy(parsePolicy()),
    knownPaymentIds: [],
    ...other,
  };
}

/** The step by which a payment that fits pays an order and begins its delivery. */
export function paidStep(terms: OrderTerms, payment: PaymentFact, atMs = Date.now()): OrderStep {
  const paid = pay(terms, unpaid(terms, atMs), payment, atMs);
  if (paid === null) throw new Error(`${payment.paymentId} does not fit ${terms.orderId}`);
  const cause = systemCause(`${terms.orderId}/${payment.channel}/${payment.transactionId}`, 'order.paid');
  return { ...placedStep(terms), ...cause, ...paid, sequence: PLACED + 1, atMs };
}

/** The step by which an order closes that has looked at these payments. */
export function closedStep(terms: OrderTerms, knownPaymentIds: string[] = []): OrderStep {
  const atMs = Date.now();
  const cause = systemCause(`${terms.orderId}/2/pay_within`, 'deadline.pay_within');
  return { ...placedStep(terms), ...cause, ...close(unpaid(terms, atMs)), sequence: PLACED + 1, atMs, knownPaymentIds };
}

/** What a test may want to say with a command to an order; the rest is filled in. */
export type OrderExtras = { payableFen?: number; note?: string; commandId?: string; actorId?: string };

/** One command to an order as its role would send it through the API. */
export function orderCommand(action: OrderOperation, extras: OrderExtras = {}): OrderCommand {
  const { commandId = `cmd_${unique()}`, note: said = `note of ${action}`, payableFen = 150_000 } = extras;
  const role = roleOf(action) === 'buyer' ? 'buyer' : 'provider';
  const note = isSealed(action) ? sealText(KEYS, said, placeOf('submission', commandId)).toString('base64') : said;
  const providerId = role === 'provider' ? PROVIDER : null;
  const origin = { actorId: extras.actorId ?? ACTORS[role], providerId, requestId: 'req_test', sourceIp: '127.0.0.1' };
  const common = { commandId, note, origin };
  return action === 'provider.price' ? { ...common, action, payableFen } : { ...common, action };
}
