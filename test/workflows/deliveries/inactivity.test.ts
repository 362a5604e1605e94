import { notified, passedSince, wordsOf } from '../../support/observe';
import { startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const passed = (delivery: { id: string }, action: string) => passedSince(world.db, delivery.id, action);

describe('DLV-13: reminders go to the one who has to act', () => {
  test('a buyer who states no requirement: after 3, 7 and 30 days, and operations get a task after 90', async () => {
    const delivery = await world.paid();
    await delivery.letDaysPass(89);
    expect(await notified(world.db, delivery.id)).toEqual(Array(3).fill('delivery.reminder → buyer'));
    await delivery.letDaysPass(31);
    expect(await passed(delivery, 'delivery.started')).toEqual([
      '3d buyer_reminder_1',
      '7d buyer_reminder_2',
      '30d buyer_reminder_3',
      '90d requirement_missing',
    ]);
    expect(await notified(world.db, delivery.id, 'delivery.escalated')).toEqual(['delivery.escalated → ops']);
    expect(await wordsOf(world.db, delivery.id, 'delivery.escalated')).toMatchObject({ reason: 'requirement_missing' });
  });

  test('a provider who does not confirm: after 3 and 5 days, naming the day of the cancellation', async () => {
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    await delivery.letDaysPass(14);
    expect(await passed(delivery, 'buyer.requirement')).toEqual([
      '3d provider_reminder_1',
      '5d provider_reminder_2',
      '5d provider_stall',
    ]);
    expect(await notified(world.db, delivery.id, 'delivery.reminder')).toEqual(
      Array(2).fill('delivery.reminder → provider'),
    );
    const { deadlines } = await delivery.view();
    expect(await wordsOf(world.db, delivery.id, 'delivery.reminder')).toMatchObject({
      turn: 'provider',
      stage: 'awaiting_requirement_confirmation',
      dueAt: deadlines.find(({ name }) => name === 'start_within')?.at,
    });
  });

  test('a provider still implementing: after 3 and 5 days; escalated to operations after 15 and 30', async () => {
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'provider.requirement.confirm');
    await delivery.letDaysPass(120);
    expect(await passed(delivery, 'provider.requirement.confirm')).toEqual([
      '3d provider_reminder_1',
      '5d provider_reminder_2',
      '5d provider_stall',
      '15d implementing_overdue_1',
      '30d implementing_overdue_2',
    ]);
    expect(await notified(world.db, delivery.id, 'delivery.escalated')).toEqual(
      Array(2).fill('delivery.escalated → ops'),
    );
    expect(await delivery.view()).toMatchObject({ stage: 'implementing', deadlines: [] });
  });

  test('a buyer who does not decide: 7, 3 and 1 day before the automatic acceptance, which comes after 30', async () => {
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'provider.requirement.confirm', 'provider.implementation.submit');
    await delivery.letDaysPass(29.9);
    expect(await delivery.view()).toMatchObject({ stage: 'awaiting_acceptance' });
    expect(await notified(world.db, delivery.id, 'delivery.reminder')).toEqual(
      Array(3).fill('delivery.reminder → buyer'),
    );
    await delivery.letDaysPass(0.2);
    expect(await passed(delivery, 'provider.implementation.submit')).toEqual([
      '23d buyer_reminder_1',
      '27d buyer_reminder_2',
      '29d buyer_reminder_3',
      '30d auto_accept',
    ]);
    await expect(delivery.outcome()).resolves.toEqual({ outcome: 'auto_accepted', refundFen: 0 });
  });

  test.each([
    { stage: 'awaiting_dispatch', actions: [], since: 'delivery.started' },
    {
      stage: 'awaiting_platform_check',
      actions: ['ops.dispatch', 'buyer.requirement', 'provider.requirement.confirm', 'provider.implementation.submit'],
      since: 'provider.implementation.submit',
    },
  ] as const)('operations in $stage: after 1, 3 and 7 days', async ({ stage, actions, since }) => {
    const delivery = await world.paid({ flow: 'self_operated' });
    expect(await delivery.acts(...actions)).toMatchObject({ stage });
    await delivery.letDaysPass(60);
    expect(await passed(delivery, since)).toEqual([
      '1d operations_reminder_1',
      '3d operations_reminder_2',
      '7d operations_reminder_3',
    ]);
    expect(await notified(world.db, delivery.id, 'delivery.reminder')).toEqual(
      Array(3).fill('delivery.reminder → ops'),
    );
  });

  test('nobody is reminded of what they did in time', async () => {
    const delivery = await world.paid();
    await delivery.letDaysPass(2.9);
    await delivery.act('buyer.requirement');
    await delivery.letDaysPass(2.9);
    await delivery.act('provider.requirement.confirm');
    expect(await notified(world.db, delivery.id, 'delivery.reminder')).toEqual([]);
  });
});

describe('GEN-3: a workflow keeps the policy it started with', () => {
  test('deadlines of a delivery are those of its own policy', async () => {
    const policy = { 'delivery.providerReminders': ['12 hours'], 'delivery.providerStall': '2 days' };
    const delivery = await world.paid({ policy });
    await delivery.act('buyer.requirement');
    await delivery.letDaysPass(6);
    expect(await passed(delivery, 'buyer.requirement')).toEqual(['0.5d provider_reminder_1', '2d provider_stall']);
  });
});
