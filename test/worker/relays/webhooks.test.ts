import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { type Database, openDatabase } from '../../../prisma/store/shared/database';
import type { Relay } from '../../../worker/relays/loop';
import { webhookWorkflowId } from '../../../workflows/webhooks/messages';
import { unique } from '../../factories/commands';
import { webhookRelay } from '../../factories/webhooks';
import { type TestDatabase, testDatabase } from '../../support/database';
import { devServer } from '../../support/dev-server';
import { eventually } from '../../support/eventually';

// No worker runs here: what the relays do is what the histories hold.
let temporal: TestWorkflowEnvironment;
let database: TestDatabase;
let db: Database;
const relays: Relay[] = [];
beforeAll(async () => {
  temporal = await devServer();
});
afterAll(() => temporal.teardown());
beforeEach(async () => {
  database = await testDatabase();
  db = openDatabase(database.appUrl, 10);
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await db.$disconnect();
  await database.drop();
});

const start = () => relays.push(webhookRelay({ db, client: temporal.client }));
const endpointId = () => `whk_${unique()}`;

/** Adds events of an object, the oldest first, as its steps do. */
async function addEvents(endpoint: string, objectId: string, count: number, createdAt = new Date()): Promise<void> {
  const common = {
    endpointId: endpoint,
    providerId: 'prv_demo',
    event: 'order.paid',
    eventGroup: 'orders',
    params: {},
  };
  await db.webhookDelivery.createMany({
    data: Array.from({ length: count }, (_, n) => {
      const step = { stepObjectId: objectId.slice(0, 60), stepSequence: n };
      return { ...common, id: `evt_${unique()}`, objectId, ...step, createdAt, nextDispatchAt: createdAt };
    }),
  });
}

const dispatched = (endpoint: string) =>
  eventually(async () => {
    expect(await db.webhookDelivery.count({ where: { endpointId: endpoint, dispatchedAt: null } })).toBe(0);
  });

async function signalsOf(endpoint: string, objectId: string): Promise<number> {
  const workflow = temporal.client.workflow.getHandle(webhookWorkflowId({ endpointId: endpoint, objectId }));
  const { events } = await workflow.fetchHistory();
  return (events ?? []).filter(({ workflowExecutionSignaledEventAttributes: signal }) => signal != null).length;
}

test('MSG-3: however many workers there are, each event is claimed by one of them and signalled once', async () => {
  const endpoint = endpointId();
  const objects = Array.from({ length: 20 }, (_, n) => `ord_${n}`);
  for (const objectId of objects) await addEvents(endpoint, objectId, 3);
  for (let worker = 0; worker < 5; worker += 1) start();
  await dispatched(endpoint);
  const signals = await Promise.all(objects.map((objectId) => signalsOf(endpoint, objectId)));
  expect(signals).toEqual(objects.map(() => 1));
});

test('MSG-3: events that cannot be dispatched are postponed, and do not keep the others waiting', async () => {
  const [stuck, well] = [endpointId(), endpointId()];
  // Older than the others, more than a batch, and each for a workflow whose id the server refuses.
  for (let n = 0; n < 120; n += 1) await addEvents(stuck, `ord_${n}_${'x'.repeat(1_000)}`, 1, new Date(0));
  await addEvents(well, 'ord_1', 1);
  start();
  await dispatched(well);
  await eventually(async () => {
    const { _min: fewest } = await db.webhookDelivery.aggregate({
      where: { endpointId: stuck, dispatchedAt: null },
      _min: { dispatchFailures: true },
    });
    expect(fewest.dispatchFailures).toBeGreaterThanOrEqual(2);
  });
  expect(await db.webhookDelivery.count({ where: { endpointId: stuck, dispatchedAt: null } })).toBe(120);
});

test('MSG-3: a worker that dies with events claimed only delays them until its lease ends', async () => {
  const endpoint = endpointId();
  await addEvents(endpoint, 'ord_1', 2);
  await db.webhookDelivery.updateMany({ data: { nextDispatchAt: new Date(Date.now() + 1_000) } });
  start();
  await dispatched(endpoint);
  expect(await signalsOf(endpoint, 'ord_1')).toBe(1);
});

test('MSG-3: an event whose dispatch has failed ten thousand times still waits five minutes at most', async () => {
  const endpoint = endpointId();
  await addEvents(endpoint, `ord_${'x'.repeat(1_000)}`, 1);
  await db.webhookDelivery.updateMany({ data: { dispatchFailures: 10_000 } });
  start();
  await eventually(async () => {
    const row = await db.webhookDelivery.findFirstOrThrow();
    expect(row.dispatchFailures).toBe(10_001);
    expect(row.nextDispatchAt.getTime() - Date.now()).toBeLessThanOrEqual(300_000);
  });
});
