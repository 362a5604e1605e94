import type { ProductType } from '../products/kinds';
import { type Claimed, COUPON_PRODUCT_TYPES, type Coupon, type Reduction, type Scene } from './coupon';

/** What is bought, as far as it decides which coupons apply. */
export type CouponPurchase = { providerId: string; productId: string; productType: ProductType; scene: Scene };

/** A price (fen), what a coupon takes off it, and what is left to pay. */
export type ReducedPrice = { payableFen: number; reductionFen: number };

const WHOLE = 10_000;

/**
 * What is to be paid of a price with a coupon (CPN-1), also when the price has changed and the coupon is applied again
 * (ORD-5). A share is rounded half up, once (GEN-2); the reduction is the rest.
 * @param priceFen before the coupon; within GEN-2 its product with 10,000 is a safe integer
 * @param reduction null: without a coupon
 * @returns a reduction of 0 where the price does not exceed the threshold
 */
export function priceWithCoupon(priceFen: number, reduction: Reduction | null): ReducedPrice {
  const payableFen = reduction === null ? priceFen : payableOf(priceFen, reduction);
  return { payableFen, reductionFen: priceFen - payableFen };
}

function payableOf(priceFen: number, reduction: Reduction): number {
  if (reduction.kind === 'full_reduction') {
    return priceFen > reduction.thresholdFen ? priceFen - reduction.reductionFen : priceFen;
  }
  return Math.floor((priceFen * reduction.paidBasisPoints + WHOLE / 2) / WHOLE);
}

/** Why a coupon does not apply to a purchase. */
export type CouponMisfit = 'other_product' | 'other_scene' | 'not_yet_valid' | 'no_longer_valid' | 'no_reduction';

/**
 * Why a coupon does not apply to a purchase at a price (fen) and an instant (epoch ms), or null where it does (CPN-1).
 * One that would take nothing off does not.
 */
export function whyNotApplicable(
  coupon: Coupon,
  purchase: CouponPurchase,
  priceFen: number,
  nowMs: number,
): CouponMisfit | null {
  if (!covers(coupon, purchase)) return 'other_product';
  if (coupon.scene !== purchase.scene) return 'other_scene';
  if (nowMs < coupon.validFromMs) return 'not_yet_valid';
  if (nowMs >= coupon.validToMs) return 'no_longer_valid';
  return priceWithCoupon(priceFen, coupon.reduction).reductionFen > 0 ? null : 'no_reduction';
}

/** Whether a coupon is for a product: one of those it names, or any of its shop's of the types that coupons are for. */
export function covers(
  { providerId, scope }: Pick<Coupon, 'providerId' | 'scope'>,
  product: Omit<CouponPurchase, 'scene'>,
): boolean {
  if (providerId !== product.providerId || !isForCoupons(product.productType)) return false;
  return scope === 'shop' || scope.products.includes(product.productId);
}

/** Whether coupons are for products of a type at all (CPN-1). */
export const isForCoupons = (type: ProductType): boolean => COUPON_PRODUCT_TYPES.some((known) => known === type);

/**
 * The claimed coupon that is preselected: of those that apply the one that takes most off; of equal ones the one that
 * ends first, then the older coupon and the older claim (CPN-3).
 * @returns null where none applies
 */
export function bestCoupon(
  claimed: readonly Claimed[],
  purchase: CouponPurchase,
  priceFen: number,
  nowMs: number,
): Claimed | null {
  const applicable = claimed.filter(({ coupon }) => whyNotApplicable(coupon, purchase, priceFen, nowMs) === null);
  return applicable.reduce<Claimed | null>(
    (best, one) => (best === null || isBetter(one, best, priceFen) ? one : best),
    null,
  );
}

function isBetter(one: Claimed, other: Claimed, priceFen: number): boolean {
  const saved = priceWithCoupon(priceFen, one.coupon.reduction).reductionFen;
  const otherSaved = priceWithCoupon(priceFen, other.coupon.reduction).reductionFen;
  if (saved !== otherSaved) return saved > otherSaved;
  if (one.coupon.validToMs !== other.coupon.validToMs) return one.coupon.validToMs < other.coupon.validToMs;
  if (one.coupon.id !== other.coupon.id) return one.coupon.id < other.coupon.id;
  return one.claimId < other.claimId;
}
