import type { DeliveryAction } from '../../../domain/deliveries/commands';
import { deadlines } from '../../../domain/deliveries/deadlines';
import { passDeadline } from '../../../domain/deliveries/transitions';
import { applyOrderCommand } from '../../../domain/orders/transitions';
import { writeOrderStep } from '../../../prisma/store/orders/steps';
import { catchUp } from '../../../workflows/shared/messages';
import { command } from '../../factories/commands';
import { closedStep, orderCommand, paidStep, paymentFor, placedStep } from '../../factories/orders';
import { POLICY } from '../../factories/states';
import { eventually } from '../../support/eventually';
import { notified, sentBack, stepsOf } from '../../support/observe';
import { storeUnrecordedStep, type Truth, writeUnrecordedStep } from '../../support/unrecorded-step';
import { type Delivery, startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const actionsOf = async ({ id }: Delivery) => (await stepsOf(world.db, id)).map(({ action }) => action);

async function awaitingConfirmation() {
  const delivery = await world.paid();
  await delivery.act('buyer.requirement');
  return delivery;
}

const STATED: DeliveryAction[] = ['buyer.requirement'];

describe('AUD-1: a step that is stored wins over what the workflow believes', () => {
  test('a command that the table does not permit is refused, though the workflow believed it legal', async () => {
    const delivery = await awaitingConfirmation();
    await storeUnrecordedStep(world, delivery, command('provider.requirement.confirm'));
    await expect(delivery.act('buyer.requirement')).rejects.toMatchObject({
      code: 'DELIVERY.NOT_ALLOWED',
      extra: { allowedActions: ['provider.implementation.submit'] },
    });
    expect(await actionsOf(delivery)).toEqual(['delivery.started', ...STATED, 'provider.requirement.confirm']);
    expect((await delivery.state()).state).toMatchObject({ stage: 'implementing' });
  });

  test('a command that the table permits too is done after it', async () => {
    const delivery = await awaitingConfirmation();
    await storeUnrecordedStep(world, delivery, command('buyer.requirement', { note: 'the lost edit' }));
    expect(await delivery.act('provider.requirement.confirm')).toMatchObject({ stage: 'implementing' });
    expect((await stepsOf(world.db, delivery.id)).map(({ sequence, note }) => [sequence, note])).toEqual([
      [1, ''],
      [2, 'note of buyer.requirement'],
      [3, 'the lost edit'],
      [4, 'note of provider.requirement.confirm'],
    ]);
  });

  test('the very command whose answer was lost is answered, and takes effect once', async () => {
    const delivery = await awaitingConfirmation();
    const sent = command('provider.requirement.reject');
    await storeUnrecordedStep(world, delivery, sent);
    await delivery.send(sent);
    expect(await delivery.view()).toMatchObject({ stage: 'awaiting_requirement', requirementRejections: 1 });
    expect(await actionsOf(delivery)).toEqual(['delivery.started', ...STATED, 'provider.requirement.reject']);
    expect(await notified(world.db, delivery.id, 'delivery.requirement_rejected')).toHaveLength(1);
  });

  test('a reminder that was stored before the worker died is not sent again', async () => {
    const delivery = await awaitingConfirmation();
    const { state, sequence } = await delivery.state();
    const [reminder] = deadlines(state, POLICY);
    if (reminder === undefined) throw new Error('A provider who must confirm is reminded');
    await writeUnrecordedStep(world, delivery, {
      sequence: sequence + 1,
      commandId: `${delivery.id}/${sequence + 1}/${reminder.name}`,
      action: `deadline.${reminder.name}`,
      actorRole: 'system',
      actorId: 'system',
      requestId: null,
      note: '',
      attachmentIds: [],
      ...passDeadline(state, reminder, POLICY, reminder.atMs),
      atMs: reminder.atMs,
    });
    await delivery.letDaysPass(4);
    expect(await notified(world.db, delivery.id, 'delivery.reminder')).toEqual(['delivery.reminder → provider']);
    expect((await delivery.state()).state.passed).toEqual(['provider_reminder_1']);
  });
});

describe('AUD-1: on catch-up the workflow adopts what the table holds', () => {
  const hasCaughtUp = (delivery: Delivery, truth: Truth) =>
    eventually(async () => expect(await delivery.state()).toEqual(truth));

  test('one step, then the commands that only it makes legal', async () => {
    const delivery = await awaitingConfirmation();
    const truth = await storeUnrecordedStep(world, delivery, command('provider.requirement.confirm'));
    await delivery.workflow.signal(catchUp);
    await hasCaughtUp(delivery, truth);
    expect(await delivery.act('provider.implementation.submit')).toMatchObject({ stage: 'awaiting_acceptance' });
  });

  test('several steps, to the last', async () => {
    const delivery = await awaitingConfirmation();
    const first = await storeUnrecordedStep(world, delivery, command('provider.requirement.confirm'));
    const last = await storeUnrecordedStep(world, delivery, command('provider.implementation.submit'), first);
    await delivery.workflow.signal(catchUp);
    await hasCaughtUp(delivery, last);
  });

  test('a step that ended the delivery ends the workflow, and its order', async () => {
    const delivery = await awaitingConfirmation();
    await delivery.acts('provider.requirement.confirm', 'provider.implementation.submit');
    await storeUnrecordedStep(world, delivery, command('buyer.acceptance.accept'));
    await delivery.workflow.signal(catchUp);
    await expect(delivery.outcome()).resolves.toEqual({ outcome: 'accepted', refundFen: 0 });
    await expect(delivery.ended()).resolves.toEqual({ outcome: 'paid' });
  });

  test('signalled for nothing, it changes nothing', async () => {
    const delivery = await awaitingConfirmation();
    const before = await delivery.state();
    await delivery.workflow.signal(catchUp);
    await delivery.workflow.signal(catchUp);
    expect(await delivery.state()).toEqual(before);
    expect(await delivery.act('provider.requirement.confirm')).toMatchObject({ stage: 'implementing' });
  });
});

test('AUD-1: a command sent again, one after the other or at the same time, makes one step', async () => {
  const delivery = await world.paid();
  const sent = command('buyer.requirement');
  await Promise.all([delivery.send(sent), delivery.send(sent), delivery.send(sent)]);
  await delivery.send(sent);
  expect(await actionsOf(delivery)).toEqual(['delivery.started', ...STATED]);
});

describe('ORD-6: what is stored of an order wins, too', () => {
  test('paid by a payment that the workflow does not know: that one counts, the next goes back', async () => {
    const placed = await world.place();
    const lost = paymentFor(placed.terms);
    const atMs = await world.env.currentTimeMs();
    await writeOrderStep(world.db, paidStep(placed.terms, lost, atMs), 'a run that died');
    const second = await placed.pay();
    await eventually(async () => expect(await sentBack(world.channel.url, second.transactionId)).toEqual([200_000]));
    expect(await world.db.payment.findMany({ where: { orderId: placed.terms.orderId } })).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: lost.paymentId, status: 'accepted' }),
        expect.objectContaining({ id: second.paymentId, status: 'surplus' }),
      ]),
    );
    expect(await sentBack(world.channel.url, lost.transactionId)).toEqual([]);
  });

  test('ORD-5: repriced: a payment at the price that only the table knows counts', async () => {
    const placed = await world.place();
    const { state } = await placed.state();
    const sent = orderCommand('provider.price', { payableFen: 150_000 });
    const atMs = await world.env.currentTimeMs();
    const step = {
      ...placedStep(placed.terms, { sequence: 2, atMs, commandId: sent.commandId, action: sent.action }),
      ...applyOrderCommand(placed.terms, state, sent, atMs),
    };
    await writeOrderStep(world.db, step, 'a run that died');
    const payment = await placed.pay({ amountFen: 150_000, priceVersion: 2 });
    await eventually(async () => expect(await placed.view()).toMatchObject({ paidFen: 150_000, refundedFen: 0 }));
    expect(await sentBack(world.channel.url, payment.transactionId)).toEqual([]);
  });

  test('closed: a payment that comes then goes back', async () => {
    const placed = await world.place();
    await writeOrderStep(world.db, closedStep(placed.terms), 'a run that died');
    const late = await placed.pay();
    await expect(placed.ended()).resolves.toEqual({ outcome: 'closed' });
    expect(await sentBack(world.channel.url, late.transactionId)).toEqual([200_000]);
    expect(await world.db.refund.findFirstOrThrow({ where: { paymentId: late.paymentId } })).toMatchObject({
      reason: 'order_closed',
    });
  });
});
