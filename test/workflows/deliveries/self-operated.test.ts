import { notified, passedSince, stepsOf } from '../../support/observe';
import { startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const selfOperated = () => world.paid({ flow: 'self_operated' });
const submitted = [
  'ops.dispatch',
  'buyer.requirement',
  'provider.requirement.confirm',
  'provider.implementation.submit',
] as const;
const orderStateOf = async ({ terms }: { terms: { orderId: string } }) =>
  (await world.db.order.findUniqueOrThrow({ where: { id: terms.orderId } })).state;

describe('DLV-12, DLV-12a: the self-operated flow', () => {
  test('operations dispatch, the rest as standard, operations check, the buyer accepts', async () => {
    const delivery = await selfOperated();
    expect(await delivery.view()).toMatchObject({ stage: 'awaiting_dispatch', allowedActions: ['ops.dispatch'] });
    expect(await orderStateOf(delivery)).toBe('awaiting_start');
    await delivery.acts('ops.dispatch', 'buyer.requirement', 'provider.requirement.confirm');
    expect(await delivery.act('provider.implementation.submit')).toMatchObject({
      stage: 'awaiting_platform_check',
      allowedActions: ['ops.check.pass', 'ops.check.return'],
    });
    expect(await orderStateOf(delivery)).toBe('implementing');
    expect(await delivery.act('ops.check.pass')).toMatchObject({ stage: 'awaiting_acceptance' });
    expect(await orderStateOf(delivery)).toBe('awaiting_confirmation');
    await delivery.act('buyer.acceptance.accept');
    await expect(delivery.ended()).resolves.toEqual({ outcome: 'paid' });
    expect((await stepsOf(world.db, delivery.id)).map(({ action }) => action)).toEqual([
      'delivery.started',
      ...submitted,
      'ops.check.pass',
      'buyer.acceptance.accept',
    ]);
  });

  test('a submission that operations return goes back to implementing, and counts as no rejection of the buyer', async () => {
    const delivery = await selfOperated();
    await delivery.acts(...submitted);
    expect(await delivery.act('ops.check.return', { note: 'half of it is missing' })).toMatchObject({
      stage: 'implementing',
      acceptanceRejections: 0,
    });
    expect(await notified(world.db, delivery.id, 'delivery.check_returned')).toEqual([
      'delivery.check_returned → provider',
    ]);
    expect(await notified(world.db, delivery.id, 'delivery.submitted')).toEqual(['delivery.submitted → ops']);
    await delivery.acts('provider.implementation.submit', 'ops.check.pass', 'buyer.acceptance.accept');
    await expect(delivery.outcome()).resolves.toEqual({ outcome: 'accepted', refundFen: 0 });
  });

  test('nobody else dispatches or checks', async () => {
    const delivery = await selfOperated();
    await expect(delivery.act('buyer.requirement')).rejects.toMatchObject({
      code: 'DELIVERY.NOT_ALLOWED',
      extra: { allowedActions: ['ops.dispatch'] },
    });
    await delivery.acts(...submitted);
    await expect(delivery.act('buyer.acceptance.accept')).rejects.toMatchObject({ code: 'DELIVERY.NOT_ALLOWED' });
    await expect(delivery.act('provider.implementation.submit')).rejects.toMatchObject({
      code: 'DELIVERY.NOT_ALLOWED',
    });
  });

  test('DLV-11: inactivity accepts 30 days after operations passed it on', async () => {
    const delivery = await selfOperated();
    await delivery.acts(...submitted);
    await delivery.letDaysPass(20);
    await delivery.act('ops.check.pass');
    await delivery.letDaysPass(30.1);
    await expect(delivery.outcome()).resolves.toEqual({ outcome: 'auto_accepted', refundFen: 0 });
    expect(await passedSince(world.db, delivery.id, 'ops.check.pass')).toEqual([
      '23d buyer_reminder_1',
      '27d buyer_reminder_2',
      '29d buyer_reminder_3',
      '30d auto_accept',
    ]);
  });

  test('DLV-6 holds there too: a stall lets the buyer appeal, and the ruling may cancel', async () => {
    const delivery = await selfOperated();
    await delivery.acts('ops.dispatch', 'buyer.requirement');
    await delivery.letDaysPass(5.1);
    await delivery.act('buyer.appeals');
    await delivery.act('ops.resolve', { ruling: 'cancel_and_refund' });
    await expect(delivery.outcome()).resolves.toMatchObject({ outcome: 'cancelled_and_refunded' });
  });

  test('the standard flow knows neither dispatch nor check', async () => {
    const delivery = await world.paid();
    await expect(delivery.act('ops.dispatch')).rejects.toMatchObject({ code: 'DELIVERY.NOT_ALLOWED' });
    await delivery.acts('buyer.requirement', 'provider.requirement.confirm');
    expect(await delivery.act('provider.implementation.submit')).toMatchObject({ stage: 'awaiting_acceptance' });
  });
});
