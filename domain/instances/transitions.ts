import type { Notice } from '../notifications/notice';
import type { InstancePolicy } from '../policies/catalogue';
import type { NamedDeadline } from '../shared/deadlines';
import type { Transition } from '../shared/step';
import type { InstanceAction, Purchase, PurchaseKind } from './protocol';
import { type InstanceState, kindOfPurchase } from './state';
import { expiryOf } from './term';

type InstanceTransition = Transition<InstanceState>;

/** What the rules need to know of an instance beside its state. */
export type InstanceTerms = { instanceId: string; policy: InstancePolicy };

/** A paid order's instance: its creation is asked for (INS-1). */
export const newInstance = ({ instanceId }: InstanceTerms, purchase: Purchase, nowMs: number): InstanceState =>
  withCall(instanceId, EMPTY(purchase), 'createInstance', nowMs);

const EMPTY = (purchase: Purchase): InstanceState => ({
  stage: 'creating',
  signId: null,
  purchase,
  grants: [],
  expiresAtMs: null,
  calls: [],
  callCount: 0,
  isLate: false,
});

function withCall(
  instanceId: string,
  state: InstanceState,
  action: InstanceAction,
  nowMs: number,
  purchase = state.purchase,
): InstanceState {
  const requestId = `${instanceId}-${state.callCount + 1}`;
  const call = { requestId, action, sinceMs: nowMs, purchase, expiresAtMs: state.expiresAtMs };
  return { ...state, calls: [...state.calls, call], callCount: state.callCount + 1 };
}

const notice = (
  event: Notice['event'],
  to: Notice['to'],
  terms: InstanceTerms,
  params: Notice['params'] = {},
): Notice => ({
  event,
  to,
  params: { instanceId: terms.instanceId, ...params },
});

const endOf = ({ expiresAtMs }: InstanceState): string =>
  expiresAtMs === null ? '' : new Date(expiresAtMs).toISOString();

/**
 * The provider's side has answered a call as it should (INS-3, INS-4). An instance's time counts from when it is ready:
 * what the buyer cannot use yet does not run out.
 * @param signId the provider's name for the instance, of a creation
 * @returns null where the call is not waited for any more
 */
export function answered(
  terms: InstanceTerms,
  state: InstanceState,
  { requestId, signId }: { requestId: string; signId: string | null },
  nowMs: number,
): InstanceTransition | null {
  const [call, ...calls] = state.calls;
  if (call?.requestId !== requestId) return null;
  const next: InstanceState = {
    ...state,
    calls: calls.map((one, n) => (n > 0 ? one : { ...one, sinceMs: nowMs })),
    isLate: false,
  };
  switch (call.action) {
    case 'createInstance': {
      const grants = [{ orderId: call.purchase.orderId, span: call.purchase.span, fromMs: nowMs }, ...state.grants];
      const created: InstanceState = { ...next, stage: 'active', signId, grants, expiresAtMs: expiryOf(grants) };
      return { state: created, notices: [notice('instance.created', ['buyer'], terms, { expiresAt: endOf(created) })] };
    }
    case 'renewInstance':
      return { state: next, notices: [notice('instance.renewed', ['buyer'], terms, { expiresAt: endOf(next) })] };
    case 'modifyInstance':
      return { state: next, notices: [notice('instance.changed', ['buyer'], terms, { expiresAt: endOf(next) })] };
    case 'expireInstance':
      return { state: next, notices: [] };
    case 'destroyInstance':
      return {
        state: { ...next, stage: 'destroyed' },
        notices: [notice('instance.destroyed', ['buyer', 'provider'], terms)],
      };
  }
}

/**
 * An order has bought more of an instance (INS-4). More of the same is added at its end. A trial that becomes formal, and
 * another spec, end what was there: their time counts from now.
 * @returns null where the order is known already, its money has gone back, or what it bought is not to be had any more
 */
export function bought(
  terms: InstanceTerms,
  state: InstanceState,
  purchase: Purchase,
  nowMs: number,
): InstanceTransition | null {
  const { grants, givenBack = [] } = state;
  const kind = kindOfPurchase(state, purchase);
  if (kind === null || !isAsExpected(state, kind, purchase) || givenBack.includes(purchase.orderId)) return null;
  if (grants.some(({ orderId }) => orderId === purchase.orderId)) return null;
  const grant = { orderId: purchase.orderId, span: purchase.span, fromMs: nowMs };
  const isMore = kind === 'more';
  const next = isMore ? [...grants, grant] : [grant];
  const running: InstanceState = {
    ...state,
    stage: 'active',
    grants: next,
    expiresAtMs: expiryOf(next),
    ...(isMore ? {} : { purchase }),
  };
  return {
    state: withCall(terms.instanceId, running, isMore ? 'renewInstance' : 'modifyInstance', nowMs, purchase),
    notices: [],
  };
}

