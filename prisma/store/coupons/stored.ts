import type { Coupon, Reduction } from '../../../domain/coupons/coupon';
import { PLACEMENTS, SCENES } from '../../../domain/coupons/coupon';
import { type NewCoupon, reductionOf } from '../../../domain/coupons/form';
import type { Coupon as CouponRow } from '../../generated/client';

export type { CouponRow };

/** A new coupon as columns. @param link of a page of its own; null where it has none */
export function columnsOf(coupon: NewCoupon, link: string | null) {
  const { name, scope, quantity, perBuyer, scene, placement } = coupon;
  const reduction = reductionOf(coupon.kind);
  return {
    ...{ name, quantity, perBuyer, scene, placement, link, kind: reduction.kind },
    scope: scope === 'shop' ? 'shop' : 'products',
    productIds: scope === 'shop' ? [] : scope.products,
    reductionFen: reduction.kind === 'full_reduction' ? BigInt(reduction.reductionFen) : null,
    thresholdFen: reduction.kind === 'full_reduction' ? BigInt(reduction.thresholdFen) : null,
    paidBasisPoints: reduction.kind === 'discount' ? reduction.paidBasisPoints : null,
    validFrom: new Date(coupon.validFrom),
    validTo: new Date(coupon.validTo),
  };
}

/** A stored coupon as the rules know it. @throws Error where the row is none that the constraints allow */
export function couponOf(row: CouponRow): Coupon {
  return {
    id: row.id,
    providerId: row.providerId,
    scope: row.scope === 'shop' ? 'shop' : { products: row.productIds },
    reduction: reductionIn(row),
    scene: oneOf(SCENES, row.scene),
    validFromMs: row.validFrom.getTime(),
    validToMs: row.validTo.getTime(),
  };
}

/** Where a stored coupon is shown. */
export const placementOf = ({ placement }: CouponRow) => oneOf(PLACEMENTS, placement);

function reductionIn({ id, reductionFen, thresholdFen, paidBasisPoints }: CouponRow): Reduction {
  if (paidBasisPoints !== null) return { kind: 'discount', paidBasisPoints };
  if (reductionFen === null || thresholdFen === null) throw new Error(`Coupon ${id} is of no kind`);
  return { kind: 'full_reduction', reductionFen: Number(reductionFen), thresholdFen: Number(thresholdFen) };
}

function oneOf<T extends string>(known: readonly T[], stored: string): T {
  const found = known.find((one) => one === stored);
  if (found === undefined) throw new Error(`"${stored}" is none of ${known.join(', ')}`);
  return found;
}
