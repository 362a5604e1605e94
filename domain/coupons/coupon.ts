import type { ProductType } from '../products/kinds';

/** What a coupon is for: a first purchase, a renewal, or a trial that becomes a formal purchase (CPN-1). */
export const SCENES = ['new', 'renewal', 'trial_to_formal'] as const;
export type Scene = (typeof SCENES)[number];

/** Where buyers find a coupon: on the pages of its products, or on a page of its own whose link the provider hands out. */
export const PLACEMENTS = ['product_page', 'link'] as const;
export type Placement = (typeof PLACEMENTS)[number];

/** The types of products that coupons are for; a whole shop is all its published products of these (CPN-1). */
export const COUPON_PRODUCT_TYPES = ['saas', 'api', 'human_service'] as const satisfies readonly ProductType[];

/** Which of a provider's products a coupon is for. */
export type CouponScope = 'shop' | { products: readonly string[] };

/**
 * What a coupon takes off a price: a fixed amount where the price exceeds a threshold (满减), or all but a share of it
 * (折扣): of 6,000 `paidBasisPoints` the buyer pays 60 %.
 */
export type Reduction =
  | { kind: 'full_reduction'; reductionFen: number; thresholdFen: number }
  | { kind: 'discount'; paidBasisPoints: number };

/** What decides where a coupon applies. It never changes once the coupon is created (CPN-2). */
export type Coupon = {
  id: string;
  providerId: string;
  scope: CouponScope;
  reduction: Reduction;
  scene: Scene;
  /** Usable from this instant (epoch ms) … */
  validFromMs: number;
  /** … until before this one. */
  validToMs: number;
};

/** A coupon that a buyer has claimed and not used. */
export type Claimed = { claimId: string; coupon: Coupon };

/** A coupon's way on an order: reserved when it is placed, used when it is paid, free again when it closes (CPN-3). */
export const CLAIM_STATUSES = ['claimed', 'reserved', 'used'] as const;
export type ClaimStatus = (typeof CLAIM_STATUSES)[number];

/** States of a coupon as its provider sees them: `paused` hides the entry, the last two issue nothing more (CPN-2). */
export const COUPON_STATES = ['issuing', 'paused', 'claimed_out', 'ended'] as const;
export type CouponState = (typeof COUPON_STATES)[number];

/** The state of a coupon at an instant (epoch ms). */
export function stateOf(
  coupon: { paused: boolean; claimed: number; quantity: number; validToMs: number },
  nowMs: number,
): CouponState {
  if (nowMs >= coupon.validToMs) return 'ended';
  if (coupon.claimed >= coupon.quantity) return 'claimed_out';
  return coupon.paused ? 'paused' : 'issuing';
}
