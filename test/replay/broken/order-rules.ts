import type { PaymentFact, Refund, RefundReason } from '../../../domain/orders/order';

/** In place of the order's rules: they take any payment, so that on replay nothing is sent back. */
export const whyReturned = () => null;

export const returnOf = (payment: PaymentFact, reason: RefundReason): Refund => ({
  refundId: payment.paymentId,
  payment,
  amountFen: payment.amountFen,
  reason,
});
