import { faultsAt, kindOf, newCoupon, reductionOf } from '../../../domain/coupons/form';
import { read } from '../../../domain/shared/faults';
import { couponForm, T0 } from '../../factories/coupons';

const faults = (changes: Record<string, unknown>) => {
  const reading = read(newCoupon, couponForm(changes, T0));
  return reading.isRead ? faultsAt(reading.data, T0) : reading.faults;
};

const iso = (ms: number) => new Date(ms).toISOString();

describe('CPN-1: what a coupon may be', () => {
  test.each<[string, Record<string, unknown>]>([
    ['a full reduction for the whole shop', {}],
    ['a discount', { kind: { discount: 0.6 } }],
    ['the largest and the smallest discount', { kind: { discount: 0.1 } }],
    ['the smallest discount', { kind: { discount: 0.99 } }],
    ['for chosen products', { scope: { products: ['prd_1', 'prd_2'] } }],
    ['a name of 50 characters', { name: '券'.repeat(50) }],
    ['as many for one buyer as there are', { quantity: 3, perBuyer: 3 }],
    ['a reduction one fen below the threshold', { kind: { reductionFen: 4_999, thresholdFen: 5_000 } }],
    ['usable from the next millisecond on', { validFrom: iso(T0 + 1), validTo: iso(T0 + 2) }],
  ])('%s', (_, changes) => {
    expect(faults(changes)).toEqual([]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['a name of 51 characters', { name: '券'.repeat(51) }, 'name'],
    ['no name', { name: ' ' }, 'name'],
    ['a reduction as high as the threshold', { kind: { reductionFen: 5_000, thresholdFen: 5_000 } }, 'kind'],
    ['a reduction of nothing', { kind: { reductionFen: 0, thresholdFen: 5_000 } }, 'kind'],
    ['half a fen', { kind: { reductionFen: 0.5, thresholdFen: 5_000 } }, 'kind'],
    ['a discount below 0.1', { kind: { discount: 0.09 } }, 'kind'],
    ['a discount above 0.99', { kind: { discount: 0.991 } }, 'kind'],
    ['a discount finer than basis points', { kind: { discount: 0.60001 } }, 'kind'],
    ['both kinds', { kind: { discount: 0.6, reductionFen: 1, thresholdFen: 2 } }, 'kind'],
    ['a validity that begins now', { validFrom: iso(T0) }, 'validFrom'],
    ['a validity that ends as it begins', { validFrom: iso(T0 + 1), validTo: iso(T0 + 1) }, 'validTo'],
    ['an end before the beginning, in another offset', { validTo: '2026-06-02T07:59:59+08:00' }, 'validTo'],
    ['none of them', { quantity: 0, perBuyer: 1 }, 'quantity'],
    ['more for a buyer than there are', { quantity: 2, perBuyer: 3 }, 'perBuyer'],
    ['no products', { scope: { products: [] } }, 'scope'],
    ['a product twice', { scope: { products: ['prd_1', 'prd_1'] } }, 'scope'],
    ['an unknown scene', { scene: 'gift' }, 'scene'],
    ['an unknown place', { placement: 'newspaper' }, 'placement'],
    ['an unknown field', { colour: 'red' }, 'colour'],
  ])('not %s', (_, changes, field) => {
    expect(faults(changes).map(({ path }) => path.split('.')[0])).toContain(field);
  });
});

test('CPN-1: a discount is whole basis points within, and reads as it was written', () => {
  for (let share = 1_000; share <= 9_900; share += 1) {
    const kind = { discount: share / 10_000 };
    expect(reductionOf(kind)).toEqual({ kind: 'discount', paidBasisPoints: share });
    expect(kindOf(reductionOf(kind))).toEqual(kind);
  }
  const kind = { reductionFen: 1, thresholdFen: 2 };
  expect(kindOf(reductionOf(kind))).toEqual(kind);
});
