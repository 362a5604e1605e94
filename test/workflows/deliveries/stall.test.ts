import { notified, passedSince, sentBack, stepsOf } from '../../support/observe';
import { startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

describe('DLV-6: a provider step of more than 5 days', () => {
  test.each([
    { stage: 'awaiting_requirement_confirmation', actions: ['buyer.requirement'] },
    { stage: 'implementing', actions: ['buyer.requirement', 'provider.requirement.confirm'] },
  ] as const)(
    '$stage: is recorded, both are notified, and it lets the buyer appeal, not before',
    async ({ stage, actions }) => {
      const delivery = await world.paid();
      await delivery.acts(...actions);
      await delivery.letDaysPass(4.9);
      await expect(delivery.act('buyer.appeals')).rejects.toMatchObject({
        code: 'DELIVERY.NOT_ALLOWED',
        extra: { allowedActions: expect.not.arrayContaining(['buyer.appeals']) },
      });
      const { allowedActions } = await delivery.letDaysPass(0.2);
      expect(allowedActions).toContain('buyer.appeals');
      expect(await notified(world.db, delivery.id, 'delivery.stalled')).toEqual([
        'delivery.stalled → buyer',
        'delivery.stalled → provider',
      ]);
      await expect(delivery.act('provider.appeals')).rejects.toMatchObject({ code: 'DELIVERY.NOT_ALLOWED' });
      expect(await delivery.act('buyer.appeals')).toMatchObject({
        stage,
        frozen: true,
        appeal: { grounds: ['stall'] },
      });
    },
  );

  test("the buyer's editing does not restart the clock", async () => {
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    await delivery.letDaysPass(4);
    await delivery.act('buyer.requirement');
    await delivery.letDaysPass(1.1);
    expect(await passedSince(world.db, delivery.id, 'buyer.requirement')).toEqual([
      '1d provider_reminder_2',
      '1d provider_stall',
    ]);
  });

  test('once the provider acts, the ground is gone', async () => {
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    await delivery.letDaysPass(5.1);
    const { allowedActions } = await delivery.act('provider.requirement.confirm');
    expect(allowedActions).toEqual(['provider.implementation.submit']);
  });

  test('a ruling gives the provider a fresh stall clock', async () => {
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'provider.requirement.confirm');
    await delivery.letDaysPass(6);
    await delivery.act('buyer.appeals');
    await delivery.act('ops.resolve', { ruling: 'resume' });
    await delivery.letDaysPass(4.9);
    expect((await delivery.view()).allowedActions).not.toContain('buyer.appeals');
    await delivery.letDaysPass(0.2);
    expect((await delivery.view()).allowedActions).toContain('buyer.appeals');
  });
});

describe('ORD-3: not started within 15 days', () => {
  test('is cancelled by the system, and all that was paid goes back through the channel', async () => {
    const delivery = await world.paid({ payableFen: 123_456 });
    await delivery.act('buyer.requirement');
    await delivery.letDaysPass(15.1);
    await expect(delivery.outcome()).resolves.toEqual({ outcome: 'cancelled_and_refunded', refundFen: 123_456 });
    expect(await passedSince(world.db, delivery.id, 'buyer.requirement')).toContain('15d start_within');
    expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([123_456]);
    const order = await world.db.order.findUniqueOrThrow({ where: { id: delivery.terms.orderId } });
    expect(order).toMatchObject({ state: 'cancelled', paidFen: 123_456n, refundedFen: 123_456n });
    expect(await notified(world.db, delivery.id, 'delivery.cancelled')).toEqual([
      'delivery.cancelled → buyer',
      'delivery.cancelled → provider',
    ]);
  });

  test("the provider's time is added up over rejections; the buyer's does not count", async () => {
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    await delivery.letDaysPass(6);
    await delivery.act('provider.requirement.reject');
    await delivery.letDaysPass(40);
    await delivery.act('buyer.requirement');
    await delivery.letDaysPass(8.9);
    expect(await delivery.view()).toMatchObject({ stage: 'awaiting_requirement_confirmation' });
    await delivery.letDaysPass(0.2);
    expect(await delivery.view()).toMatchObject({ stage: 'cancelled' });
    expect(await passedSince(world.db, delivery.id, 'buyer.requirement')).toContain('9d start_within');
  });

  test('frozen time does not count, nor the time operations take to dispatch', async () => {
    const delivery = await world.paid({ flow: 'self_operated' });
    await delivery.letDaysPass(20);
    await delivery.acts('ops.dispatch', 'buyer.requirement');
    await delivery.letDaysPass(6);
    await delivery.act('buyer.appeals');
    await delivery.letDaysPass(30);
    await delivery.act('ops.resolve', { ruling: 'resume' });
    await delivery.letDaysPass(9.1);
    expect(await delivery.view()).toMatchObject({ stage: 'cancelled' });
    expect(await passedSince(world.db, delivery.id, 'ops.resolve')).toContain('9d start_within');
  });

  test('a provider who starts in time stops the clock for good', async () => {
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    await delivery.letDaysPass(14.9);
    await delivery.act('provider.requirement.confirm');
    await delivery.letDaysPass(20);
    expect(await delivery.view()).toMatchObject({ stage: 'implementing' });
    const steps = await stepsOf(world.db, delivery.id);
    expect(steps.map(({ action }) => action)).not.toContain('deadline.start_within');
  });
});