/** An order that is to make a trial formal does so once: after another one has, it would end what that one bought. */
const isAsExpected = ({ purchase: has }: InstanceState, kind: PurchaseKind, { expects }: Purchase): boolean =>
  expects === undefined || (kind === expects && (expects === 'more' || has.isTrial));

/**
 * An order's money has gone back (INS-4). The order that the instance stands on takes it along; one that only made it
 * last longer takes its time back, and never more than is left. One that is not known yet buys nothing when it comes.
 * @returns null where nothing follows from it, or the instance is being destroyed
 */
export function refunded(
  terms: InstanceTerms,
  state: InstanceState,
  orderId: string,
  nowMs: number,
): InstanceTransition | null {
  if (state.stage === 'destroying' || state.stage === 'destroyed') return null;
  if (state.purchase.orderId === orderId) return { state: destroying(terms, state, nowMs, orderId), notices: [] };
  const grants = state.grants.filter((grant) => grant.orderId !== orderId);
  const taken = state.grants.find((grant) => grant.orderId === orderId);
  if (taken === undefined) {
    const { givenBack = [] } = state;
    if (givenBack.includes(orderId)) return null;
    return { state: { ...state, givenBack: [...givenBack, orderId] }, notices: [] };
  }
  const end = expiryOf(grants);
  const shortened: InstanceState = { ...state, grants, expiresAtMs: end === null ? null : Math.max(end, nowMs) };
  if (state.stage === 'expired') return { state: { ...state, grants }, notices: [] };
  return { state: withCall(terms.instanceId, shortened, 'renewInstance', nowMs), notices: [] };
}

/** The calls that carry out what an order has bought. */
const BUYING: readonly InstanceAction[] = ['createInstance', 'renewInstance', 'modifyInstance'];

/**
 * Whatever else was to be asked of the provider's side has no point any more; what orders have bought by it is given up.
 * @param refundedId the order whose money has gone back already
 */
function destroying({ instanceId }: InstanceTerms, state: InstanceState, nowMs: number, refundedId?: string) {
  const bought = state.calls.filter(({ action }) => BUYING.includes(action)).map(({ purchase }) => purchase.orderId);
  const givenUp = [...new Set(bought)].filter((orderId) => orderId !== refundedId);
  const destroyed = { ...state, stage: 'destroying' as const, calls: [], isLate: false };
  return withCall(instanceId, { ...destroyed, ...(givenUp.length > 0 && { givenUp }) }, 'destroyInstance', nowMs);
}

/** The earliest deadline that runs: its end, its destruction, or that operations look at a call nobody answers. */
export function nextDeadline(state: InstanceState, policy: InstancePolicy): NamedDeadline | null {
  const { stage, expiresAtMs, calls, isLate } = state;
  const [call] = calls;
  const running: NamedDeadline[] = [];
  if (stage === 'active' && expiresAtMs !== null) {
    running.push({ name: 'expiry', atMs: expiresAtMs, outcome: 'expired' });
  }
  if (stage === 'expired' && expiresAtMs !== null) {
    running.push({ name: 'destruction', atMs: expiresAtMs + policy.destroyAfterMs, outcome: 'destroyed' });
  }
  if (call !== undefined && !isLate) {
    running.push({ name: 'unanswered', atMs: call.sinceMs + policy.unansweredAfterMs, outcome: 'operations_notified' });
  }
  return running.reduce<NamedDeadline | null>((one, next) => (one === null || next.atMs < one.atMs ? next : one), null);
}

/** The instance after a deadline has passed (INS-4). */
export function passDeadline(
  terms: InstanceTerms,
  state: InstanceState,
  { name }: NamedDeadline,
  nowMs: number,
): InstanceTransition {
  switch (name) {
    case 'expiry':
      return {
        state: withCall(terms.instanceId, { ...state, stage: 'expired' }, 'expireInstance', nowMs),
        notices: [notice('instance.expired', ['buyer', 'provider'], terms)],
      };
    case 'destruction':
      return { state: destroying(terms, state, nowMs), notices: [] };
    default: {
      const call = state.calls[0]?.action ?? '';
      return {
        state: { ...state, isLate: true },
        notices: [notice('instance.delayed', ['ops', 'provider'], terms, { call })],
      };
    }
  }
}
