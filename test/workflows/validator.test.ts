import { setTimeout as sleep } from 'node:timers/promises';
import { devServer } from '../support/dev-server';
import { type Delivery, startWorld, type World } from '../support/world';

/** The commands that entered the history: what the validator refuses leaves no trace there. */
async function acceptedUpdates({ process }: Delivery) {
  const { events } = await process.fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes != null);
}

describe('GEN-4: what is allowed is data, not a clock', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld(devServer);
  });
  afterAll(() => world.stop());

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
