import { priceWithCoupon } from '../coupons/pricing';
import type { Notice } from '../notifications/notice';
import type { OrderPolicy } from '../policies/catalogue';
import type { Transition } from '../shared/step';
import type { OrderCommand } from './commands';
import { type OrderDeadline, type OrderDeadlineOutcome, orderDeadlines } from './deadlines';
import type { OrderTerms } from './order';
import { newTurn, type OrderState, paid } from './state';

type OrderTransition = Transition<OrderState>;

/** Enters a state in which somebody has to act next. */
const enter = (order: OrderState, state: OrderState['state'], nowMs: number): OrderState => ({
  ...order,
  state,
  turn: newTurn(nowMs),
});

const end = ({ turn: _, ...order }: OrderState, state: 'completed' | 'cancelled'): OrderState => ({ ...order, state });

/**
 * The order with a price of a new version, to which its coupon is applied again (ORD-5): payments that were made at the
 * ones before do not fit any more.
 */
function priced({ coupon }: Pick<OrderTerms, 'coupon'>, order: OrderState, priceFen: number): OrderState {
  const { payableFen, reductionFen } = priceWithCoupon(priceFen, coupon?.reduction ?? null);
  return {
    ...order,
    payableFen,
    earlierPricesFen: [...(order.earlierPricesFen ?? []), order.payableFen],
    ...(coupon == null ? {} : { couponReductionFen: reductionFen }),
  };
}

/**
 * The order after a command that `judgeOrder` found legal (ORD-2, ORD-5).
 * @param nowMs the workflow's time, epoch milliseconds
 */
export function applyOrderCommand(
  terms: OrderTerms,
  order: OrderState,
  command: OrderCommand,
  nowMs: number,
): OrderTransition {
  switch (command.action) {
    case 'provider.price': {
      const state = priced(terms, order, command.payableFen);
      const params = { payableFen: String(state.payableFen), reason: command.note };
      return {
        state,
        notices: [{ event: 'order.price_changed', to: ['buyer'], params }],
      };
    }
    case 'buyer.take':
      return paid(terms, order, nowMs);
    case 'buyer.requirement':
      return { state: order, notices: [{ event: 'order.requirement_stated', to: ['provider'], params: {} }] };
    case 'provider.start':
      return {
        state: enter(order, 'implementing', nowMs),
        notices: [{ event: 'order.started', to: ['buyer'], params: {} }],
      };
    case 'provider.done':
      if (terms.needsBuyerConfirmation === false) {
        return { state: end(order, 'completed'), notices: completed('implemented') };
      }
      return {
        state: enter(order, 'awaiting_confirmation', nowMs),
        notices: [{ event: 'order.done', to: ['buyer'], params: {} }],
      };
    case 'buyer.confirm':
      return { state: end(order, 'completed'), notices: completed('confirmed') };
  }
}

const completed = (outcome: 'confirmed' | 'auto_confirmed' | 'implemented'): Notice[] => [
  { event: 'order.completed', to: ['buyer', 'provider'], params: { outcome } },
];

/** Outcomes that end the order if nobody acts: what a reminder warns of. */
const ENDS_BY_ITSELF: readonly OrderDeadlineOutcome[] = ['confirmed', 'cancelled_and_refunded'];

/** The order after one of its deadlines has passed: recorded, notified, and acted upon (ORD-3, ORD-4, ORD-6, GEN-5). */
export function passOrderDeadline(
  order: OrderState,
  { name, outcome }: OrderDeadline,
  policy: OrderPolicy,
): OrderTransition {
  const { turn } = order;
  const recorded = { ...order, ...(turn && { turn: { ...turn, passed: [...turn.passed, name] } }) };
  switch (outcome) {
    case 'closed':
      return close(order);
    case 'buyer_reminded':
    case 'provider_reminded': {
      const reminded = outcome === 'buyer_reminded' ? 'buyer' : 'provider';
      const last = orderDeadlines(recorded, policy).find((one) => ENDS_BY_ITSELF.includes(one.outcome));
      const dueAt = last === undefined ? '' : new Date(last.atMs).toISOString();
      const params = { state: order.state, dueAt };
      return { state: recorded, notices: [{ event: 'order.reminder', to: [reminded], params }] };
    }
    case 'escalated_to_operations':
      return { state: recorded, notices: [{ event: 'order.escalated', to: ['ops'], params: {} }] };
    case 'cancelled_and_refunded':
      return {
        state: end(order, 'cancelled'),
        notices: [{ event: 'order.cancelled', to: ['buyer', 'provider'], params: {} }],
      };
    case 'confirmed':
      return { state: end(order, 'completed'), notices: completed('auto_confirmed') };
  }
}

/** The order after its time to pay is over: closed, unpaid (ORD-6). */
export const close = (order: OrderState): OrderTransition => ({
  state: { ...order, state: 'closed' },
  notices: [{ event: 'order.closed_unpaid', to: ['buyer', 'provider'], params: {} }],
});
