import { disableEndpoint, enableEndpoint, replayEvent, replayFailed } from '../../../prisma/store/webhooks/endpoints';
import type { Relay } from '../../../worker/relays/loop';
import { webhookWorkflowId } from '../../../workflows/webhooks/messages';
import { changeBy, eventsOf, subscribe, webhookRelay } from '../../factories/webhooks';
import { eventually } from '../../support/eventually';
import { failing, startWebhookReceiver, WELL, type WebhookReceiver } from '../../support/webhook-receiver';
import { startWorld, type World } from '../../support/world';

let world: World;
let relay: Relay;
let receiver: WebhookReceiver;
beforeAll(async () => {
  world = await startWorld();
  relay = webhookRelay(world);
});
beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  await world.db.webhookEndpoint.updateMany({ data: { disabledAt: new Date() } });
  await receiver.stop();
});
afterAll(async () => {
  await relay.stop();
  await world.stop();
});

/** The receiver also gets deadline events of other tests' deliveries: each test looks at its own objects. */
const requestsOf = (objectId: string) => receiver.requests.filter(({ event }) => event?.data.objectId === objectId);
const idsTaken = (objectId: string) =>
  requestsOf(objectId)
    .filter(({ took }) => took)
    .map(({ id }) => id);
const rowsOf = async (endpointId: string, objectId: string) =>
  (await eventsOf(world.db, endpointId)).filter((row) => row.objectId === objectId);

async function firstTwo(endpointId: string, objectId: string) {
  const [first, second] = await rowsOf(endpointId, objectId);
  if (first === undefined || second === undefined) throw new Error(`${objectId} has no two events`);
  return [first, second] as const;
}

/** The receiver has taken each event of these objects once, in its order, and the table knows. */
const allTakenInOrder = (endpointId: string, ...objectIds: string[]) =>
  eventually(async () => {
    for (const objectId of objectIds) {
      const rows = await rowsOf(endpointId, objectId);
      expect(rows.map(({ status }) => status)).toEqual(rows.map(() => 'delivered'));
      expect(idsTaken(objectId)).toEqual(rows.map(({ id }) => id));
      expect(rows).not.toEqual([]);
    }
  });
const attempted = (objectId: string) => eventually(() => expect(requestsOf(objectId)).not.toEqual([]));

describe('MSG-3: events reach the receiver', () => {
  test('each event is sent once, in the order of the object’s steps, signed as the Standard Webhooks library verifies', async () => {
    const endpoint = await subscribe(world.db, receiver);
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'buyer.requirement', 'provider.requirement.reject', 'buyer.requirement');
    await delivery.acts('provider.requirement.confirm', 'provider.implementation.submit', 'buyer.acceptance.accept');
    await allTakenInOrder(endpoint, delivery.id, delivery.terms.orderId);
    const requests = requestsOf(delivery.id);
    expect(requests.map(({ event }) => event?.type)).toEqual([
      'delivery.requirement_submitted',
      'delivery.requirement_edited',
      'delivery.requirement_submitted',
      'delivery.completed',
    ]);
    const sequences = requests.map(({ event }) => event?.data.sequence ?? 0);
    expect(sequences).toEqual([...new Set(sequences)].sort((one, other) => one - other));
    expect(requests[0]?.event).toEqual({
      type: 'delivery.requirement_submitted',
      timestamp: expect.any(String),
      data: {
        objectId: delivery.id,
        sequence: sequences[0],
        group: 'deliveries',
        providerId: 'prv_demo',
        orderId: delivery.terms.orderId,
        deliveryId: delivery.id,
        productName: delivery.terms.productName,
      },
    });
  });

  test('what is subscribed to is sent, and nothing else', async () => {
    const endpoint = await subscribe(world.db, receiver, ['orders']);
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    await allTakenInOrder(endpoint, delivery.terms.orderId);
    expect(receiver.requests.map(({ event }) => event?.type)).toEqual(['order.paid']);
  });

  test('the workflow ends when nothing is left, and starts again with the next event', async () => {
    const endpoint = await subscribe(world.db, receiver, ['deliveries']);
    const delivery = await world.paid();
    const workflowId = webhookWorkflowId({ endpointId: endpoint, objectId: delivery.id });
    const runs: string[] = [];
    for (const expected of [1, 2]) {
      await delivery.act('buyer.requirement');
      const { runId } = await eventually(async () => {
        const described = await world.client.workflow.getHandle(workflowId).describe();
        expect([described.status.name, runs.includes(described.runId)]).toEqual(['COMPLETED', false]);
        return described;
      });
      runs.push(runId);
      expect(idsTaken(delivery.id)).toHaveLength(expected);
    }
  });
});

