import { feeBasisPointsOf } from '../../../domain/orders/fee';
import { fulfilmentOf } from '../../../domain/orders/order';
import { parsePolicy } from '../../../domain/policies/catalogue';

const shanghai = (text: string) => Date.parse(`${text}+08:00`);
const table = parsePolicy()['fee.table'];

test.each([
  ['api', 'bazaar', '2023-01-01T00:00:00.000', 300],
  ['api', 'bazaar', '2022-12-31T23:59:59.999', 1_000],
  ['api', 'certified', '2026-01-01T00:00:00.000', 1_000],
  ['saas', 'bazaar', '2026-01-01T00:00:00.000', 1_000],
] as const)('WDR-1: an order of %s, %s, placed at %s pays %i basis points', (productType, grade, at, basisPoints) => {
  expect(feeBasisPointsOf(table, { productType, grade, placedAtMs: shanghai(at) })).toBe(basisPoints);
});

test('WDR-1: of the rows of the fee table that fit an order the last one counts', () => {
  const table = parsePolicy({
    'fee.table': [{ basisPoints: 1_000 }, { basisPoints: 1, productType: 'saas' }, { basisPoints: 2, grade: 'bazaar' }],
  })['fee.table'];
  const of = (productType: 'saas' | 'api', grade: 'certified' | 'bazaar') =>
    feeBasisPointsOf(table, { productType, grade, placedAtMs: 0 });
  expect([of('saas', 'certified'), of('saas', 'bazaar'), of('api', 'bazaar'), of('api', 'certified')]).toEqual([
    1, 2, 2, 1_000,
  ]);
});

test.each([
  ['human_service', true, 'delivery'],
  ['saas', true, 'delivery'],
  ['human_service', false, 'direct'],
  ['saas', false, 'instance'],
  ['api', false, 'immediate'],
  ['image', false, 'immediate'],
] as const)('ORD-8: a paid order of %s, supervised %s, is fulfilled by %s', (productType, supervised, fulfilment) => {
  expect(fulfilmentOf({ productType, supervised })).toBe(fulfilment);
});
