import fc from 'fast-check';
import type { Claimed } from '../../../domain/coupons/coupon';
import { stateOf } from '../../../domain/coupons/coupon';
import { bestCoupon, priceWithCoupon, whyNotApplicable } from '../../../domain/coupons/pricing';
import { claimOf, couponOf, discount, fullReduction, purchaseOf, T0 } from '../../factories/coupons';

const price = fc.integer({ min: 0, max: 1_000_000_000_00 });
const share = fc.integer({ min: 1_000, max: 9_900 });

describe('CPN-1: what a coupon takes off', () => {
  test.each([
    { priceFen: 5_000, payableFen: 5_000, why: 'the price must exceed the threshold, not reach it' },
    { priceFen: 5_001, payableFen: 4_001, why: 'one fen above it is enough' },
    { priceFen: 4_999, payableFen: 4_999, why: 'below it nothing is taken off' },
    { priceFen: 0, payableFen: 0, why: 'nothing of nothing' },
  ])('full reduction of 1,000 above 5,000: $priceFen becomes $payableFen ($why)', ({ priceFen, payableFen }) => {
    const reduced = priceWithCoupon(priceFen, fullReduction(1_000, 5_000));
    expect(reduced).toEqual({ payableFen, reductionFen: priceFen - payableFen });
  });

  test.each([
    { paidBasisPoints: 6_000, priceFen: 10_000, payableFen: 6_000 },
    { paidBasisPoints: 6_000, priceFen: 1, payableFen: 1 },
    { paidBasisPoints: 5_000, priceFen: 1, payableFen: 1 },
    { paidBasisPoints: 5_000, priceFen: 3, payableFen: 2 },
    { paidBasisPoints: 4_999, priceFen: 1, payableFen: 0 },
    { paidBasisPoints: 1_000, priceFen: 4, payableFen: 0 },
    { paidBasisPoints: 9_900, priceFen: 99, payableFen: 98 },
    { paidBasisPoints: 3_333, priceFen: 1_000_000_000_00, payableFen: 333_300_000_00 },
  ])('$paidBasisPoints basis points of $priceFen are $payableFen', ({ paidBasisPoints, priceFen, payableFen }) => {
    expect(priceWithCoupon(priceFen, discount(paidBasisPoints)).payableFen).toBe(payableFen);
  });

  test('GEN-2: a share is rounded half up, once, as whole numbers of any size say', () => {
    fc.assert(
      fc.property(price, share, (priceFen, paidBasisPoints) => {
        const { payableFen, reductionFen } = priceWithCoupon(priceFen, discount(paidBasisPoints));
        expect(BigInt(payableFen)).toBe((BigInt(priceFen) * BigInt(paidBasisPoints) * 2n + 10_000n) / 20_000n);
        expect(payableFen + reductionFen).toBe(priceFen);
      }),
    );
  });

  test('whatever the price, a coupon never makes it dearer nor less than nothing', () => {
    const any = fc.oneof(
      share.map((paid) => discount(paid)),
      fc
        .tuple(fc.integer({ min: 1, max: 1_000_00 }), fc.integer({ min: 1, max: 1_000_00 }))
        .map(([reduction, more]) => fullReduction(reduction, reduction + more)),
    );
    fc.assert(
      fc.property(price, any, (priceFen, reduction) => {
        const { payableFen, reductionFen } = priceWithCoupon(priceFen, reduction);
        expect(Number.isSafeInteger(payableFen)).toBe(true);
        expect(payableFen).toBeGreaterThanOrEqual(0);
        expect(reductionFen).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('ORD-5: applied again to a price that went down and up again it takes off what it took before', () => {
    const reduction = fullReduction(1_000, 5_000);
    const [before, between, after] = [9_000, 5_000, 9_000].map((fen) => priceWithCoupon(fen, reduction));
    expect(between).toEqual({ payableFen: 5_000, reductionFen: 0 });
    expect(after).toEqual(before);
  });

  test('without a coupon the price is what is to be paid', () => {
    expect(priceWithCoupon(7, null)).toEqual({ payableFen: 7, reductionFen: 0 });
  });
});

describe('CPN-1: where a coupon applies', () => {
  const why = (coupon: Parameters<typeof couponOf>[0], purchase = {}, nowMs = T0, priceFen = 10_000) =>
    whyNotApplicable(couponOf(coupon), purchaseOf(purchase), priceFen, nowMs);
  const end = couponOf().validToMs;

  test.each([
    ['the whole shop', {}, {}, null],
    ['the whole shop: SaaS', {}, { productType: 'saas' }, null],
    ['the whole shop: API', {}, { productType: 'api' }, null],
    ['the whole shop: no images', {}, { productType: 'image' }, 'other_product'],
    ['another shop', {}, { providerId: 'prv_other' }, 'other_product'],
    ['a product that it names', { scope: { products: ['prd_x', 'prd_demo'] } }, {}, null],
    ['a product that it does not name', { scope: { products: ['prd_x'] } }, {}, 'other_product'],
    ['a renewal, of a coupon for new purchases', {}, { scene: 'renewal' }, 'other_scene'],
    ['a renewal, of a coupon for renewals', { scene: 'renewal' }, { scene: 'renewal' }, null],
    ['a formal purchase after a trial', { scene: 'trial_to_formal' }, { scene: 'trial_to_formal' }, null],
  ] as const)('%s', (_, coupon, purchase, misfit) => {
    expect(why(coupon, purchase)).toBe(misfit);
  });

  test.each([
    ['a millisecond before its validity', T0 - 1, 'not_yet_valid'],
    ['at its first instant', T0, null],
    ['at its last millisecond', end - 1, null],
    ['at its end', end, 'no_longer_valid'],
  ] as const)('%s', (_, nowMs, misfit) => {
    expect(why({}, {}, nowMs)).toBe(misfit);
  });

  test('one that would take nothing off does not apply', () => {
    expect(why({ reduction: fullReduction(100, 10_000) })).toBe('no_reduction');
    expect(why({ reduction: discount(9_900) }, {}, T0, 1)).toBe('no_reduction');
  });
});

describe('CPN-3: the best applicable coupon is preselected', () => {
  const best = (claims: Claimed[], nowMs = T0) => bestCoupon(claims, purchaseOf(), 10_000, nowMs)?.claimId ?? null;

  test('the one that takes most off, whatever its kind', () => {
    const claims = [
      claimOf({ reduction: discount(6_000) }, 'ccl_share'),
      claimOf({ reduction: fullReduction(4_001, 9_999) }, 'ccl_amount'),
    ];
    expect(best(claims)).toBe('ccl_amount');
    expect(best(claims.toReversed())).toBe('ccl_amount');
  });

  test('never one that does not apply, however much it would take off', () => {
    const claims = [
      claimOf({ reduction: fullReduction(9_000, 10_000) }),
      claimOf({ reduction: discount(1_000), scene: 'renewal' }),
      claimOf({ reduction: discount(1_000), providerId: 'prv_other' }),
      claimOf({ reduction: discount(1_000), validFromMs: T0 + 1 }),
      claimOf({ reduction: discount(9_000) }, 'ccl_right'),
    ];
    expect(best(claims)).toBe('ccl_right');
    expect(best(claims.slice(0, 4))).toBeNull();
    expect(best([])).toBeNull();
  });

  test('of equal ones the one that ends first, then the older coupon, then the older claim, in whatever order they come', () => {
    const end = couponOf().validToMs;
    const ordered = [
      claimOf({ id: 'cpn_3', validToMs: end - 1 }, 'ccl_9'),
      claimOf({ id: 'cpn_1' }, 'ccl_4'),
      claimOf({ id: 'cpn_1' }, 'ccl_5'),
      claimOf({ id: 'cpn_2' }, 'ccl_1'),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(ordered, { minLength: 1 }), (some) => {
        const first = ordered.find((claim) => some.includes(claim));
        expect(best(some)).toBe(first?.claimId);
      }),
    );
  });
});

test('CPN-2: the state of a coupon is seen: issuing, paused, claimed out, ended', () => {
  const coupon = { paused: false, claimed: 0, quantity: 2, validToMs: T0 };
  expect(stateOf(coupon, T0 - 1)).toBe('issuing');
  expect(stateOf({ ...coupon, paused: true }, T0 - 1)).toBe('paused');
  expect(stateOf({ ...coupon, paused: true, claimed: 2 }, T0 - 1)).toBe('claimed_out');
  expect(stateOf(coupon, T0)).toBe('ended');
});
