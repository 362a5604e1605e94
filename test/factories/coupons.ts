import type { z } from 'zod';
import type { claimedCouponSchema, couponSchema } from '../../api/coupons/schemas';
import type { Claimed, Coupon, Reduction } from '../../domain/coupons/coupon';
import { newCoupon } from '../../domain/coupons/form';
import type { CouponPurchase } from '../../domain/coupons/pricing';
import { claimCoupon } from '../../prisma/store/coupons/claims';
import { columnsOf } from '../../prisma/store/coupons/stored';
import type { Change } from '../../prisma/store/shared/audited-transaction';
import type { Database } from '../../prisma/store/shared/database';
import type { Api } from '../support/api';
import type { HttpClient } from '../support/http';
import { bodyOf } from '../support/story';
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

/** A coupon as its provider reads it. */
export type OwnCoupon = z.infer<typeof couponSchema>;
/** A coupon as its buyer reads it. */
export type ClaimedCoupon = z.infer<typeof claimedCouponSchema>;

/** Ways to create and claim coupons through the API. */
export function couponsOf(api: Pick<Api, 'provider' | 'buyer' | 'db'>) {
  return {
    create: async (changes: Record<string, unknown> = {}, provider = api.provider): Promise<OwnCoupon> =>
      bodyOf(await provider.post('/v1/provider/coupons', couponForm(changes)), 201),
    own: async (id: string): Promise<OwnCoupon> => bodyOf(await api.provider.get(`/v1/provider/coupons/${id}`), 200),
    claim: (id: string, buyer: HttpClient = api.buyer) => buyer.post(`/v1/buyer/coupons/${id}/claim`),
    claimed: async (id: string, buyer: HttpClient = api.buyer): Promise<ClaimedCoupon> =>
      bodyOf(await buyer.post(`/v1/buyer/coupons/${id}/claim`), 201),
    usable: (changes: Record<string, unknown> = {}): Promise<string> => usableCoupon(api.db, changes),
  };
}

/**
 * A coupon of prv_demo that can be used now, as if it was created the day before yesterday. No route takes a validity that
 * has begun, so the row is written as it would have been then; answers its id.
 */
export async function usableCoupon(db: Database, changes: Record<string, unknown> = {}): Promise<string> {
  const id = `cpn_${unique()}`;
  const form = newCoupon.parse(couponForm(changes, Date.now() - 2 * DAY_MS));
  const created = { createdBy: 'usr_provider_demo', createdAt: new Date(Date.now() - 2 * DAY_MS) };
  const link = form.placement === 'link' ? id : null;
  await db.coupon.create({ data: { id, providerId: PROVIDER, ...created, ...columnsOf(form, link) } });
  return id;
}

/** The change by which a buyer claims a coupon. */
export const claiming = (buyerId: string, at = new Date()): Change => ({
  ...{ objectId: `ccl_${unique()}`, providerId: null, commandId: `cmd_${unique()}`, action: 'buyer.coupon.claim' },
  ...{ actorRole: 'buyer', actorId: buyerId, requestId: 'req_test', sourceIp: '127.0.0.1', at },
});

/** Claims a coupon of product pages without any API; answers the id of the claim. */
export const claimFor = async (db: Database, couponId: string, buyerId: string, at = new Date()): Promise<string> =>
  (await claimCoupon(db, claiming(buyerId, at), { id: couponId })).id;
