import type { OwnCoupon } from '../../factories/coupons';
import { couponsOf } from '../../factories/coupons';
import { type Api, startApi, tokenOf } from '../../support/api';
import { answersFromOneBarrier } from '../../support/barrier';
import type { Answer, HttpClient } from '../../support/http';
import { key } from '../../support/http';
import { bodyOf } from '../../support/story';

let api: Api;
let coupons: ReturnType<typeof couponsOf>;
beforeAll(async () => {
  api = await startApi();
  coupons = couponsOf(api);
});
afterAll(() => api.stop());

/** So many buyers. */
const manyBuyers = (count: number): Promise<HttpClient[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, n) =>
      api.clientOf(await tokenOf({ sub: `usr_crowd_${count}_${n}`, role: 'buyer' })),
    ),
  );

/** All go at one moment, over connections that are open. */
const fromOneBarrier = (sends: (() => Promise<Answer>)[]) =>
  answersFromOneBarrier(sends, () => api.buyer.get('/v1/buyer/coupons?limit=1'));

/** How often each answer was given, by status and code. */
function counted(answers: Answer[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { status, body } of answers) {
    const name = status === 201 ? '201' : `${status} ${(body as { code: string }).code}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

/** What the tables hold of a coupon: the counter, the claims, and the steps that carried them out. */
async function stored({ id }: OwnCoupon) {
  const claims = await api.db.couponClaim.findMany({ where: { couponId: id }, orderBy: { issueNumber: 'asc' } });
  const { claimed } = await api.db.coupon.findUniqueOrThrow({ where: { id } });
  const steps = await api.db.step.count({ where: { objectId: { in: claims.map((claim) => claim.id) } } });
  return { claims, claimed, steps };
}

const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

test('CPN-4: of 500 buyers who claim 100 coupons at once 100 have one each, and 400 read that all are claimed', async () => {
  const buyers = await manyBuyers(500);
  const coupon = await coupons.create({ quantity: 100, perBuyer: 1 });
  const answers = await fromOneBarrier(buyers.map((buyer) => () => coupons.claim(coupon.id, buyer)));
  expect(counted(answers)).toEqual({ 201: 100, '409 COUPON.CLAIMED_OUT': 400 });
  const { claims, claimed, steps } = await stored(coupon);
  expect([claims.length, claimed, steps]).toEqual([100, 100, 100]);
  expect(claims.map(({ issueNumber }) => issueNumber)).toEqual(upTo(100));
  expect(new Set(claims.map(({ buyerId }) => buyerId)).size).toBe(100);
  const told = await api.db.message.count({ where: { event: 'coupon.claimed_out' } });
  expect(told).toBe(1);
}, 120_000);

test.each([1, 3])(
  'CPN-4: one buyer who claims 50 times at once has as many as the limit says: %d',
  async (perBuyer) => {
    const coupon = await coupons.create({ quantity: 100, perBuyer });
    const answers = await fromOneBarrier(upTo(50).map(() => () => coupons.claim(coupon.id)));
    expect(counted(answers)).toEqual({ 201: perBuyer, '409 COUPON.LIMIT_REACHED': 50 - perBuyer });
    const { claims, claimed, steps } = await stored(coupon);
    // A refused claim gives back what it had counted.
    expect([claims.length, claimed, steps]).toEqual([perBuyer, perBuyer, perBuyer]);
    expect(claims.map(({ buyerNumber }) => buyerNumber)).toEqual(upTo(perBuyer));
  },
);

test('I-2: one command that is sent 20 times at once claims one', async () => {
  const coupon = await coupons.create({ perBuyer: 10 });
  const path = `/v1/buyer/coupons/${coupon.id}/claim`;
  const answers = await fromOneBarrier(upTo(20).map(() => () => api.buyer.post(path, undefined, key('one-claim'))));
  const ids = answers.filter(({ status }) => status === 201).map((answer) => bodyOf<{ id: string }>(answer, 201).id);
  expect(new Set(ids).size).toBe(1);
  expect((await stored(coupon)).claimed).toBe(1);
});

test('CPN-2: of claims that race with a pause none is counted after it', async () => {
  const buyers = await manyBuyers(40);
  const coupon = await coupons.create();
  const pausing = () => api.provider.post(`/v1/provider/coupons/${coupon.id}/pause`);
  const claiming = buyers.map((buyer) => () => coupons.claim(coupon.id, buyer));
  const answers = await fromOneBarrier([...claiming.slice(0, 20), pausing, ...claiming.slice(20)]);
  const taken = answers.filter(({ status }) => status === 201).length;
  expect(counted(answers.filter(({ status }) => status >= 400))).toEqual(
    taken === 40 ? {} : { '409 COUPON.NOT_CLAIMABLE': 40 - taken },
  );
  const { claims, claimed } = await stored(coupon);
  expect([claims.length, claimed]).toEqual([taken, taken]);
  expect(await coupons.own(coupon.id)).toMatchObject({ state: 'paused', claimed: taken });
  expect((await coupons.claim(coupon.id, buyers[0])).status).toBe(409);
});

test('CPN-4: an increment that changed no row claims nothing: no claim, no step, no message', async () => {
  const coupon = await coupons.create({ quantity: 1 });
  await coupons.claimed(coupon.id);
  const before = [await api.db.couponClaim.count(), await api.db.step.count(), await api.db.message.count()];
  const answers = await fromOneBarrier(upTo(10).map(() => () => coupons.claim(coupon.id, api.otherBuyer)));
  expect(counted(answers)).toEqual({ '409 COUPON.CLAIMED_OUT': 10 });
  expect([await api.db.couponClaim.count(), await api.db.step.count(), await api.db.message.count()]).toEqual(before);
});
