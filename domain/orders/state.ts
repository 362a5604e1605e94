import { type DeliveryState, newDelivery } from '../deliveries/state';
import type { Notice } from '../notifications/notice';
import type { RefundReason } from '../refunds/refund';
import { type Clock, startClock } from '../shared/clock';
import type { Transition } from '../shared/step';
import { fulfilmentOf, type ORDER_STATES, type OrderTerms, type PaymentFact } from './order';

/** The states that an order's own steps lead to; while it is refunded, the refund says so. */
export type OwnOrderState = Exclude<(typeof ORDER_STATES)[number], 'refunding' | 'refunded'>;

/**
 * An order as its steps leave it. What becomes of a paid one is its delivery's or its instance's, which other workflows
 * supervise; an order that the provider fulfils directly goes on here (ORD-2).
 */
export type OrderState = {
  state: OwnOrderState;
  /** What is to be paid now, fen. */
  payableFen: number;
  /** What was to be paid before, fen, the first price first; absent while the price is the first one (ORD-5). */
  earlierPricesFen?: readonly number[];
  /** What the coupon takes off the present price, fen; only of an order with a coupon (CPN-3). */
  couponReductionFen?: number;
  payByMs: number;
  /** The payment that it counted; null until then, and where there was nothing to pay. */
  payment: PaymentFact | null;
  /** How its delivery begins, where it is supervised. */
  delivery: DeliveryState | null;
  /** The time in the present state and the deadlines that have passed in it; only while it is fulfilled directly. */
  turn?: { clock: Clock; passed: readonly string[] };
  /** What refunds had given back of the payment when it was cancelled, fen; absent where that was nothing. */
  refundedFen?: number;
};

type Prices = Pick<OrderState, 'payableFen' | 'earlierPricesFen'>;

/** The version of the present price: the first one is 1 (ORD-5). */
export const priceVersionOf = ({ earlierPricesFen = [] }: Prices): number => earlierPricesFen.length + 1;

/** An order that waits for its payment until `payByMs` (epoch ms). */
export const newOrder = (
  { payableFen, coupon }: Pick<OrderTerms, 'payableFen' | 'coupon'>,
  payByMs: number,
): OrderState => ({
  state: 'pending_payment',
  payableFen,
  ...(coupon == null ? {} : { couponReductionFen: coupon.reductionFen }),
  payByMs,
  payment: null,
  delivery: null,
});

/** Whether the order's own workflow has nothing more to do with it: it is closed or at its end, or others go on with it. */
export const isSettled = ({ state, turn }: OrderState): boolean => state !== 'pending_payment' && turn === undefined;

/** Whether the order was paid, or taken for nothing. */
export const isPaid = ({ state }: Pick<OrderState, 'state'>): boolean =>
  state !== 'pending_payment' && state !== 'closed';

/**
 * The order after a payment: its fulfilment begins (DLV-1, ORD-2, ORD-8).
 * @returns null where the order does not take the payment
 */
export function pay(
  terms: OrderTerms,
  order: OrderState,
  payment: PaymentFact,
  nowMs: number,
): Transition<OrderState> | null {
  if (order.state !== 'pending_payment' || misfit(terms, order, payment) !== null) return null;
  return paid(terms, { ...order, payment }, nowMs);
}

/** A paid order, or one that cost nothing: its fulfilment begins. */
export function paid(terms: OrderTerms, order: OrderState, nowMs: number): Transition<OrderState> {
  const notices: Notice[] = [{ event: 'order.paid', to: ['buyer', 'provider'], params: {} }];
  switch (fulfilmentOf(terms)) {
    case 'delivery': {
      const to: Notice['to'] = terms.flow === 'self_operated' ? ['ops'] : ['buyer'];
      return {
        state: { ...order, state: 'awaiting_start', delivery: newDelivery(terms.flow, nowMs) },
        notices: [...notices, { event: 'delivery.started', to, params: {} }],
      };
    }
    case 'direct':
      return paidDirectly(terms, order, notices, nowMs);
    case 'instance':
      return { state: { ...order, state: 'awaiting_start' }, notices };
    case 'immediate':
      return {
        state: { ...order, state: 'completed' },
        notices: [...notices, { event: 'order.completed', to: ['buyer'], params: { outcome: 'delivered' } }],
      };
  }
}

/** A direct order begins with its provider; where nothing is to be implemented, with its buyer or its end (ORD-2, PRD-2). */
function paidDirectly(
  { needsImplementation = true, needsBuyerConfirmation = true }: OrderTerms,
  order: OrderState,
  notices: Notice[],
  nowMs: number,
): Transition<OrderState> {
  const turn = newTurn(nowMs);
  if (needsImplementation) return { state: { ...order, state: 'awaiting_start', turn }, notices };
  if (needsBuyerConfirmation) {
    const done: Notice = { event: 'order.done', to: ['buyer'], params: {} };
    return { state: { ...order, state: 'awaiting_confirmation', turn }, notices: [...notices, done] };
  }
  const completed: Notice = { event: 'order.completed', to: ['buyer'], params: { outcome: 'delivered' } };
  return { state: { ...order, state: 'completed' }, notices: [...notices, completed] };
}

/** A state that was entered just now, by a party that fulfils the order directly. */
export const newTurn = (nowMs: number): NonNullable<OrderState['turn']> => ({ clock: startClock(nowMs), passed: [] });

/**
 * Why a payment goes back, or null where it is the order's (ORD-6): an order is paid once, in full, at its present price,
 * through its channel, before it closes.
 */
export function whyReturned(
  terms: Pick<OrderTerms, 'paymentChannel'>,
  order: OrderState,
  payment: PaymentFact,
): RefundReason | null {
  if (order.state === 'closed') return 'order_closed';
  if (order.state === 'pending_payment') return misfit(terms, order, payment);
  const { payment: counted } = order;
  return counted !== null && transactionOf(counted) === transactionOf(payment) ? null : 'already_paid';
}

function misfit(
  { paymentChannel }: Pick<OrderTerms, 'paymentChannel'>,
  order: Prices,
  { amountFen, channel, priceVersion }: PaymentFact,
): RefundReason | null {
  if (channel !== paymentChannel) return 'wrong_channel';
  if (priceVersion === undefined ? isOfEarlierPrice(order, amountFen) : priceVersion !== priceVersionOf(order)) {
    return 'old_price';
  }
  return amountFen === order.payableFen && amountFen > 0 ? null : 'wrong_amount';
}

/**
 * Whether a payment whose channel does not say for which price it was made may have been made at an earlier one (ORD-5).
 * Where that price was the same as the present one nobody can know, and so it does not count.
 */
const isOfEarlierPrice = ({ earlierPricesFen = [] }: Prices, amountFen: number): boolean =>
  earlierPricesFen.includes(amountFen);

/** What makes a payment the same payment, however often the channel reports it. */
export const transactionOf = ({ channel, transactionId }: Pick<PaymentFact, 'channel' | 'transactionId'>): string =>
  `${channel}/${transactionId}`;
