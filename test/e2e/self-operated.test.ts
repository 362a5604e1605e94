import { type Api, startApi } from '../support/api';
import { storyOf } from '../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

const SELF_OPERATED = { productId: 'prd_self_operated', specId: 'spc_self_small' };

describe('DLV-12, DLV-12a: a self-operated delivery goes through operations', () => {
  test('they dispatch it, and check what is submitted before the buyer sees it', async () => {
    const { id: orderId, deliveryId: id } = await story.paidOrder(SELF_OPERATED);
    expect(await story.delivery(id)).toMatchObject({
      flow: 'self_operated',
      stage: 'awaiting_dispatch',
      allowedActions: ['ops.dispatch'],
      deadlines: [
        { name: 'operations_reminder_1', outcome: 'operations_reminded', stoppableBy: ['ops'] },
        { name: 'operations_reminder_2' },
        { name: 'operations_reminder_3' },
      ],
    });
    expect(await story.act(id, 'buyer.requirement')).toMatchObject({
      status: 409,
      body: { allowedActions: ['ops.dispatch'] },
    });
    expect((await story.orderNow(orderId)).state).toBe('awaiting_start');

    expect(await story.done(id, 'ops.dispatch')).toMatchObject({
      stage: 'awaiting_requirement',
      allowedActions: ['buyer.requirement'],
    });
    await story.done(id, 'buyer.requirement');
    await story.done(id, 'provider.requirement.confirm');
    const submitted = await story.done(id, 'provider.implementation.submit');
    expect(submitted).toMatchObject({
      stage: 'awaiting_platform_check',
      allowedActions: ['ops.check.pass', 'ops.check.return'],
    });
    expect((await story.orderNow(orderId)).state).toBe('implementing');
    expect(await story.act(id, 'buyer.acceptance.accept')).toMatchObject({ status: 409 });

    const returned = await story.done(id, 'ops.check.return', { reason: '缺少验收文档' });
    expect(returned).toMatchObject({ stage: 'implementing', acceptanceRejections: 0 });
    expect(returned.timeline.at(-1)).toMatchObject({ actor: 'ops', action: 'ops.check.return', note: '缺少验收文档' });

    await story.done(id, 'provider.implementation.submit');
    expect(await story.done(id, 'ops.check.pass')).toMatchObject({ stage: 'awaiting_acceptance' });
    expect((await story.orderNow(orderId)).state).toBe('awaiting_confirmation');
    expect(await story.done(id, 'buyer.acceptance.accept')).toMatchObject({ stage: 'completed', outcome: 'accepted' });
    expect((await story.orderNow(orderId)).state).toBe('completed');
  });

  test('the check comes again after every rejection; the appeal rules are those of the standard flow', async () => {
    const { deliveryId: id } = await story.paidOrder(SELF_OPERATED);
    await story.done(id, 'ops.dispatch');
    await story.done(id, 'buyer.requirement');
    await story.done(id, 'provider.requirement.confirm');
    for (let time = 1; time <= 4; time += 1) {
      expect(await story.done(id, 'provider.implementation.submit')).toMatchObject({
        stage: 'awaiting_platform_check',
      });
      await story.done(id, 'ops.check.pass');
      if (time < 4) await story.done(id, 'buyer.acceptance.reject');
    }
    expect((await story.delivery(id)).allowedActions).toContain('buyer.appeals');
    expect(await story.done(id, 'buyer.appeals')).toMatchObject({ frozen: true, allowedActions: ['ops.resolve'] });
  });

  test('operations of the self-operated flow are none of a standard delivery', async () => {
    const id = await story.deliveryAt('awaiting_acceptance');
    for (const operation of ['ops.dispatch', 'ops.check.pass', 'ops.check.return'] as const) {
      expect(await story.act(id, operation)).toMatchObject({
        status: 409,
        body: { allowedActions: ['buyer.acceptance.accept', 'buyer.acceptance.reject'] },
      });
    }
  });

  test('MSG-2: operations are notified that something waits for them', async () => {
    const { deliveryId: id } = await story.paidOrder(SELF_OPERATED);
    const notified = await api.db.message.findMany({ where: { objectId: { not: '' }, recipientId: 'usr_ops_demo' } });
    expect(notified.map(({ event, params }) => [event, params])).toContainEqual([
      'delivery.started',
      expect.objectContaining({ deliveryId: id }),
    ]);
  });
});
