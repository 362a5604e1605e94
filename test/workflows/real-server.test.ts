import { setTimeout as sleep } from 'node:timers/promises';
import { command } from '../factories/commands';
import { devServer } from '../support/dev-server';
import { notified, stepsOf } from '../support/observe';
import { type Delivery, startWorld, type World } from '../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld(devServer);
});
afterAll(() => world.stop());

const stepsNamed = async ({ id }: Delivery, action: string) =>
  (await stepsOf(world.db, id)).filter((step) => step.action === action);

describe('GEN-4: what is allowed is data, not a clock', () => {
  /** The commands that entered the history: what the validator refuses leaves no trace there. */
  async function acceptedUpdates({ workflow }: Delivery) {
    const { events } = await workflow.fetchHistory();
    return (events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes != null);
  }

  test('a deadline that is due but not recorded yet is honoured by who judges a command', async () => {
    const policy = { 'delivery.autoAcceptAfter': '1 second', 'delivery.acceptanceReminders': ['1 second'] };
    const delivery = await world.paid({ policy });
    await delivery.acts('buyer.requirement', 'provider.requirement.confirm', 'provider.implementation.submit');
    await world.worker.stop();
    await sleep(1_000);
    expect(await delivery.view()).toMatchObject({ stage: 'awaiting_acceptance' });
    const rejection = delivery.act('buyer.acceptance.reject');
    await world.worker.start();
    await expect(rejection).rejects.toMatchObject({ code: 'DELIVERY.NOT_ALLOWED', extra: { allowedActions: [] } });
    expect(await acceptedUpdates(delivery)).toHaveLength(3);
    await expect(delivery.outcome()).resolves.toEqual({ outcome: 'auto_accepted', refundFen: 0 });
  });
});

describe('commands at the same time', () => {
  /** How often the process went to the table: once a step, as its handlers run one at a time. */
  async function writesOf({ workflow }: Delivery) {
    const { events } = await workflow.fetchHistory();
    return (events ?? []).filter((event) => event.markerRecordedEventAttributes != null);
  }

  test('of 20 that exclude each other exactly one wins; the others are refused with what is allowed', async () => {
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'provider.requirement.confirm', 'provider.implementation.submit');
    const decisions = Array.from({ length: 20 }, (_, n) =>
      command(n % 2 === 0 ? 'buyer.acceptance.accept' : 'buyer.acceptance.reject'),
    );
    const settled = await Promise.allSettled(decisions.map((decision) => delivery.send(decision)));
    const refusals = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(refusals).toHaveLength(19);
    const { stage, allowedActions, acceptanceRejections } = await delivery.view();
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: 'DELIVERY.NOT_ALLOWED', extra: { allowedActions } });
    }
    const winner = settled.findIndex(({ status }) => status === 'fulfilled');
    const isAccepted = decisions[winner]?.action === 'buyer.acceptance.accept';
    expect({ stage, acceptanceRejections }).toEqual(
      isAccepted ? { stage: 'completed', acceptanceRejections: 0 } : { stage: 'implementing', acceptanceRejections: 1 },
    );
    expect(await stepsOf(world.db, delivery.id)).toHaveLength(5);
  });

  test('20 that do not exclude each other are all done, one after the other', async () => {
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    const edits = Array.from({ length: 20 }, (_, n) => command('buyer.requirement', { note: `edit ${n}` }));
    await Promise.all(edits.map((edit) => delivery.send(edit)));
    const steps = await stepsOf(world.db, delivery.id);
    expect(steps.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 22 }, (_, n) => n + 1));
    expect(new Set(steps.map(({ note }) => note)).size).toBe(22);
    expect(await notified(world.db, delivery.id, 'delivery.requirement_edited')).toHaveLength(20);
    expect(await writesOf(delivery)).toHaveLength(21);
  });
});

describe('a process that has had 200 updates continues as new', () => {
  test('with its state, counters and clocks; it goes on, and its order hears of its end', async () => {
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'provider.requirement.reject', 'buyer.requirement');
    const before = await delivery.state();
    const first = await delivery.workflow.describe();
    const again = command('buyer.requirement', { note: 'sent in the first run' });
    await delivery.send(again);
    for (let round = 0; round < 52; round += 1) {
      await Promise.all(
        [1, 2, 3, 4].map((n) => delivery.send(command('buyer.requirement', { note: `${round}.${n}` }))),
      );
    }
    await delivery.send(again);

    const next = await delivery.workflow.describe();
    expect(next.runId).not.toBe(first.runId);
    expect(next.typedSearchAttributes.getAll()).toEqual(expect.arrayContaining(first.typedSearchAttributes.getAll()));
    expect((await delivery.state()).state).toEqual(before.state);
    expect((await delivery.view()).deadlines).toHaveLength(4);
    expect(await stepsNamed(delivery, 'buyer.requirement')).toHaveLength(2 + 1 + 4 * 52);
    expect((await stepsOf(world.db, delivery.id)).map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 4 + 1 + 4 * 52 }, (_, n) => n + 1),
    );

    await delivery.acts('provider.requirement.confirm', 'provider.implementation.submit', 'buyer.acceptance.accept');
    await expect(delivery.ended()).resolves.toEqual({ outcome: 'paid' });
  }, 120_000);
});
