import type { PaymentChannel } from '../../../domain/orders/order';

/**
 * What money there is and whose it is, computed with nothing of the product's: every sum here is the test's own, so that
 * a wrong rule cannot prove itself right.
 */

/** What a coupon takes off, in the model's words. */
export type ModelCoupon = { offFen: number; aboveFen: number } | { paidBasisPoints: number };
export type ModelClaim = { id: string; buyerId: string; at: 'free' | 'reserved' | 'used'; orderId: string | null };

/** A refund that somebody asked for. */
export type ModelRefund = {
  id: string;
  requestedFen: number;
  offeredFen: number | null;
  /** What was agreed to; null until then. */
  agreedFen: number | null;
  isOpen: boolean;
  isFailed: boolean;
  sentFen: number;
};

export type ModelOrder = {
  id: string;
  buyerId: string;
  providerId: string;
  channel: PaymentChannel;
  feeBasisPoints: number;
  coupon: ModelCoupon | null;
  claim: ModelClaim | null;
  /** Every amount that was to be paid, the present one last. */
  prices: number[];
  offFen: number;
  state: 'unpaid' | 'closed' | 'running' | 'completed' | 'cancelled' | 'refunded';
  paidFen: number;
  refundedFen: number;
  invoicedFen: number;
  /** What of the payment waits to be earned or sent back; what of the income of this order is still pending. */
  heldFen: number;
  pendingFen: number;
  refunds: ModelRefund[];
};

/** A share of an amount, rounded half up. */
export const shareOf = (fen: number, basisPoints: number): number =>
  Number((2n * BigInt(fen) * BigInt(basisPoints) + 10_000n) / 20_000n);

/** What is left to pay of a price. */
export function reducedBy(coupon: ModelCoupon | null, priceFen: number): number {
  if (coupon === null) return priceFen;
  if ('paidBasisPoints' in coupon) return shareOf(priceFen, coupon.paidBasisPoints);
  return priceFen > coupon.aboveFen ? priceFen - coupon.offFen : priceFen;
}

export const openRefund = ({ refunds }: ModelOrder): ModelRefund | undefined => refunds.find(({ isOpen }) => isOpen);

export function reservedOf(order: ModelOrder): number {
  const open = openRefund(order);
  if (open === undefined || open.isFailed) return 0;
  return open.agreedFen ?? open.requestedFen;
}

/** What can still be asked back, or invoiced. */
export const leftOf = (order: ModelOrder): number => order.paidFen - order.refundedFen - reservedOf(order);

/** The books: by account, debits less credits. */
export function booksFrom(start: ReadonlyMap<string, number>) {
  const accounts = new Map(start);
  const add = (account: string, fen: number) => accounts.set(account, (accounts.get(account) ?? 0) + fen);
  const pendingOf = ({ providerId, channel }: ModelOrder) => `provider:${providerId}:${channel}:pending`;
  const owedBy = ({ providerId }: ModelOrder) => `provider:${providerId}:receivable`;

  return {
    /** What every account comes to, those at nothing left out. */
    balances: () => new Map([...accounts].filter(([, fen]) => fen !== 0)),

    receive(channel: PaymentChannel, fen: number) {
      add(`channel:${channel}`, fen);
      add(`buyer_funds:${channel}`, -fen);
    },
    sendBack(channel: PaymentChannel, fen: number) {
      add(`channel:${channel}`, -fen);
      add(`buyer_funds:${channel}`, fen);
    },
    /** The order is over: what is held is earned, but for what goes back; debts of the provider are paid first. */
    earn(order: ModelOrder, keptFen: number) {
      const earned = order.heldFen - keptFen;
      const fee = shareOf(earned, order.feeBasisPoints);
      const owed = Math.min(accounts.get(owedBy(order)) ?? 0, earned - fee);
      add(`buyer_funds:${order.channel}`, earned);
      add('platform_fee', -fee);
      add(owedBy(order), -owed);
      add(pendingOf(order), -(earned - fee - owed));
      order.heldFen = keptFen;
      order.pendingFen = earned - fee - owed;
    },
    /** Money of an order goes back: what is held first, then from who has earned it. */
    refund(order: ModelOrder, fen: number) {
      const fromHeld = Math.min(order.heldFen, fen);
      const taken = fen - fromHeld;
      const earned = order.paidFen - order.refundedFen - order.heldFen;
      const fee = shareOf(earned, order.feeBasisPoints) - shareOf(earned - taken, order.feeBasisPoints);
      const fromPending = Math.min(order.pendingFen, taken - fee);
      add(`channel:${order.channel}`, -fen);
      add(`buyer_funds:${order.channel}`, fromHeld);
      add('platform_fee', fee);
      add(pendingOf(order), fromPending);
      add(owedBy(order), taken - fee - fromPending);
      order.heldFen -= fromHeld;
      order.pendingFen -= fromPending;
      order.refundedFen += fen;
    },
    /** The provider's pending income of an order is paid out. */
    payOut(order: ModelOrder) {
      add(pendingOf(order), order.pendingFen);
      add(pendingOf(order).replace(/pending$/, 'paid_out'), -order.pendingFen);
      order.pendingFen = 0;
    },
  };
}
export type Books = ReturnType<typeof booksFrom>;
