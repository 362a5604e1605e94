import type { z } from 'zod';
import type { refundSchema } from '../../../api/refunds/schemas';
import { parsePolicy } from '../../../domain/policies/catalogue';
import { couponsOf } from '../../factories/coupons';
import { type Api, startApi } from '../../support/api';
import { answersFromOneBarrier } from '../../support/barrier';
import { signedBy } from '../../support/callbacks';
import { eventually } from '../../support/eventually';
import { type Answer, httpClient } from '../../support/http';
import { misbehave } from '../../support/observe';
import { bodyOf, type Order, storyOf } from '../../support/story';

/** Failures by which other commerce systems have lost money, one test each: none of them may happen here. */

type Refund = z.infer<typeof refundSchema>;

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

const ask = (orderId: string, body: object = {}) =>
  api.buyer.post(`/v1/buyer/orders/${orderId}/refunds`, {
    reasonCode: 'service_late',
    reason: '迟迟没有开始',
    ...body,
  });
const asked = async (orderId: string, body: object = {}) => bodyOf<Refund>(await ask(orderId, body), 201);
const act = (role: 'buyer' | 'provider' | 'ops', id: string, what: string, body: object = {}) =>
  api[role].post(`/v1/${role}/refunds/${id}/${what}`, body);
const refundIn = (id: string, state: string) =>
  eventually(async () => {
    const refund = bodyOf<Refund>(await api.ops.get(`/v1/ops/refunds/${id}`), 200);
    expect(refund.state).toBe(state);
    return refund;
  });
const orderIn = (id: string, state: string) =>
  eventually(async () => {
    const order = await story.orderNow(id);
    expect(order.state).toBe(state);
    return order;
  });
const price = (id: string, payableFen: number) =>
  api.provider.post(`/v1/provider/orders/${id}/price`, { payableFen, reason: '调价' });

type Fact = { orderId: string; amountFen: number; transactionId: string; priceVersion?: number };
const fact = (orderId: string, amountFen: number, priceVersion?: number): Fact => ({
  ...{ orderId, amountFen, transactionId: `txn_${orderId}_${amountFen}_${priceVersion ?? 'unnamed'}` },
  ...(priceVersion === undefined ? {} : { priceVersion }),
});
async function report(paid: Fact): Promise<void> {
  const body = JSON.stringify({ ...paid, status: 'succeeded' });
  const headers = { 'content-type': 'application/json', 'x-channel-signature': signedBy('wechat', body) };
  bodyOf(await api.anonymous.send('POST', '/v1/gateway/payments/wechat/callbacks', { body, headers }), 202);
}
/** What the channel has sent back of a payment, by the key that it was asked under. */
const sentOf = async ({ transactionId }: { transactionId: string }) =>
  (await story.refunds())
    .filter((one) => one.transactionId === transactionId)
    .map(({ refundId, amountFen }) => ({ refundId, amountFen }));
const paymentOf = (orderId: string) => api.db.payment.findFirstOrThrow({ where: { orderId, status: 'accepted' } });
const returned = (paid: Fact) =>
  eventually(async () => expect((await sentOf(paid)).map(({ amountFen }) => amountFen)).toEqual([paid.amountFen]));

