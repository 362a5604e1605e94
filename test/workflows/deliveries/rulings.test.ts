import type { DeliveryAction } from '../../../domain/deliveries/commands';
import type { Ruling, Stage } from '../../../domain/deliveries/state';
import { notified, sentBack } from '../../support/observe';
import { startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const refusedRequirement = ['buyer.requirement', 'provider.requirement.reject'] as const;
const refusedAcceptance = ['provider.implementation.submit', 'buyer.acceptance.reject'] as const;
const FIVE_DAYS = 5.1;

/** How a delivery comes to be frozen in each stage. */
const WAYS: Partial<Record<Stage, { actions: DeliveryAction[]; silentFor: number }>> = {
  awaiting_requirement: {
    actions: [...refusedRequirement, ...refusedRequirement, ...refusedRequirement],
    silentFor: 0,
  },
  awaiting_requirement_confirmation: { actions: ['buyer.requirement'], silentFor: FIVE_DAYS },
  implementing: { actions: ['buyer.requirement', 'provider.requirement.confirm'], silentFor: FIVE_DAYS },
  awaiting_acceptance: {
    actions: [
      'buyer.requirement',
      'provider.requirement.confirm',
      ...refusedAcceptance,
      ...refusedAcceptance,
      ...refusedAcceptance,
      'provider.implementation.submit',
    ],
    silentFor: 0,
  },
};

async function frozenIn(stage: Stage) {
  const way = WAYS[stage];
  if (way === undefined) throw new Error(`Nobody can appeal in ${stage}`);
  const delivery = await world.paid();
  await delivery.acts(...way.actions);
  if (way.silentFor > 0) await delivery.letDaysPass(way.silentFor);
  expect(await delivery.act('buyer.appeals')).toMatchObject({ stage, frozen: true });
  return delivery;
}

const orderStateOf = async (orderId: string) =>
  (await world.db.order.findUniqueOrThrow({ where: { id: orderId } })).state;

type Case = { from: Stage; ruling: Ruling; to: Stage; order: string; next: DeliveryAction };

describe('DLV-10: every ruling from every stage in which it is legal', () => {
  const confirmation = 'awaiting_requirement_confirmation';
  const requirement = { to: 'awaiting_requirement', order: 'awaiting_start', next: 'buyer.requirement' } as const;
  const implementing = { to: 'implementing', order: 'implementing', next: 'provider.implementation.submit' } as const;

  test.each<Case>([
    { from: 'awaiting_requirement', ruling: 'resume', ...requirement },
    { from: 'awaiting_requirement', ruling: 'redo_requirement', ...requirement },
    {
      from: confirmation,
      ruling: 'resume',
      to: confirmation,
      order: 'awaiting_start',
      next: 'provider.requirement.confirm',
    },
    { from: confirmation, ruling: 'redo_requirement', ...requirement },
    { from: 'implementing', ruling: 'resume', ...implementing },
    { from: 'implementing', ruling: 'redo_requirement', ...requirement },
    { from: 'implementing', ruling: 'redo_implementation', ...implementing },
    {
      from: 'awaiting_acceptance',
      ruling: 'resume',
      to: 'awaiting_acceptance',
      order: 'awaiting_confirmation',
      next: 'buyer.acceptance.accept',
    },
    { from: 'awaiting_acceptance', ruling: 'redo_requirement', ...requirement },
    { from: 'awaiting_acceptance', ruling: 'redo_implementation', ...implementing },
  ])('$ruling from $from: back in $to, where it can go on', async ({ from, ruling, to, order, next }) => {
    const delivery = await frozenIn(from);
    const view = await delivery.act('ops.resolve', { ruling });
    expect(view).toMatchObject({ stage: to, frozen: false, outcome: null });
    expect(view.allowedActions).not.toContain('buyer.appeals');
    expect(await orderStateOf(delivery.terms.orderId)).toBe(order);
    expect((await delivery.act(next)).stage).not.toBe(to);
  });

  test('accept from awaiting_acceptance completes on the buyer’s behalf; no money goes back', async () => {
    const delivery = await frozenIn('awaiting_acceptance');
    await delivery.act('ops.resolve', { ruling: 'accept' });
    await expect(delivery.outcome()).resolves.toEqual({ outcome: 'accepted_by_ruling', refundFen: 0 });
    await expect(delivery.ended()).resolves.toEqual({ outcome: 'paid' });
    expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([]);
    expect(await orderStateOf(delivery.terms.orderId)).toBe('completed');
  });

  test('accept from implementing, when something was submitted before', async () => {
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'provider.requirement.confirm', ...refusedAcceptance);
    await delivery.letDaysPass(FIVE_DAYS);
    await delivery.act('buyer.appeals');
    await delivery.act('ops.resolve', { ruling: 'accept' });
    await expect(delivery.outcome()).resolves.toEqual({ outcome: 'accepted_by_ruling', refundFen: 0 });
  });

  test.each([
    'awaiting_requirement',
    'awaiting_requirement_confirmation',
    'implementing',
    'awaiting_acceptance',
  ] as const)('cancel_and_refund from %s gives back all that was paid', async (stage) => {
    const delivery = await frozenIn(stage);
    await delivery.act('ops.resolve', { ruling: 'cancel_and_refund' });
    await expect(delivery.outcome()).resolves.toEqual({ outcome: 'cancelled_and_refunded', refundFen: 200_000 });
    expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([200_000]);
    expect(await orderStateOf(delivery.terms.orderId)).toBe('cancelled');
  });

  test('cancel_and_refund with an amount gives back that part', async () => {
    const delivery = await frozenIn('implementing');
    await delivery.act('ops.resolve', { ruling: 'cancel_and_refund', refundFen: 70_001 });
    await expect(delivery.outcome()).resolves.toEqual({ outcome: 'cancelled_and_refunded', refundFen: 70_001 });
    expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([70_001]);
    const order = await world.db.order.findUniqueOrThrow({ where: { id: delivery.terms.orderId } });
    expect(order).toMatchObject({ paidFen: 200_000n, refundedFen: 70_001n });
    const appeal = await world.db.appeal.findFirstOrThrow({ where: { deliveryId: delivery.id } });
    expect(appeal).toMatchObject({ ruling: 'cancel_and_refund', refundFen: 70_001n, resolvedBy: 'usr_ops_demo' });
  });
});

