import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { refundSchema } from '../../../api/refunds/schemas';
import { type Api, startApi } from '../../support/api';
import { answersFromOneBarrier } from '../../support/barrier';
import { eventually } from '../../support/eventually';
import type { HttpClient } from '../../support/http';
import { bodyOf, storyOf } from '../../support/story';

type Refund = z.infer<typeof refundSchema>;

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

const WISH = { reasonCode: 'service_late', reason: '一直没有开始' };
const ask = (orderId: string, body: object = WISH, headers = {}) =>
  api.buyer.post(`/v1/buyer/orders/${orderId}/refunds`, body, headers);
const asked = async (orderId: string, body?: object) => bodyOf<Refund>(await ask(orderId, body), 201);
const act = (by: HttpClient, role: string, id: string, path: string, body: object = {}) =>
  by.post(`/v1/${role}/refunds/${id}/${path}`, body);
const refundNow = async (id: string) => bodyOf<Refund>(await api.buyer.get(`/v1/buyer/refunds/${id}`), 200);
const until = (id: string, state: string) =>
  eventually(async () => {
    const refund = await refundNow(id);
    expect(refund.state).toBe(state);
    return refund;
  });

/** A completed order: outside the no-reason condition of what people deliver (RFD-3). */
async function completedOrder(): Promise<string> {
  const deliveryId = await story.deliveryAt('completed');
  return (await story.delivery(deliveryId)).orderId;
}

describe('RFD-1: a refund through the API', () => {
  test('asked for, seen by all three, agreed to and executed; the order is refunded and its delivery cancelled', async () => {
    const { id: orderId, deliveryId, paidFen } = await story.paidOrder();
    const refund = await asked(orderId);
    expect(refund).toMatchObject({
      ...{ orderId, deliveryId, state: 'requested', noReason: true, requestedFen: paidFen, approvedFen: null },
      ...{ refundedFen: 0, waitsFor: [], allowedActions: ['buyer.withdraw', 'provider.agree'], grounds: null },
      deadlines: [{ name: 'auto_execute', outcome: 'executed' }],
      timeline: [{ actor: 'buyer', action: 'buyer.refunds', note: WISH.reason }],
    });
    expect(await story.orderNow(orderId)).toMatchObject({ state: 'refunding' });
    expect(await story.delivery(deliveryId)).toMatchObject({ frozen: true, refundId: refund.id, allowedActions: [] });
    for (const [by, role] of [
      [api.provider, 'provider'],
      [api.ops, 'ops'],
    ] as const) {
      const { items } = bodyOf<{ items: Refund[] }>(await by.get(`/v1/${role}/refunds?orderId=${orderId}`), 200);
      expect(items).toMatchObject([{ id: refund.id, state: 'requested' }]);
    }
    expect((await act(api.provider, 'provider', refund.id, 'decline', { reason: '不行' })).status).toBe(409);
    bodyOf(await act(api.provider, 'provider', refund.id, 'agree'), 200);
    expect(await until(refund.id, 'refunded')).toMatchObject({ refundedFen: paidFen, allowedActions: [] });
    expect(await story.orderNow(orderId)).toMatchObject({ state: 'refunded', refundedFen: paidFen });
    await eventually(async () =>
      expect(await story.delivery(deliveryId)).toMatchObject({ stage: 'cancelled', frozen: false, refundId: null }),
    );
    expect((await story.refunds()).filter(({ refundId }) => refundId === refund.id)).toHaveLength(1);
    expect(await act(api.buyer, 'buyer', refund.id, 'withdraw')).toMatchObject({
      status: 409,
      body: { code: 'REFUND.NOT_ALLOWED', allowedActions: [] },
    });
  });

  test('the same key answers the same refund, also later; another body is refused', async () => {
    const { id: orderId } = await story.paidOrder();
    const headers = { 'idempotency-key': randomUUID() };
    const first = await ask(orderId, WISH, headers);
    const { id } = bodyOf<Refund>(first, 201);
    bodyOf(await act(api.buyer, 'buyer', id, 'withdraw'), 200);
    expect((await ask(orderId, WISH, headers)).body).toEqual(first.body);
    expect((await ask(orderId, { ...WISH, reason: '别的' }, headers)).status).toBe(422);
    expect(await story.orderNow(orderId)).toMatchObject({ state: 'awaiting_start', refundedFen: 0 });
  });

  test('what does not make sense is refused, with nothing changed', async () => {
    const orderId = await completedOrder();
    const { paidFen } = await story.orderNow(orderId);
    for (const amountFen of [0, -1, 1.5, paidFen + 1]) {
      expect((await ask(orderId, { ...WISH, amountFen })).status).toBe(422);
    }
    expect((await ask(orderId, { reason: '没有原因代码' })).status).toBe(422);
    expect(await ask(orderId, { reasonCode: 'requirements_added', reason: '加了功能' })).toMatchObject({
      status: 422,
      body: { code: 'REFUND.AMOUNT_OUT_OF_RANGE' },
    });
    const unpaid = await story.order();
    expect(await ask(unpaid.id)).toMatchObject({ status: 409, body: { code: 'REFUND.NOT_ALLOWED' } });
    expect(await story.orderNow(orderId)).toMatchObject({ state: 'completed', refundedFen: 0 });
  });
});

