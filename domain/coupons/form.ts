import { z } from 'zod';
import type { Fault } from '../shared/faults';
import { id, namesNothingTwice, text } from '../shared/text';
import { type CouponScope, PLACEMENTS, type Reduction, SCENES } from './coupon';

const NAME_MAX = 50;
const PRODUCTS_MAX = 100;
const QUANTITY_MAX = 1_000_000;
const FEN_MAX = 1_000_000_000_00;
const BASIS_POINTS = 10_000;

const fen = z.int().min(1).max(FEN_MAX);

const fullReduction = z
  .strictObject({ reductionFen: fen, thresholdFen: fen })
  .refine(({ reductionFen, thresholdFen }) => reductionFen < thresholdFen, {
    message: 'must be less than thresholdFen',
    path: ['reductionFen'],
  });

const discount = z.strictObject({
  discount: z
    .number()
    .min(0.1)
    .max(0.99)
    .refine((share) => Math.abs(share * BASIS_POINTS - basisPointsOf(share)) < 1e-6, 'must have 4 decimals at most'),
});

/** A share such as 0.6 in basis points. */
const basisPointsOf = (share: number): number => Math.round(share * BASIS_POINTS);

/** A coupon as its provider creates it; it is immutable from then on (CPN-1, CPN-2). */
export const newCoupon = z
  .strictObject({
    name: text(NAME_MAX),
    scope: z.union([
      z.literal('shop'),
      z.strictObject({
        products: z
          .array(id('prd'))
          .min(1)
          .max(PRODUCTS_MAX)
          .refine(namesNothingTwice, 'must not name a product twice'),
      }),
    ]),
    kind: z.union([fullReduction, discount]),
    validFrom: z.iso.datetime({ offset: true }),
    validTo: z.iso.datetime({ offset: true }),
    quantity: z.int().min(1).max(QUANTITY_MAX),
    perBuyer: z.int().min(1).max(QUANTITY_MAX),
    scene: z.enum(SCENES),
    placement: z.enum(PLACEMENTS),
  })
  .refine(({ validFrom, validTo }) => Date.parse(validFrom) < Date.parse(validTo), {
    message: 'must be later than validFrom',
    path: ['validTo'],
  })
  .refine(({ quantity, perBuyer }) => perBuyer <= quantity, {
    message: 'must not be more than quantity',
    path: ['perBuyer'],
  });
export type NewCoupon = z.output<typeof newCoupon>;

/** What is wrong with a new coupon at an instant (epoch ms): its validity begins later than that (CPN-1). */
export const faultsAt = ({ validFrom }: NewCoupon, nowMs: number): Fault[] =>
  Date.parse(validFrom) > nowMs ? [] : [{ path: 'validFrom', message: 'must be later than now' }];

/** What a coupon takes off, as the rules know it. */
export const reductionOf = (kind: NewCoupon['kind']): Reduction =>
  'discount' in kind
    ? { kind: 'discount', paidBasisPoints: basisPointsOf(kind.discount) }
    : { kind: 'full_reduction', ...kind };

/** What a coupon takes off, as its provider wrote it. */
export const kindOf = (reduction: Reduction): NewCoupon['kind'] =>
  reduction.kind === 'discount'
    ? { discount: reduction.paidBasisPoints / BASIS_POINTS }
    : { reductionFen: reduction.reductionFen, thresholdFen: reduction.thresholdFen };

/** The products that a scope names; null: the whole shop. */
export const namedProducts = (scope: CouponScope): readonly string[] | null =>
  scope === 'shop' ? null : scope.products;
