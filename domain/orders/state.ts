import { type DeliveryState, newDelivery } from '../deliveries/state';
import type { RefundReason } from '../refunds/refund';
import type { NamedDeadline } from '../shared/deadlines';
import type { Transition } from '../shared/step';
import type { OrderTerms, PaymentFact } from './order';

/**
 * An order as its steps leave it, until it is paid or closes; what becomes of a paid order is its delivery's
 * (ORD). `delivery` is how the delivery begins.
 */
export type OrderState = { payableFen: number; payByMs: number } & (
  | { state: 'pending_payment' | 'closed'; payment: null; delivery: null }
  | { state: 'awaiting_start'; payment: PaymentFact; delivery: DeliveryState }
);

/** An order that waits for its payment until `payByMs` (epoch ms). */
export const newOrder = ({ payableFen }: Pick<OrderTerms, 'payableFen'>, payByMs: number): OrderState => ({
  state: 'pending_payment',
  payableFen,
  payByMs,
  payment: null,
  delivery: null,
});

/** Whether an order is paid or closed: nothing pays or closes it any more. */
export const isSettled = ({ state }: OrderState): boolean => state !== 'pending_payment';

/** An unpaid order closes when its time to pay is over (ORD-6); a settled one has no deadline. */
export const payDeadline = ({ state, payByMs }: OrderState): NamedDeadline | null =>
  state === 'pending_payment' ? { name: 'pay_within', atMs: payByMs, outcome: 'closed' } : null;

/** The order after its deadline has passed: closed, unpaid (ORD-6). */
export const close = ({ payableFen, payByMs }: OrderState): Transition<OrderState> => ({
  state: { state: 'closed', payableFen, payByMs, payment: null, delivery: null },
  notices: [{ event: 'order.closed_unpaid', to: ['buyer', 'provider'], params: {} }],
});

/**
 * The order after a payment: its delivery begins (DLV-1).
 * @returns null where the order does not take the payment
 */
export function pay(
  terms: Pick<OrderTerms, 'payableFen' | 'paymentChannel' | 'flow'>,
  { state, payableFen, payByMs }: OrderState,
  payment: PaymentFact,
  nowMs: number,
): Transition<OrderState> | null {
  if (state !== 'pending_payment' || misfit(terms, payment) !== null) return null;
  return {
    state: { state: 'awaiting_start', payableFen, payByMs, payment, delivery: newDelivery(terms.flow, nowMs) },
    notices: [
      { event: 'order.paid', to: ['buyer', 'provider'], params: {} },
      { event: 'delivery.started', to: terms.flow === 'self_operated' ? ['ops'] : ['buyer'], params: {} },
    ],
  };
}

/**
 * Why a payment goes back, or null where it is the order's (ORD-6): an order is paid once, in full, through its
 * channel, before it closes.
 */
export function whyReturned(
  terms: Pick<OrderTerms, 'payableFen' | 'paymentChannel'>,
  { state, payment: counted }: OrderState,
  payment: Pick<PaymentFact, 'amountFen' | 'channel' | 'transactionId'>,
): RefundReason | null {
  if (state === 'closed') return 'order_closed';
  if (counted === null) return misfit(terms, payment);
  return transactionOf(counted) === transactionOf(payment) ? null : 'already_paid';
}

function misfit(
  { payableFen, paymentChannel }: Pick<OrderTerms, 'payableFen' | 'paymentChannel'>,
  { amountFen, channel }: Pick<PaymentFact, 'amountFen' | 'channel'>,
): RefundReason | null {
  if (channel !== paymentChannel) return 'wrong_channel';
  return amountFen === payableFen ? null : 'wrong_amount';
}

/** What makes a payment the same payment, however often the channel reports it. */
export const transactionOf = ({ channel, transactionId }: Pick<PaymentFact, 'channel' | 'transactionId'>): string =>
  `${channel}/${transactionId}`;
