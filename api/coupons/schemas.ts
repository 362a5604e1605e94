import { z } from 'zod';
import { CLAIM_STATUSES, COUPON_STATES, PLACEMENTS, SCENES, stateOf } from '../../domain/coupons/coupon';
import { kindOf, newCoupon } from '../../domain/coupons/form';
import { allowedCouponActions } from '../../domain/coupons/issuing';
import type { ClaimRow } from '../../prisma/store/coupons/claims';
import type { LinkPageRow } from '../../prisma/store/coupons/entries';
import { type CouponRow, couponOf, placementOf } from '../../prisma/store/coupons/stored';
import '../http/schemas';

const time = z.iso.datetime({ offset: true });

export const newCouponBody = newCoupon.clone().openapi('NewCoupon', {
  example: {
    name: '新年满减',
    scope: 'shop',
    kind: { reductionFen: 1_000, thresholdFen: 5_000 },
    validFrom: '2027-01-01T00:00:00+08:00',
    validTo: '2027-02-01T00:00:00+08:00',
    quantity: 100,
    perBuyer: 1,
    scene: 'new',
    placement: 'product_page',
  },
});

/** What everybody reads of a coupon. */
const terms = {
  name: z.string(),
  scope: z
    .union([z.literal('shop'), z.object({ products: z.array(z.string()) })])
    .openapi({ description: '`shop`: all its published SaaS, API and human-service products' }),
  kind: z
    .union([z.object({ reductionFen: z.int(), thresholdFen: z.int() }), z.object({ discount: z.number() })])
    .openapi({ description: 'Of a discount of 0.6 the buyer pays 60 %; a threshold must be exceeded' }),
  validFrom: time,
  validTo: time.openapi({ description: 'Usable until before this instant' }),
  scene: z.enum(SCENES),
};

export const couponSchema = z
  .object({
    id: z.string(),
    ...terms,
    quantity: z.int(),
    perBuyer: z.int(),
    claimed: z.int(),
    placement: z.enum(PLACEMENTS),
    link: z
      .string()
      .nullable()
      .openapi({ description: 'Of its own page: GET /v1/buyer/coupon-links/{link}; null where product pages show it' }),
    state: z.enum(COUPON_STATES),
    allowedActions: z.array(z.enum(['provider.coupons.pause', 'provider.coupons.resume'])),
    createdAt: time,
  })
  .openapi('Coupon');

/** A coupon that a buyer may claim. */
export const offeredCouponSchema = z
  .object({
    id: z.string(),
    providerId: z.string(),
    ...terms,
    perBuyer: z.int(),
    remaining: z.int(),
    state: z.enum(COUPON_STATES),
  })
  .openapi('OfferedCoupon');

export const couponPageSchema = offeredCouponSchema
  .extend({
    providerName: z.string(),
    products: z
      .array(z.object({ id: z.string(), name: z.string() }))
      .openapi({ description: 'What it is for, as far as it is on sale; of a whole shop the first hundred' }),
    claimedByYou: z.int(),
  })
  .openapi('CouponPage');

export const claimedCouponSchema = z
  .object({
    id: z.string(),
    couponId: z.string(),
    providerId: z.string(),
    ...terms,
    status: z.enum(CLAIM_STATUSES).openapi({ description: '`reserved`: for an order that is not paid yet' }),
    orderId: z.string().nullable(),
    claimedAt: time,
  })
  .openapi('ClaimedCoupon');

function termsOf(row: CouponRow) {
  const { scope, reduction, scene } = couponOf(row);
  return {
    name: row.name,
    scope: scope === 'shop' ? scope : { products: [...scope.products] },
    kind: kindOf(reduction),
    ...{ validFrom: row.validFrom.toISOString(), validTo: row.validTo.toISOString(), scene },
  };
}

const stateAt = (row: CouponRow, nowMs: number) => stateOf({ ...row, validToMs: row.validTo.getTime() }, nowMs);

/** A coupon as its provider sees it. */
export function couponView(row: CouponRow, nowMs = Date.now()) {
  const { id, quantity, perBuyer, claimed, link } = row;
  const state = stateAt(row, nowMs);
  return {
    ...{ id, ...termsOf(row), quantity, perBuyer, claimed, placement: placementOf(row), link, state },
    allowedActions: allowedCouponActions(state, row),
    createdAt: row.createdAt.toISOString(),
  };
}

/** A coupon as buyers find it. */
export function offeredCoupon(row: CouponRow, nowMs = Date.now()) {
  const { id, providerId, perBuyer, quantity, claimed } = row;
  return { id, providerId, ...termsOf(row), perBuyer, remaining: quantity - claimed, state: stateAt(row, nowMs) };
}

/** The page of a coupon whose link the provider hands out. */
export const couponPage = ({ coupon, providerName, products, claimedByBuyer }: LinkPageRow) => ({
  ...{ ...offeredCoupon(coupon), providerName, products },
  claimedByYou: claimedByBuyer,
});

/** A coupon in its buyer's hands. */
export function claimedCoupon({ id, couponId, status, orderId, claimedAt, coupon }: ClaimRow) {
  const { providerId } = coupon;
  return { id, couponId, providerId, ...termsOf(coupon), status, orderId, claimedAt: claimedAt.toISOString() };
}
