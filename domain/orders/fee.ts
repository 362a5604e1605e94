import { shanghaiDay } from '../calendar/working-days';
import type { FeeTable } from '../policies/catalogue';
import type { Grade, ProductType } from '../products/kinds';

/**
 * The platform's share of an order, in basis points of what is paid, frozen when it is placed (WDR-1).
 * @param table the policy `fee.table`; the last row that fits counts
 * @param placedAtMs epoch ms; its day in Shanghai is the date of the order
 */
export function feeBasisPointsOf(
  table: FeeTable,
  { productType, grade, placedAtMs }: { productType: ProductType; grade: Grade; placedAtMs: number },
): number {
  const day = shanghaiDay(placedAtMs);
  const row = table.findLast(
    (one) =>
      (one.productType ?? productType) === productType && (one.grade ?? grade) === grade && (one.from ?? day) <= day,
  );
  if (row === undefined) throw new Error('The fee table has no row for every order');
  return row.basisPoints;
}

/**
 * The platform's share of what was paid, in fen (WDR-1): rounded half up, once, on the net amount.
 * @param paidFen what was paid, less what went back
 * @param basisPoints frozen on the order when it was placed
 */
export function feeOf(paidFen: number, basisPoints: number): number {
  return Number((BigInt(paidFen) * BigInt(basisPoints) + 5_000n) / 10_000n);
}