describe('DLV-10: rulings that are not possible', () => {
  test.each([
    { from: 'awaiting_requirement', ruling: 'redo_implementation' },
    { from: 'awaiting_requirement', ruling: 'accept' },
    { from: 'awaiting_requirement_confirmation', ruling: 'redo_implementation' },
    { from: 'awaiting_requirement_confirmation', ruling: 'accept' },
    { from: 'implementing', ruling: 'accept' },
  ] as const)('$ruling from $from is refused, and the appeal stays open', async ({ from, ruling }) => {
    const delivery = await frozenIn(from);
    await expect(delivery.act('ops.resolve', { ruling })).rejects.toMatchObject({ code: 'APPEAL.RULING_NOT_ALLOWED' });
    expect(await delivery.view()).toMatchObject({ stage: from, frozen: true });
  });

  test.each([
    { ruling: 'cancel_and_refund', refundFen: 200_001 },
    { ruling: 'cancel_and_refund', refundFen: 0 },
    { ruling: 'resume', refundFen: 1 },
  ] as const)('$ruling with $refundFen fen is refused', async ({ ruling, refundFen }) => {
    const delivery = await frozenIn('implementing');
    await expect(delivery.act('ops.resolve', { ruling, refundFen })).rejects.toMatchObject({
      code: 'DELIVERY.REFUND_OUT_OF_RANGE',
    });
    expect(await delivery.view()).toMatchObject({ frozen: true });
  });
});

describe('DLV-11: frozen time does not count for the automatic acceptance', () => {
  test('after the ruling `resume` the buyer has the time that remained', async () => {
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'provider.requirement.confirm');
    await delivery.acts(...refusedAcceptance, ...refusedAcceptance, ...refusedAcceptance);
    await delivery.act('provider.implementation.submit');
    await delivery.letDaysPass(25);
    await delivery.act('buyer.appeals');
    await delivery.letDaysPass(60);
    expect(await delivery.view()).toMatchObject({ stage: 'awaiting_acceptance', frozen: true });
    await delivery.act('ops.resolve', { ruling: 'resume' });
    await delivery.letDaysPass(4.9);
    expect(await delivery.view()).toMatchObject({ stage: 'awaiting_acceptance' });
    await delivery.letDaysPass(0.2);
    await expect(delivery.outcome()).resolves.toEqual({ outcome: 'auto_accepted', refundFen: 0 });
    expect(await notified(world.db, delivery.id, 'delivery.reminder')).toEqual(
      Array(3).fill('delivery.reminder → buyer'),
    );
  });
});
