import { feeOf } from '../orders/fee';
import type { PaymentChannel, PaymentFact } from '../orders/order';
import { buyerFunds, COUPON_COST, channelAccount, incomeAccount, PLATFORM_FEE, receivableAccount } from './accounts';
import { credit, debit, type Entry, type Journal, journalOf } from './journal';

/** One function per event of the business that moves money; each answers a balanced journal, or null where none moves. */

type Payment = Pick<PaymentFact, 'orderId' | 'channel' | 'transactionId' | 'amountFen'>;

/** A channel reports money: it is at the channel, and owed to the buyer until somebody earns it (ORD-6). */
export const paymentReceived = ({ orderId, channel, transactionId, amountFen }: Payment): Journal | null =>
  journalOf({ kind: 'payment_received', businessKey: `payment/${channel}/${transactionId}`, objectId: orderId }, [
    debit(channelAccount(channel), amountFen, transactionId),
    credit(buyerFunds(channel), amountFen, transactionId),
  ]);

/** A payment that no order takes went back, or as much of it as was sent (ORD-6). */
export const paymentReturned = (
  refundId: string,
  { channel, transactionId }: Pick<Payment, 'channel' | 'transactionId'>,
  amountFen: number,
): Journal | null =>
  journalOf(
    { kind: 'payment_returned', businessKey: `refund/${refundId}`, objectId: refundId },
    sent(channel, transactionId, amountFen),
  );

/** What of an order's money decides who gets it. */
export type OrderMoney = {
  orderId: string;
  providerId: string;
  channel: PaymentChannel;
  transactionId: string;
  feeBasisPoints: number;
  /** What of the payment nobody has earned yet. */
  heldFen: number;
  /** What of the payment was earned, and has not gone back. */
  earnedFen: number;
};

/**
 * An order is completed: what is still held of its payment is the provider's, less the platform's fee (WDR-1). What the
 * provider owes is taken from it first (WDR-9).
 * @param keptFen goes back to the buyer, and stays held for that
 * @param owedFen what the provider owes
 */
export function orderCompleted(order: OrderMoney, { keptFen = 0, owedFen = 0 } = {}): Journal | null {
  const { orderId, providerId, channel, transactionId, heldFen } = order;
  const paidFen = heldFen - keptFen;
  const feeFen = feeOf(paidFen, order.feeBasisPoints);
  const incomeFen = paidFen - feeFen;
  const nettedFen = Math.min(owedFen, incomeFen);
  return journalOf({ kind: 'order_completed', businessKey: `order-completed/${orderId}`, objectId: orderId }, [
    debit(buyerFunds(channel), paidFen, transactionId),
    credit(PLATFORM_FEE, feeFen, orderId),
    credit(receivableAccount(providerId), nettedFen, orderId),
    credit(incomeAccount(providerId, channel, 'pending'), incomeFen - nettedFen, orderId),
  ]);
}

/** Where the income of an order is, of what can still be taken back. */
export type OrderIncome = { pendingFen: number; withdrawableFen: number };

/**
 * A refund was executed (RFD-6). It takes what is still held of the payment; beyond that it reverses what was earned, the
 * commission included: the fee is the one of what remains, so that a partial refund posts the difference (WDR-1). The
 * provider's part comes from the order's pending income, then from its withdrawable income; the rest it owes.
 * @throws RangeError when more would go back than was paid
 */
export function refundExecuted(
  refund: { refundId: string; amountFen: number },
  order: OrderMoney,
  { pendingFen, withdrawableFen }: OrderIncome,
): Journal | null {
  const { refundId, amountFen } = refund;
  const { orderId, providerId, channel, transactionId, heldFen, earnedFen, feeBasisPoints } = order;
  const reversedFen = Math.max(0, amountFen - heldFen);
  if (reversedFen > earnedFen) {
    throw new RangeError(
      `${refundId}: ${amountFen} fen are more than the ${heldFen + earnedFen} that are left of ${orderId}`,
    );
  }
  const feeFen = feeOf(earnedFen, feeBasisPoints) - feeOf(earnedFen - reversedFen, feeBasisPoints);
  const incomeFen = reversedFen - feeFen;
  const fromPending = Math.min(pendingFen, incomeFen);
  const fromWithdrawable = Math.min(withdrawableFen, incomeFen - fromPending);
  return journalOf({ kind: 'refund_executed', businessKey: `refund/${refundId}`, objectId: refundId }, [
    debit(incomeAccount(providerId, channel, 'pending'), fromPending, orderId),
    debit(incomeAccount(providerId, channel, 'withdrawable'), fromWithdrawable, orderId),
    debit(receivableAccount(providerId), incomeFen - fromPending - fromWithdrawable, orderId),
    debit(PLATFORM_FEE, feeFen, orderId),
    credit(buyerFunds(channel), reversedFen, transactionId),
    ...sent(channel, transactionId, amountFen),
  ]);
}

/** The platform bears a coupon: the provider earns what the buyer did not pay, without a fee (CPN-3). */
export const couponCost = (
  { orderId, providerId, channel }: Pick<OrderMoney, 'orderId' | 'providerId' | 'channel'>,
  reductionFen: number,
): Journal | null =>
  journalOf({ kind: 'coupon_cost', businessKey: `coupon-cost/${orderId}`, objectId: orderId }, [
    debit(COUPON_COST, reductionFen, orderId),
    credit(incomeAccount(providerId, channel, 'pending'), reductionFen, orderId),
  ]);

/** A journal is taken back as a whole, by its mirror image; no journal twice. */
export const reversal = (posted: { id: string; objectId: string; entries: readonly Entry[] }): Journal | null =>
  journalOf(
    { kind: 'reversal', businessKey: `reversal/${posted.id}`, objectId: posted.objectId, reversesId: posted.id },
    posted.entries.map((line) => ({ ...line, side: line.side === 'debit' ? 'credit' : 'debit' })),
  );

const sent = (channel: PaymentChannel, transactionId: string, amountFen: number): Entry[] => [
  debit(buyerFunds(channel), amountFen, transactionId),
  credit(channelAccount(channel), amountFen, transactionId),
];