describe('refunds', () => {
  test('a refund row lost after a failed call and retried under another key: the row outlives the failure, and its key is for ever', async () => {
    const { id: orderId } = await story.paidOrder();
    const { id } = await asked(orderId);
    await misbehave(api.channel.url, { failNextRefunds: 1, loseNextAnswers: 1 });
    bodyOf(await act('provider', id, 'agree'), 200);
    await eventually(async () =>
      expect(await api.db.refund.findMany({ where: { orderId } })).toMatchObject([{ id, status: 'requested' }]),
    );
    const { refundedFen } = await refundIn(id, 'refunded');
    expect(await api.db.refund.findMany({ where: { orderId } })).toMatchObject([{ id, status: 'refunded' }]);
    expect(await sentOf(await paymentOf(orderId))).toEqual([{ refundId: id, amountFen: refundedFen }]);
  });

  test('a negative refund: nobody can ask for, offer, approve or store one', async () => {
    const { orderId } = await story.delivery(await story.deliveryAt('completed'));
    for (const amountFen of [-1, -200_000, 0]) {
      expect((await ask(orderId, { amountFen })).status).toBe(422);
      const own = { amountFen, reasonCode: 'other', reason: '补偿' };
      expect((await api.provider.post(`/v1/provider/orders/${orderId}/refunds`, own)).status).toBe(422);
    }
    const { id } = await asked(orderId, { amountFen: 1_000 });
    expect((await act('provider', id, 'offer', { amountFen: -1, reason: '少退' })).status).toBe(422);
    bodyOf(await act('provider', id, 'offer', { amountFen: 1, reason: '少退' }), 200);
    bodyOf(await act('buyer', id, 'escalate', { reason: '太少' }), 200);
    expect((await act('ops', id, 'approve', { amountFen: -1, reason: '不退' })).status).toBe(422);
    bodyOf(await act('ops', id, 'reject', { reason: '已完成' }), 200);
    const { id: paymentId } = await paymentOf(orderId);
    const row = { id: 'rfd_negative', paymentId, orderId, amountFen: -1n, reason: 'refund_request' };
    const stored = api.db.refund.create({ data: { ...row, status: 'requested', requestedAt: new Date() } });
    await expect(stored).rejects.toThrow(/refunds_money/);
    expect(await story.orderNow(orderId)).toMatchObject({ state: 'completed', refundedFen: 0 });
  });

  test('a failed refund counted as done: nothing is counted, reserved or posted until the channel has sent it', async () => {
    const { id: orderId, paidFen } = await story.paidOrder();
    const { id } = await asked(orderId);
    await misbehave(api.channel.url, { refuseNextRefunds: 1 });
    bodyOf(await act('provider', id, 'agree'), 200);
    await refundIn(id, 'escalated');
    const failed = { state: 'refunding', refundedFen: 0n, refundReservedFen: 0n };
    expect(await api.db.order.findUniqueOrThrow({ where: { id: orderId } })).toMatchObject(failed);
    expect(await api.db.journal.count({ where: { businessKey: `refund/${id}` } })).toBe(0);
    bodyOf(await act('ops', id, 'approve', { amountFen: paidFen, reason: '重试' }), 200);
    expect(await refundIn(id, 'refunded')).toMatchObject({ refundedFen: paidFen });
    expect(await story.orderNow(orderId)).toMatchObject({ state: 'refunded', refundedFen: paidFen });
    expect(await api.db.journal.count({ where: { businessKey: `refund/${id}` } })).toBe(1);
    expect(await sentOf(await paymentOf(orderId))).toContainEqual({ refundId: id, amountFen: paidFen });
  });

  test('a refund ignoring the coupon: no more goes back than was paid', async () => {
    const coupons = couponsOf(api);
    const couponId = await coupons.usable({ kind: { discount: 0.6 }, scope: { products: ['prd_service'] } });
    await coupons.claimed(couponId);
    const { id: orderId, paidFen, originalFen } = await story.paidOrder();
    expect([paidFen, originalFen]).toEqual([120_000, 200_000]);
    for (const amountFen of [originalFen, paidFen + 1]) {
      expect(await ask(orderId, { amountFen })).toMatchObject({ status: 422 });
    }
    const { id, requestedFen } = await asked(orderId);
    expect(requestedFen).toBe(paidFen);
    bodyOf(await act('provider', id, 'agree'), 200);
    await refundIn(id, 'refunded');
    expect(await sentOf(await paymentOf(orderId))).toEqual([{ refundId: id, amountFen: paidFen }]);
    const held = await api.db.clearingBalance.count({
      where: { clearingKey: (await paymentOf(orderId)).transactionId },
    });
    expect(held).toBe(0);
  });
});

