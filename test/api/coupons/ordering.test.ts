import { couponsOf } from '../../factories/coupons';
import { type Api, startApi } from '../../support/api';
import { eventually } from '../../support/eventually';
import { key } from '../../support/http';
import { loseAnswer } from '../../support/lost-answer';
import { bodyOf, type Order, storyOf } from '../../support/story';

let api: Api;
let coupons: ReturnType<typeof couponsOf>;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  coupons = couponsOf(api);
  story = storyOf(api);
});
afterAll(() => api.stop());

const PRICE = 200_000;
const PURCHASE = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
const buying = (choice: { couponId?: string | null } = {}, headers = {}) =>
  api.buyer.post('/v1/buyer/orders', { ...PURCHASE, ...choice }, headers);
const bought = async (choice: { couponId?: string | null } = {}): Promise<Order> => bodyOf(await buying(choice), 201);
const statusOf = async (id: string) => (await api.db.couponClaim.findUniqueOrThrow({ where: { id } })).status;

/** A claimed coupon that can be used now; answers the ids of the coupon and of the claim. */
async function claimed(changes: Record<string, unknown> = {}) {
  const couponId = await coupons.usable(changes);
  return { couponId, claimId: (await coupons.claimed(couponId)).id };
}

/** Every test begins with a buyer who has no free coupon. */
afterEach(async () => {
  const free = await api.db.couponClaim.findMany({ where: { buyerId: 'usr_demo', status: 'claimed' } });
  for (const { id } of free) {
    await api.db.couponClaim.update({ where: { id }, data: { status: 'used', orderId: `ord_spent_${id}` } });
  }
});

describe('CPN-3: one coupon an order', () => {
  test('the best applicable one is preselected, reserved, and used by the payment', async () => {
    await claimed();
    const best = await claimed({ kind: { discount: 0.6 } });
    await claimed({ kind: { discount: 0.1 }, scene: 'renewal' });
    await claimed({ kind: { discount: 0.1 }, scope: { products: ['prd_saas_manual'] } });
    const order = await bought();
    expect(order).toMatchObject({ couponId: best.couponId, payableFen: 120_000, couponReductionFen: 80_000 });
    expect(order.originalFen).toBe(PRICE);
    const mine = bodyOf<{ items: object[] }>(await api.buyer.get('/v1/buyer/coupons?status=reserved'), 200);
    expect(mine.items).toMatchObject([{ id: best.claimId, orderId: order.id }]);
    bodyOf(await api.buyer.post(`/v1/sandbox/orders/${order.id}/pay`), 202);
    await eventually(async () => expect(await statusOf(best.claimId)).toBe('used'));
    const read = bodyOf<Order>(await api.provider.get(`/v1/provider/orders/${order.id}`), 200);
    expect(read).toMatchObject({ paidFen: 120_000, couponId: best.couponId, couponReductionFen: 80_000 });
  });

  test('the one that is named, by its id or by that of the claim, though another one would take more off', async () => {
    const [named, better] = [await claimed({ perBuyer: 2 }), await claimed({ kind: { discount: 0.6 } })];
    const { id: second } = await coupons.claimed(named.couponId);
    const [byCoupon, byClaim] = [await bought({ couponId: named.couponId }), await bought({ couponId: second })];
    for (const order of [byCoupon, byClaim]) {
      expect(order).toMatchObject({ couponId: named.couponId, payableFen: PRICE - 1_000 });
    }
    expect([await statusOf(named.claimId), await statusOf(second)]).toEqual(['reserved', 'reserved']);
    expect(await statusOf(better.claimId)).toBe('claimed');
  });

  test('none, where null is said, and where none applies', async () => {
    const { claimId } = await claimed();
    expect(await bought({ couponId: null })).toMatchObject({
      couponId: null,
      payableFen: PRICE,
      couponReductionFen: 0,
    });
    expect(await statusOf(claimId)).toBe('claimed');
    await bought();
    expect(await bought()).toMatchObject({ couponId: null, payableFen: PRICE });
  });

  test.each<[string, Record<string, unknown>]>([
    ['for another product', { scope: { products: ['prd_saas_manual'] } }],
    ['for renewals', { scene: 'renewal' }],
    ['whose threshold the price only reaches', { kind: { reductionFen: 1_000, thresholdFen: PRICE } }],
  ])('a named one %s is refused, and no order is placed', async (_, changes) => {
    const { couponId } = await claimed(changes);
    const before = await api.db.order.count();
    expect(await buying({ couponId })).toMatchObject({ status: 422, body: { code: 'COUPON.NOT_APPLICABLE' } });
    expect(await api.db.order.count()).toBe(before);
  });

  test('one that is not valid yet can be claimed and not used', async () => {
    const { id } = await coupons.create();
    await coupons.claimed(id);
    expect(await buying({ couponId: id })).toMatchObject({ status: 422, body: { code: 'COUPON.NOT_APPLICABLE' } });
    expect(await bought()).toMatchObject({ couponId: null });
  });

  test('one that the buyer has not claimed, or another has, is none of theirs', async () => {
    const id = await coupons.usable();
    const claim = await coupons.claimed(id, api.otherBuyer);
    for (const couponId of [id, claim.id, 'cpn_unknown']) {
      expect(await buying({ couponId })).toMatchObject({ status: 422, body: { code: 'COUPON.NOT_APPLICABLE' } });
    }
  });

  test('PRD-7: paused, or of a provider that may issue no more, a claimed one stays usable', async () => {
    const { couponId } = await claimed();
    bodyOf(await api.provider.post(`/v1/provider/coupons/${couponId}/pause`), 200);
    bodyOf(await api.ops.post('/v1/ops/providers/prv_demo/coupons/disable'), 200);
    expect(await bought({ couponId })).toMatchObject({ couponId });
    bodyOf(await api.ops.post('/v1/ops/providers/prv_demo/coupons/enable'), 200);
  });
});