describe('MSG-3: a receiver that fails is tried again for three days', () => {
  test('when a receiver is back after two days each event arrives once, in order per object, with the same id', async () => {
    const endpoint = await subscribe(world.db, receiver);
    receiver.behave(() => (receiver.requests.length % 2 === 0 ? failing(503) : { does: 'drop' }));
    const [one, other] = [await world.paid(), await world.paid()];
    await one.acts('buyer.requirement', 'buyer.requirement');
    await other.act('buyer.requirement');
    await Promise.all([attempted(one.id), attempted(other.id)]);
    await world.env.sleep('24 hours');
    // What happens meanwhile queues up behind it.
    await one.act('provider.requirement.confirm');
    await other.acts('provider.requirement.reject', 'buyer.requirement', 'buyer.requirement');
    await world.env.sleep('24 hours');
    expect(receiver.requests.filter(({ took }) => took)).toEqual([]);

    receiver.behave(WELL);
    await world.env.sleep('11 hours');
    const objects = [one, other].flatMap(({ id, terms }) => [id, terms.orderId]);
    await allTakenInOrder(endpoint, ...objects);
    expect(idsTaken(other.id)).toHaveLength(3);
    for (const objectId of objects) {
      const rows = await rowsOf(endpoint, objectId);
      for (const { id, attempts } of rows) {
        const tries = receiver.requests.filter((request) => request.id === id);
        expect([new Set(tries.map(({ body }) => body)).size, tries.length]).toEqual([1, attempts]);
      }
      expect(rows[0]?.attempts).toBeGreaterThan(8);
    }
  });

  test('after three days an event is given up, listed, and sent again when it is replayed; the next one goes on', async () => {
    const endpoint = await subscribe(world.db, receiver, ['deliveries']);
    receiver.behave(failing(500));
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'buyer.requirement');
    const [first, second] = await firstTwo(endpoint, delivery.id);
    await attempted(delivery.id);
    receiver.behave((id) => (id === first.id ? failing(500) : WELL));
    await world.env.sleep('71 hours');
    expect(idsTaken(delivery.id)).toEqual([]);
    await world.env.sleep('2 hours');
    await eventually(() => expect(idsTaken(delivery.id)[0]).toBe(second.id));
    const row = await world.db.webhookDelivery.findUniqueOrThrow({ where: { id: first.id } });
    expect(row).toMatchObject({ status: 'failed', lastError: 'The receiver answered 500.', nextAttemptAt: null });
    const log = await world.db.webhookAttempt.findMany({ where: { deliveryId: first.id }, orderBy: { number: 'asc' } });
    const begunMs = log[0]?.at.getTime() ?? 0;
    const hours = log.map(({ at }) => Math.round((at.getTime() - begunMs) / 360_000) / 10);
    expect([log.length, hours.at(-1)]).toEqual([row.attempts, 72]);

    receiver.behave(WELL);
    await replayFailed(world.db, changeBy(endpoint, 'webhook.replay_failed'));
    await eventually(async () =>
      expect(await rowsOf(endpoint, delivery.id)).toMatchObject([{ id: first.id, status: 'delivered' }, {}, {}]),
    );
    expect(idsTaken(delivery.id).filter((id) => id === first.id)).toHaveLength(1);
  });

  test('the events of one object do not hold up those of another', async () => {
    const endpoint = await subscribe(world.db, receiver, ['deliveries']);
    receiver.behave(failing(500));
    const [stuck, free] = [await world.paid(), await world.paid()];
    await stuck.act('buyer.requirement');
    await attempted(stuck.id);
    receiver.behave((id) => (requestsOf(stuck.id).some((request) => request.id === id) ? failing(500) : WELL));
    await free.acts('buyer.requirement', 'buyer.requirement');
    await allTakenInOrder(endpoint, free.id);
    expect(idsTaken(stuck.id)).toEqual([]);
  });

  test('a receiver that asks for a pause gets it', async () => {
    const endpoint = await subscribe(world.db, receiver, ['deliveries']);
    receiver.behave(failing(429, { 'retry-after': '7200' }));
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    await attempted(delivery.id);
    receiver.behave(WELL);
    await world.env.sleep('115 minutes');
    expect(requestsOf(delivery.id)).toHaveLength(1);
    await world.env.sleep('10 minutes');
    await allTakenInOrder(endpoint, delivery.id);
    expect(requestsOf(delivery.id)).toHaveLength(2);
  });

  test('a redirect is a failure, and is not followed', async () => {
    const endpoint = await subscribe(world.db, receiver, ['deliveries']);
    receiver.behave(failing(302, { location: receiver.url }));
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    await eventually(async () =>
      expect(await rowsOf(endpoint, delivery.id)).toMatchObject([{ lastError: 'The receiver answered 302.' }]),
    );
    expect(requestsOf(delivery.id)).toHaveLength(1);
  });
});