describe('prices and payments', () => {
  test('a price moved up and down again: a payment made at the first price does not count for the third', async () => {
    const { id, payableFen } = await story.order();
    for (const payable of [payableFen - 50_000, payableFen]) bodyOf(await price(id, payable), 200);
    const [first, unnamed] = [fact(id, payableFen, 1), fact(id, payableFen)];
    await Promise.all([report(first), report(unnamed)]);
    await Promise.all([returned(first), returned(unnamed)]);
    expect(await story.orderNow(id)).toMatchObject({ state: 'pending_payment', paidFen: 0, priceVersion: 3 });
    await report(fact(id, payableFen, 3));
    expect(await orderIn(id, 'awaiting_start')).toMatchObject({ paidFen: payableFen, refundedFen: 0 });
  });

  test('a late payment shown as success on a closed order: it is shown to nobody, and goes back', async () => {
    const hasty = await api.startAnother({ policy: parsePolicy({ 'order.payWithin': '1 second' }) });
    const { id, payableFen } = await story.order({ buyer: httpClient(() => hasty.url, api.tokens.buyer) });
    await hasty.close();
    await orderIn(id, 'closed');
    const late = fact(id, payableFen, 1);
    await report(late);
    await returned(late);
    const closed = { state: 'closed', paidFen: 0, refundedFen: 0, paidAt: null, deliveryId: null };
    expect(await story.orderNow(id)).toMatchObject(closed);
    const found = bodyOf<Order>(await api.provider.get(`/v1/provider/orders/${id}`), 200);
    expect(found).toMatchObject(closed);
    const payments = await api.db.payment.findMany({ where: { orderId: id } });
    expect(payments).toMatchObject([{ status: 'surplus' }]);
    const events = (await api.db.message.findMany({ where: { event: 'order.paid' } })).map(({ objectId }) => objectId);
    expect(events).not.toContain(id);
  });
});

describe('counters and holds', () => {
  const codes = (answers: Answer[]) => {
    const found = answers.map(({ status, body }) => (status < 300 ? 'done' : (body as { code: string }).code));
    return found.sort();
  };
  const race = (racers: (() => Promise<Answer>)[]) =>
    answersFromOneBarrier(racers, () => api.buyer.get('/v1/buyer/orders?limit=1'));
  const times = (count: number, one: () => Promise<Answer>) => Array<() => Promise<Answer>>(count).fill(one);

  test('a conditional increment whose zero rows are ignored: who got nothing is told so, and has nothing', async () => {
    const coupons = couponsOf(api);
    const { id } = await coupons.create({ quantity: 1, perBuyer: 1 });
    const answers = await race([
      ...times(10, () => coupons.claim(id, api.buyer)),
      ...times(10, () => coupons.claim(id, api.otherBuyer)),
    ]);
    // Who has one reads that it is all they may have, the other buyer that there is none left.
    const [own, other] = [Array(9).fill('COUPON.LIMIT_REACHED'), Array(10).fill('COUPON.CLAIMED_OUT')];
    expect(codes(answers)).toEqual([...other, ...own, 'done']);
    expect(await coupons.own(id)).toMatchObject({ claimed: 1 });
    expect(await api.db.couponClaim.count({ where: { couponId: id } })).toBe(1);
  });

  test('a hold that can be resolved twice: of all who resolve it one does, and what it held is free once', async () => {
    const { id: orderId, paidFen } = await story.paidOrder();
    const { id } = await asked(orderId, { amountFen: 150_000 });
    const withdrawn = await race(times(20, () => act('buyer', id, 'withdraw')));
    expect(codes(withdrawn)).toEqual([...Array(19).fill('REFUND.NOT_ALLOWED'), 'done']);
    const row = await api.db.order.findUniqueOrThrow({ where: { id: orderId } });
    expect(row).toMatchObject({ state: 'awaiting_start', refundReservedFen: 0n, refundedFen: 0n });
    expect((await asked(orderId)).requestedFen).toBe(paidFen);

    const found = { kind: 'channel_payment', key: `txn_${orderId}`, channel: 'wechat', ledgerFen: 0n, otherFen: 900n };
    const at = new Date();
    const open = { id: `rcd_${orderId.slice(4)}`, day: '2026-11-24', foundAt: at, lastSeenAt: at };
    const difference = await api.db.reconciliationDifference.create({ data: { ...found, ...open } });
    const path = `/v1/ops/reconciliation/differences/${difference.id}/resolve`;
    const resolved = await race(times(20, () => api.manager.post(path, { reason: '回调丢失' })));
    expect(codes(resolved)).toEqual([...Array(19).fill('DIFFERENCE.RESOLVED'), 'done']);
    expect(await api.db.journal.count({ where: { resolvesId: difference.id } })).toBe(1);
  });
});