describe('CPN-4: a coupon is on one order at most', () => {
  test('a named one that is on another order is refused', async () => {
    const { couponId } = await claimed();
    await bought({ couponId });
    expect(await buying({ couponId })).toMatchObject({ status: 409, body: { code: 'COUPON.TAKEN' } });
  });

  test('of ten orders that name it at once one is placed', async () => {
    const { couponId } = await claimed();
    const answers = await Promise.all(Array.from({ length: 10 }, () => buying({ couponId })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
    for (const { status, body } of answers) if (status === 409) expect(body).toMatchObject({ code: 'COUPON.TAKEN' });
  });

  test('of ten orders at once, for which it is preselected, one has it; the others have none, or are refused', async () => {
    const { couponId } = await claimed();
    const answers = await Promise.all(Array.from({ length: 10 }, () => buying()));
    const placed = answers.filter(({ status }) => status === 201).map((answer) => bodyOf<Order>(answer, 201));
    expect(placed.filter((order) => order.couponId !== null)).toMatchObject([{ couponId }]);
    for (const { status, body } of answers) {
      if (status !== 201) expect({ status, body }).toMatchObject({ status: 409, body: { code: 'COUPON.TAKEN' } });
    }
  });

  test('I-7: a refusal whose answer was lost is the same refusal when the command comes again', async () => {
    await claimed();
    const keys = Array.from({ length: 10 }, (_, n) => `raced-${n}`);
    const answers = await Promise.all(keys.map((name) => buying({}, key(name))));
    const refused = keys.filter((_, n) => answers[n]?.status === 409);
    expect(refused.length).toBeGreaterThan(0);
    for (const name of refused) {
      await loseAnswer(api.db, name);
      expect(await buying({}, key(name))).toMatchObject({ status: 409, body: { code: 'COUPON.TAKEN' } });
    }
  });

  test('I-7: a command that comes again is answered as it was, with its coupon', async () => {
    const { couponId } = await claimed();
    const first = await buying({ couponId }, key('ordered-once'));
    const again = await buying({ couponId }, key('ordered-once'));
    expect([again.status, again.body]).toEqual([201, first.body]);
  });
});

test('ORD-5: on a price change the coupon is applied again to the new price', async () => {
  const { couponId, claimId } = await claimed({ kind: { discount: 0.5 } });
  const order = await bought({ couponId });
  const reprice = async (payableFen: number): Promise<Order> =>
    bodyOf(await api.provider.post(`/v1/provider/orders/${order.id}/price`, { payableFen, reason: '老客户优惠' }), 200);
  expect(await reprice(100_001)).toMatchObject({ payableFen: 50_001, couponReductionFen: 50_000, couponId });
  expect(await reprice(PRICE)).toMatchObject({ payableFen: 100_000, couponReductionFen: 100_000, priceVersion: 3 });
  bodyOf(await api.buyer.post(`/v1/sandbox/orders/${order.id}/pay`), 202);
  await eventually(async () => expect(await statusOf(claimId)).toBe('used'));
  expect((await api.buyer.get(`/v1/buyer/orders/${order.id}`)).body).toMatchObject({ paidFen: 100_000 });
});

test('RFD-6: a refund gives back what was paid, and no coupon', async () => {
  const { couponId, claimId } = await claimed();
  const order = await bought({ couponId });
  bodyOf(await api.buyer.post(`/v1/sandbox/orders/${order.id}/pay`), 202);
  await eventually(async () => expect(await statusOf(claimId)).toBe('used'));
  const { deliveryId } = bodyOf<Order>(await api.buyer.get(`/v1/buyer/orders/${order.id}`), 200);
  if (deliveryId === null) throw new Error('nothing is delivered');
  for (let time = 1; time <= 3; time += 1) {
    await story.done(deliveryId, 'buyer.requirement');
    await story.done(deliveryId, 'provider.requirement.reject');
  }
  const { appeal } = await story.done(deliveryId, 'buyer.appeals');
  await story.rule(appeal?.id ?? '', { ruling: 'cancel_and_refund', reason: '退款' });
  await eventually(async () => {
    const read = bodyOf<Order>(await api.buyer.get(`/v1/buyer/orders/${order.id}`), 200);
    expect(read).toMatchObject({ state: 'cancelled', paidFen: PRICE - 1_000, refundedFen: PRICE - 1_000 });
  });
  expect(await statusOf(claimId)).toBe('used');
});
