import { type Api, startApi } from '../support/api';
import { eventually } from '../support/eventually';
import { bodyOf, type Delivery, type DeliveryOperation, storyOf } from '../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

const resolveOnly = { status: 409, body: { code: 'DELIVERY.NOT_ALLOWED', allowedActions: ['ops.resolve'] } };

describe('DLV-8, DLV-9, DLV-10: three rejected acceptances, an appeal, a ruling', () => {
  test('the appeal freezes both sides until a manager has ruled; accepting is the end', async () => {
    const id = await story.rejectedThreeTimes();
    expect(await story.delivery(id)).toMatchObject({
      acceptanceRejections: 3,
      allowedActions: ['buyer.acceptance.accept', 'buyer.acceptance.reject', 'buyer.appeals'],
    });

    const appealed = await story.done(id, 'buyer.appeals', { reason: '三次都没有做好' });
    const appealId = String(appealed.appeal?.id);
    expect(appealed).toMatchObject({
      stage: 'awaiting_acceptance',
      frozen: true,
      allowedActions: ['ops.resolve'],
      appeal: {
        status: 'open',
        openedBy: 'buyer',
        grounds: ['acceptance_rejections'],
        reason: '三次都没有做好',
        ruling: null,
        resolvedAt: null,
      },
      deadlines: [{ name: 'appeal_target', outcome: 'escalated_to_operations', stoppableBy: ['ops'] }],
    });
    expect(appealed.deadlines[0]?.at).toBe(appealed.appeal?.dueAt);

    const before = await story.delivery(id);
    const everything: DeliveryOperation[] = [
      'buyer.requirement',
      'buyer.acceptance.accept',
      'buyer.acceptance.reject',
      'buyer.appeals',
      'provider.implementation.submit',
      'provider.requirement.confirm',
      'provider.appeals',
      'ops.dispatch',
      'ops.check.pass',
    ];
    for (const operation of everything) expect(await story.act(id, operation)).toMatchObject(resolveOnly);
    expect(await story.delivery(id)).toEqual(before);

    const evidence = (role: 'buyer' | 'provider', text: string) =>
      api[role].post(`/v1/${role}/appeals/${appealId}/evidence`, { text });
    bodyOf(await evidence('buyer', '录屏：订单页打不开'), 200);
    const both = bodyOf<Delivery>(await evidence('provider', '日志：请求成功'), 200);
    expect(both.timeline.slice(-2).map(({ actor, note }) => [actor, note])).toEqual([
      ['buyer', '录屏：订单页打不开'],
      ['provider', '日志：请求成功'],
    ]);
    expect(both).toMatchObject({ frozen: true, allowedActions: ['ops.resolve'] });

    const ruling = { ruling: 'accept', reason: '已按需求完成' };
    expect(await story.rule(appealId, ruling, api.ops)).toMatchObject({
      status: 403,
      body: { code: 'AUTH.FORBIDDEN' },
    });
    const ruled = bodyOf<Delivery>(await story.rule(appealId, ruling), 200);
    expect(ruled).toMatchObject({
      stage: 'completed',
      frozen: false,
      outcome: 'accepted_by_ruling',
      allowedActions: [],
      deadlines: [],
      appeal: { id: appealId, status: 'resolved', ruling: 'accept', rulingReason: '已按需求完成', refundFen: null },
    });
    expect((await story.orderNow(ruled.orderId)).state).toBe('completed');

    expect(await evidence('buyer', '还有')).toMatchObject({ status: 409 });
    expect(await story.rule(appealId, ruling)).toMatchObject({ status: 409 });
    expect(await story.refunds()).toEqual([]);
  });

  test.each([
    ['resume', 'awaiting_acceptance', ['buyer.acceptance.accept', 'buyer.acceptance.reject']],
    ['redo_requirement', 'awaiting_requirement', ['buyer.requirement']],
    ['redo_implementation', 'implementing', ['provider.implementation.submit']],
  ])('the ruling %s goes on at %s; the next appeal needs new grounds', async (ruling, stage, allowedActions) => {
    const { id, appealId } = await story.appealed();
    const ruled = bodyOf<Delivery>(await story.rule(appealId, { ruling, reason: '继续' }), 200);
    expect(ruled).toMatchObject({ stage, frozen: false, acceptanceRejections: 0, outcome: null, allowedActions });
    expect(await story.act(id, 'buyer.appeals')).toMatchObject({ status: 409, body: { allowedActions } });
  });

  test('a ruling that is not possible yet is refused with those that are', async () => {
    const id = await story.deliveryAt('awaiting_requirement');
    for (let time = 1; time <= 3; time += 1) {
      await story.done(id, 'buyer.requirement');
      await story.done(id, 'provider.requirement.reject');
    }
    const { appeal } = await story.done(id, 'buyer.appeals');
    expect(appeal?.grounds).toEqual(['requirement_rejections']);
    const refused = await story.rule(String(appeal?.id), { ruling: 'accept', reason: '不行' });
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: 'APPEAL.RULING_NOT_ALLOWED',
        allowedActions: ['ops.resolve'],
        detail: expect.stringContaining('resume, redo_requirement, cancel_and_refund'),
      },
    });
    expect((await story.delivery(id)).frozen).toBe(true);
  });

  test('DLV-7: after three rejected requirements the buyer may appeal, or state it a fourth time', async () => {
    const id = await story.deliveryAt('awaiting_requirement');
    for (let time = 1; time <= 3; time += 1) {
      expect((await story.delivery(id)).allowedActions).toEqual(['buyer.requirement']);
      await story.done(id, 'buyer.requirement');
      await story.done(id, 'provider.requirement.reject');
    }
    expect((await story.delivery(id)).allowedActions).toEqual(['buyer.requirement', 'buyer.appeals']);
    expect(await story.done(id, 'buyer.requirement')).toMatchObject({ stage: 'awaiting_requirement_confirmation' });
  });

  test('DLV-8: the provider who was sent back three times may appeal while implementing', async () => {
    const id = await story.deliveryAt('awaiting_acceptance');
    for (let time = 1; time <= 3; time += 1) {
      if (time > 1) await story.done(id, 'provider.implementation.submit');
      expect((await story.done(id, 'buyer.acceptance.reject')).allowedActions).toEqual(
        time < 3 ? ['provider.implementation.submit'] : ['provider.implementation.submit', 'provider.appeals'],
      );
    }
    const appealed = await story.done(id, 'provider.appeals', { reason: '买家一再改变要求' });
    expect(appealed).toMatchObject({
      stage: 'implementing',
      frozen: true,
      appeal: { openedBy: 'provider', grounds: ['acceptance_rejections'], reason: '买家一再改变要求' },
    });
    for (const operation of ['provider.implementation.submit', 'buyer.appeals', 'provider.appeals'] as const) {
      expect(await story.act(id, operation)).toMatchObject(resolveOnly);
    }
    const ruled = await story.rule(String(appealed.appeal?.id), { ruling: 'resume', reason: '按原需求验收' });
    expect(ruled).toMatchObject({ status: 200, body: { stage: 'implementing', frozen: false } });
  });

  test('MSG-2: the opening of an appeal reaches both sides and operations', async () => {
    const { id } = await story.appealed();
    for (const client of [api.buyer, api.provider, api.manager]) {
      const { items } = bodyOf<{ items: { event: string; objectId: string }[] }>(
        await client.get('/v1/me/messages'),
        200,
      );
      expect(items).toContainEqual(expect.objectContaining({ event: 'delivery.appeal_opened', objectId: id }));
    }
  });
});