describe('MSG-3: a provider replays, disables and enables', () => {
  test('a delivered event that is replayed is sent again, under its id', async () => {
    const endpoint = await subscribe(world.db, receiver, ['deliveries']);
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'buyer.requirement');
    await allTakenInOrder(endpoint, delivery.id);
    const [first, second] = await firstTwo(endpoint, delivery.id);
    await replayEvent(world.db, changeBy(endpoint, 'webhook.replay'), first);
    await eventually(() => expect(idsTaken(delivery.id)).toEqual([first.id, second.id, first.id]));
  });

  test('a waiting event that is replayed is sent at once, and those before it', async () => {
    const endpoint = await subscribe(world.db, receiver, ['deliveries']);
    receiver.behave(failing(500));
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'buyer.requirement');
    await attempted(delivery.id);
    await world.env.sleep('10 hours');
    receiver.behave(WELL);
    const [, second] = await firstTwo(endpoint, delivery.id);
    await replayEvent(world.db, changeBy(endpoint, 'webhook.replay'), second);
    await allTakenInOrder(endpoint, delivery.id);
  });

  test('a disabled endpoint gets nothing, and goes on in order when it is enabled', async () => {
    const endpoint = await subscribe(world.db, receiver, ['deliveries']);
    receiver.behave(failing(500));
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'buyer.requirement');
    await attempted(delivery.id);
    await disableEndpoint(world.db, changeBy(endpoint, 'webhook.disable'));
    // An attempt may have been under way.
    await world.env.sleep('1 minute');
    const before = requestsOf(delivery.id).length;
    await delivery.act('buyer.requirement');
    await world.env.sleep('7 days');
    expect(requestsOf(delivery.id)).toHaveLength(before);
    receiver.behave(WELL);
    await enableEndpoint(world.db, changeBy(endpoint, 'webhook.enable'), 1_000);
    await allTakenInOrder(endpoint, delivery.id);
    expect(idsTaken(delivery.id)).toHaveLength(2);
  });

  test('an endpoint that answers 410 is disabled, and its events wait', async () => {
    const endpoint = await subscribe(world.db, receiver, ['deliveries']);
    receiver.behave(failing(410));
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    await eventually(async () => {
      const { disabledAt } = await world.db.webhookEndpoint.findUniqueOrThrow({ where: { id: endpoint } });
      expect(disabledAt).not.toBeNull();
    });
    const trail = await world.db.step.findMany({ where: { objectId: endpoint }, orderBy: { sequence: 'asc' } });
    expect(trail).toMatchObject([
      { action: 'webhook.create', actorRole: 'provider' },
      { action: 'webhook.gone', actorRole: 'system', providerId: 'prv_demo', runId: expect.any(String) },
    ]);
    receiver.behave(WELL);
    await enableEndpoint(world.db, changeBy(endpoint, 'webhook.enable'), 1_000);
    await allTakenInOrder(endpoint, delivery.id);
    expect(requestsOf(delivery.id)).toHaveLength(2);
  });
});

test('MSG-3: three relays at once dispatch everything, and nothing is sent twice', async () => {
  const endpoint = await subscribe(world.db, receiver);
  const others = [webhookRelay(world), webhookRelay(world)];
  try {
    const deliveries = await Promise.all([1, 2, 3, 4, 5].map(() => world.paid()));
    await Promise.all(deliveries.map((delivery) => delivery.acts('buyer.requirement', 'buyer.requirement')));
    await allTakenInOrder(endpoint, ...deliveries.flatMap(({ id, terms }) => [id, terms.orderId]));
  } finally {
    await Promise.all(others.map((other) => other.stop()));
  }
});