describe('RFD-5, RFD-7: operations decide on the facts', () => {
  test('they see both lists of grounds beside dates and rejections, and approve a part', async () => {
    const deliveryId = await story.rejectedThreeTimes();
    await story.done(deliveryId, 'buyer.acceptance.accept');
    const { orderId } = await story.delivery(deliveryId);
    const { id } = await asked(orderId);
    bodyOf(await act(api.provider, 'provider', id, 'offer', { amountFen: 100, reason: '未用部分' }), 200);
    bodyOf(await act(api.buyer, 'buyer', id, 'escalate', { reason: '太少' }), 200);
    const seen = bodyOf<Refund>(await api.ops.get(`/v1/ops/refunds/${id}`), 200);
    expect(seen).toMatchObject({
      state: 'escalated',
      allowedActions: ['buyer.withdraw', 'provider.agree', 'ops.approve', 'ops.reject'],
      facts: { acceptanceRejections: 3, requirementRejections: 0, paidAt: expect.any(String) },
    });
    expect([seen.grounds?.fullRefund.length, seen.grounds?.noFullRefund.length]).toEqual([7, 5]);
    expect(seen.grounds?.fullRefund).toContainEqual({ code: 'not_begun', isShown: false });
    const decision = { amountFen: 60_000, reason: '部分未交付' };
    bodyOf(await act(api.ops, 'ops', id, 'approve', decision), 200);
    expect(await until(id, 'refunded')).toMatchObject({ refundedFen: 60_000 });
    expect(await story.orderNow(orderId)).toMatchObject({ state: 'completed', refundedFen: 60_000 });
    const trail = await api.provider.get(`/v1/provider/audit?objectId=${id}`);
    expect([trail.status, (await api.ops.get(`/v1/ops/objects/${orderId}/timeline`)).status]).toEqual([200, 200]);
  });

  test('RFD-8: the provider refunds a completed order by itself, not one that goes on', async () => {
    const { id: running } = await story.paidOrder();
    const own = { amountFen: 1_000, reasonCode: 'other', reason: '补偿' };
    const refuse = await api.provider.post(`/v1/provider/orders/${running}/refunds`, own);
    expect(refuse).toMatchObject({ status: 409, body: { code: 'REFUND.NOT_ALLOWED' } });
    const orderId = await completedOrder();
    const { id } = bodyOf<Refund>(await api.provider.post(`/v1/provider/orders/${orderId}/refunds`, own), 201);
    expect(await until(id, 'refunded')).toMatchObject({ initiatedBy: 'provider', refundedFen: 1_000 });
  });
});

describe('RFD-6: however many race', () => {
  test('a request against an acceptance: one comes first, and both sides know which', async () => {
    for (let round = 0; round < 4; round += 1) {
      const deliveryId = await story.deliveryAt('awaiting_acceptance');
      const { orderId } = await story.delivery(deliveryId);
      const both = [() => ask(orderId), () => story.act(deliveryId, 'buyer.acceptance.accept')];
      const answers = await answersFromOneBarrier(both, () => api.buyer.get('/v1/buyer/orders?limit=1'));
      const [request, acceptance] = answers;
      if (request === undefined || acceptance === undefined) throw new Error('both were answered');
      const refund = bodyOf<Refund>(request, 201);
      // Accepted first, the condition is over; asked for first, the acceptance is refused.
      expect(refund.noReason).toBe(acceptance.status !== 200);
      expect([200, 409]).toContain(acceptance.status);
      expect(await story.orderNow(orderId)).toMatchObject({ state: 'refunding' });
      bodyOf(await act(api.buyer, 'buyer', refund.id, 'withdraw'), 200);
      const state = acceptance.status === 200 ? 'completed' : 'awaiting_confirmation';
      expect(await story.orderNow(orderId)).toMatchObject({ state });
    }
  });

  test('50 partial refunds whose sum exceeds the payment: never more than was paid goes back', async () => {
    const orderId = await completedOrder();
    const { paidFen } = await story.orderNow(orderId);
    const amountFen = Math.floor(paidFen / 3);
    const own = { amountFen, reasonCode: 'other', reason: '补偿' };
    /** Asks once; what a busy process has not answered is sent again with its key, as its answer says: it may be done. */
    const post = async () => {
      const headers = { 'idempotency-key': randomUUID() };
      return eventually(async () => {
        const answer = await api.provider.post(`/v1/provider/orders/${orderId}/refunds`, own, headers);
        expect(answer.status).not.toBe(503);
        return answer;
      }, 30_000);
    };
    const accepted: string[] = [];
    const refused: string[] = [];
    const racer = async () => {
      // One at a time: whoever comes second is told so, and asks again, as people do, until there is not as much left.
      for (;;) {
        const answer = await post();
        if (answer.status === 201) {
          accepted.push(bodyOf<Refund>(answer, 201).id);
          return;
        }
        const { code } = answer.body as { code: string };
        if (answer.status === 409 && code === 'REFUND.OPEN') continue;
        refused.push(`${answer.status} ${code}`);
        return;
      }
    };
    await answersFromOneBarrier(Array(50).fill(racer), () => api.provider.get('/v1/provider/refunds?limit=1'));
    expect(accepted).toHaveLength(3);
    expect(refused).toEqual(Array(47).fill('422 REFUND.AMOUNT_OUT_OF_RANGE'));
    for (const id of accepted) await until(id, 'refunded');
    const { refundedFen } = await story.orderNow(orderId);
    expect(refundedFen).toBe(accepted.length * amountFen);
    expect(refundedFen).toBeLessThanOrEqual(paidFen);
    const { refundReservedFen } = await api.db.order.findUniqueOrThrow({ where: { id: orderId } });
    expect(refundReservedFen).toBe(0n);
    const sent = (await story.refunds()).filter(({ refundId }) => accepted.includes(refundId));
    expect(sent.reduce((sum, one) => sum + one.amountFen, 0)).toBe(refundedFen);
  });
});