describe('DLV-10, ORD-2: the ruling cancel_and_refund', () => {
  test.each([
    ['a part of it', 80_000, 80_000],
    ['all that was paid, when no amount is named', undefined, 200_000],
    ['all that was paid, when it is named', 200_000, 200_000],
  ])('sends back %s, once, through the channel', async (_, refundFen, sentBack) => {
    const { id, appealId } = await story.appealed();
    const ruling = { ruling: 'cancel_and_refund', reason: '确实没有做好', ...(refundFen && { refundFen }) };
    const ruled = bodyOf<Delivery>(await story.rule(appealId, ruling), 200);
    expect(ruled).toMatchObject({
      stage: 'cancelled',
      outcome: 'cancelled_and_refunded',
      frozen: false,
      allowedActions: [],
      deadlines: [],
      appeal: { status: 'resolved', ruling: 'cancel_and_refund', refundFen: refundFen ?? null },
    });
    const order = await eventually(async () => {
      const now = await story.orderNow(ruled.orderId);
      expect(now).toMatchObject({ state: 'cancelled', paidFen: 200_000, refundedFen: sentBack });
      return now;
    });
    const payment = await api.db.payment.findFirstOrThrow({ where: { orderId: order.id } });
    const returned = (await story.refunds()).filter(({ transactionId }) => transactionId === payment.transactionId);
    expect(returned).toEqual([expect.objectContaining({ amountFen: sentBack })]);
    expect(await story.act(id, 'buyer.acceptance.accept')).toMatchObject({ status: 409, body: { allowedActions: [] } });
  });

  test('more than was paid is refused, and the delivery stays frozen', async () => {
    const { id, appealId } = await story.appealed();
    const refused = await story.rule(appealId, { ruling: 'cancel_and_refund', reason: '全退', refundFen: 200_001 });
    expect(refused).toMatchObject({ status: 422, body: { code: 'DELIVERY.REFUND_OUT_OF_RANGE' } });
    expect(await story.delivery(id)).toMatchObject({ frozen: true, appeal: { status: 'open', ruling: null } });
  });
});
