import type { Claimed } from '../../domain/coupons/coupon';
import {
  bestCoupon,
  type CouponMisfit,
  type CouponPurchase,
  priceWithCoupon,
  whyNotApplicable,
} from '../../domain/coupons/pricing';
import type { OrderCoupon } from '../../domain/orders/order';
import { AppError } from '../../domain/shared/errors';
import { namedClaim, usableClaims } from '../../prisma/store/coupons/claims';
import type { Database } from '../../prisma/store/shared/database';

/** What is said of a coupon by who orders: its id, or the id of the claim; null: none; absent: the best one. */
export type CouponChoice = string | null | undefined;

/** The order that is being placed, by whom, for what, at what price (fen) and when (epoch ms). */
type Ordering = { orderId: string; buyerId: string; purchase: CouponPurchase; priceFen: number; atMs: number };

const MISFITS: Record<CouponMisfit, string> = {
  other_product: 'The coupon is not for this product.',
  other_scene: 'The coupon is for another kind of purchase.',
  not_yet_valid: 'The coupon is not valid yet.',
  no_longer_valid: 'The coupon is not valid any more.',
  no_reduction: 'The coupon takes nothing off this price.',
};

/**
 * The coupon that an order reserves, with what is to be paid, fen: the one that is named, or the best that applies (CPN-3).
 * @throws AppError COUPON.NOT_APPLICABLE, COUPON.TAKEN of one that is named
 */
export async function couponFor(
  db: Database,
  choice: CouponChoice,
  ordering: Ordering,
): Promise<{ coupon: OrderCoupon | null; payableFen: number }> {
  const { priceFen } = ordering;
  const chosen = choice === null ? null : await chosenOf(db, choice, ordering);
  if (chosen === null) return { coupon: null, payableFen: priceFen };
  const { claimId, coupon } = chosen;
  const { payableFen, reductionFen } = priceWithCoupon(priceFen, coupon.reduction);
  return { coupon: { id: coupon.id, claimId, reduction: coupon.reduction, reductionFen }, payableFen };
}

async function chosenOf(db: Database, choice: string | undefined, ordering: Ordering): Promise<Claimed | null> {
  const { orderId, buyerId, purchase, priceFen, atMs } = ordering;
  if (choice === undefined) {
    const { providerId } = purchase;
    const claims = await usableClaims(db, { orderId, buyerId, providerId, at: new Date(atMs) });
    return bestCoupon(claims, purchase, priceFen, atMs);
  }
  const named = await namedClaim(db, choice, { orderId, buyerId });
  const misfit = whyNotApplicable(named.coupon, purchase, priceFen, atMs);
  if (misfit !== null) throw new AppError('COUPON.NOT_APPLICABLE', MISFITS[misfit]);
  return named;
}
