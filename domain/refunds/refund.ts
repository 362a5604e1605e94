import type { PaymentFact } from '../orders/order';

/** Why money goes back to the buyer. */
export type RefundReason =
  | 'delivery_cancelled'
  | 'order_cancelled'
  /** What was paid for cannot be brought any more (ORD-8). */
  | 'not_delivered'
  | 'order_closed'
  | 'already_paid'
  | 'wrong_channel'
  | 'wrong_amount'
  | 'old_price'
  | 'unknown_order'
  /** Somebody asked for it (RFD). */
  | 'refund_request';

/** Whether money goes back that an order had counted as its own: it ended without what was paid for. */
export const isOfCounted = (reason: RefundReason): boolean =>
  reason === 'delivery_cancelled' || reason === 'order_cancelled' || reason === 'not_delivered';

/** Money to send back: at most once per payment and reason, whatever is retried (`refundId` is the key). */
export type Refund = { refundId: string; payment: PaymentFact; amountFen: number; reason: RefundReason };

/** The refund that sends a whole payment back. */
export const returnOf = (payment: PaymentFact, reason: RefundReason): Refund => ({
  refundId: payment.paymentId.replace(/^pay_/, 'rfp_'),
  payment,
  amountFen: payment.amountFen,
  reason,
});
