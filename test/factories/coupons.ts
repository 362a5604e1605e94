import type { Claimed, Coupon, Reduction } from '../../domain/coupons/coupon';
import type { CouponPurchase } from '../../domain/coupons/pricing';
import { PROVIDER, unique } from './commands';

export const T0 = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;

export const fullReduction = (reductionFen: number, thresholdFen: number): Reduction => ({
  kind: 'full_reduction',
  reductionFen,
  thresholdFen,
});
export const discount = (paidBasisPoints: number): Reduction => ({ kind: 'discount', paidBasisPoints });

/** A coupon of prv_demo's whole shop, for new purchases, usable from T0 on for ten days. */
export const couponOf = (changes: Partial<Coupon> = {}): Coupon => ({
  id: 'cpn_1',
  providerId: PROVIDER,
  scope: 'shop',
  reduction: discount(6_000),
  scene: 'new',
  validFromMs: T0,
  validToMs: T0 + 10 * DAY_MS,
  ...changes,
});

export const claimOf = (changes: Partial<Coupon> = {}, claimId = `ccl_${unique()}`): Claimed => ({
  claimId,
  coupon: couponOf(changes),
});

/** A first purchase of prv_demo's demonstration product. */
export const purchaseOf = (changes: Partial<CouponPurchase> = {}): CouponPurchase => ({
  providerId: PROVIDER,
  productId: 'prd_demo',
  productType: 'human_service',
  scene: 'new',
  ...changes,
});

/** A coupon as a provider sends it: usable from tomorrow on, but for what `changes` say. */
export const couponForm = (changes: Record<string, unknown> = {}, nowMs = Date.now()): Record<string, unknown> => ({
  name: '开业满减',
  scope: 'shop',
  kind: { reductionFen: 1_000, thresholdFen: 5_000 },
  validFrom: new Date(nowMs + DAY_MS).toISOString(),
  validTo: new Date(nowMs + 10 * DAY_MS).toISOString(),
  quantity: 100,
  perBuyer: 1,
  scene: 'new',
  placement: 'product_page',
  ...changes,
});
