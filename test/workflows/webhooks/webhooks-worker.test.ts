import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';
import type { DeliveredNext } from '../../../activities/webhooks';
import { EncryptingCodec } from '../../../codec/payloads';
import { addTestEvent } from '../../../prisma/store/webhooks/endpoints';
import { eventsWaiting, webhookWorkflowId } from '../../../workflows/webhooks/messages';
import type { webhook } from '../../../workflows/webhooks/workflow';
import { unique } from '../../factories/commands';
import { changeBy, eventsOf, subscribe, webhookRelay } from '../../factories/webhooks';
import { devServer } from '../../support/dev-server';
import { eventually } from '../../support/eventually';
import { failing, startWebhookReceiver, WELL } from '../../support/webhook-receiver';
import { BUNDLE, KEYS, startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld(devServer);
});
afterAll(() => world.stop());

test('MSG-3: a worker and its relay that stopped in the middle send the rest, in order, when they are back', async () => {
  const receiver = await startWebhookReceiver();
  let relay = webhookRelay(world);
  try {
    receiver.behave(failing(500));
    const endpoint = await subscribe(world.db, receiver, ['deliveries']);
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    await relay.stop();
    await delivery.acts('buyer.requirement', 'buyer.requirement');
    await world.worker.stop();
    receiver.behave(WELL);
    relay = webhookRelay(world);
    await eventually(async () =>
      expect(await world.db.webhookDelivery.count({ where: { dispatchedAt: null } })).toBe(0),
    );
    expect(receiver.requests).toHaveLength(1);
    await world.worker.start();
    await eventually(async () => {
      const events = await eventsOf(world.db, endpoint);
      expect(events.map(({ status }) => status)).toEqual(['delivered', 'delivered', 'delivered']);
      const [first, ...ids] = receiver.requests.map(({ id }) => id);
      expect([ids, first]).toEqual([events.map(({ id }) => id), ids[0]]);
    }, 30_000);
  } finally {
    await relay.stop();
    await receiver.stop();
  }
});

test('MSG-3: no event is lost that comes just when the workflow ends, and none overtakes another', async () => {
  const receiver = await startWebhookReceiver();
  const relays = [webhookRelay(world), webhookRelay(world)];
  try {
    const endpoint = await subscribe(world.db, receiver);
    const ids: string[] = [];
    for (let n = 0; n < 60; n += 1) {
      const id = `evt_${unique()}`;
      await addTestEvent(world.db, changeBy(endpoint, 'webhook.test'), id);
      ids.push(id);
      // From while it is busy to when it has long ended.
      await sleep(n * 3);
    }
    await eventually(() => expect(receiver.requests.map(({ id }) => id)).toEqual(ids), 20_000);
  } finally {
    await Promise.all(relays.map((relay) => relay.stop()));
    await receiver.stop();
  }
});

test('MSG-3: a workflow that is signalled while it takes its last look looks once more', async () => {
  const taskQueue = `looks-${unique()}`;
  const looks: (() => void)[] = [];
  // In place of the activity: each look finds nothing, and takes until it is let go.
  const deliverNextWebhook = () =>
    new Promise<DeliveredNext>((resolve) => looks.push(() => resolve({ outcome: 'nothing' })));
  const worker = await Worker.create({
    connection: world.env.nativeConnection,
    namespace: world.config.TEMPORAL_NAMESPACE,
    taskQueue,
    workflowBundle: { codePath: BUNDLE },
    activities: { deliverNextWebhook },
    dataConverter: { payloadCodecs: [new EncryptingCodec(KEYS)] },
  });
  await worker.runUntil(async () => {
    const input = { endpointId: 'whe_looks', objectId: unique(), retryForMs: 1_000 };
    const workflowId = webhookWorkflowId(input);
    const running = await world.client.workflow.start<typeof webhook>('webhook', {
      workflowId,
      taskQueue,
      args: [input],
    });
    await eventually(() => expect(looks).toHaveLength(1));
    await running.signal(eventsWaiting);
    looks[0]?.();
    await eventually(() => expect(looks).toHaveLength(2));
    looks[1]?.();
    expect(await running.result()).toEqual({ outcome: 'nothing' });
  });
  expect(looks).toHaveLength(2);
});
