import { disableEndpoint, replayEvent } from '../../prisma/store/webhooks/endpoints';
import { eventsWaiting, webhookWorkflowId } from '../../workflows/webhooks/messages';
import { changeBy, eventsOf, subscribe, webhookRelay } from '../factories/webhooks';
import { eventually } from '../support/eventually';
import { failing, startWebhookReceiver, WELL, type WebhookReceiver } from '../support/webhook-receiver';
import type { Delivery, World } from '../support/world';

type Scenario = (world: World) => Promise<Record<string, string>>;

/** A delivery whose events go to a receiver, and the workflow that sends them there. */
type Subscribed = { receiver: WebhookReceiver; endpointId: string; delivery: Delivery; workflowId: string };

/** A scenario of a workflow that ends, with an endpoint, a receiver and a relay of its own. */
const withReceiver =
  (play: (world: World, subscribed: Subscribed) => Promise<void>): Scenario =>
  async (world) => {
    const receiver = await startWebhookReceiver();
    const relay = webhookRelay(world);
    try {
      const delivery = await world.paid();
      const endpointId = await subscribe(world.db, receiver, ['deliveries']);
      const workflowId = webhookWorkflowId({ endpointId, objectId: delivery.id });
      await play(world, { receiver, endpointId, delivery, workflowId });
      await disableEndpoint(world.db, changeBy(endpointId, 'webhook.disable'));
      await world.realTimeClient.workflow.getHandle(workflowId).result();
      return { webhook: workflowId };
    } finally {
      await relay.stop();
      await receiver.stop();
    }
  };

const requested = ({ receiver }: Subscribed, times: number) =>
  eventually(() => expect(receiver.requests.length).toBeGreaterThanOrEqual(times), 20_000);

export const WEBHOOKS_IN_REAL_TIME: Record<string, Scenario> = {
  'events-delivered': withReceiver(async (_, subscribed) => {
    await subscribed.delivery.acts('buyer.requirement', 'buyer.requirement');
    await requested(subscribed, 2);
  }),

  'event-retried': withReceiver(async (_, subscribed) => {
    subscribed.receiver.behave(failing(500));
    await subscribed.delivery.acts('buyer.requirement');
    await requested(subscribed, 1);
    subscribed.receiver.behave(WELL);
    await requested(subscribed, 2);
  }),

  'event-asked-for': withReceiver(async ({ db }, subscribed) => {
    const { receiver, delivery, endpointId } = subscribed;
    receiver.behave(failing(503, { 'retry-after': '3600' }));
    await delivery.acts('buyer.requirement');
    await requested(subscribed, 1);
    receiver.behave(WELL);
    const [event] = await eventually(async () => {
      const events = await eventsOf(db, endpointId);
      expect(events).toMatchObject([{ attempts: 1 }]);
      return events;
    });
    if (event === undefined) throw new Error('there is an event');
    await replayEvent(db, changeBy(endpointId, 'webhook.replay'), event);
    await requested(subscribed, 2);
  }),

  'endpoint-gone': withReceiver(async (_, subscribed) => {
    subscribed.receiver.behave(failing(410));
    await subscribed.delivery.acts('buyer.requirement');
    await requested(subscribed, 1);
  }),

  'events-continued-as-new': withReceiver(async ({ client, db }, subscribed) => {
    const { receiver, delivery, endpointId, workflowId } = subscribed;
    receiver.behave(failing(503, { 'retry-after': '3600' }));
    await delivery.acts('buyer.requirement');
    await requested(subscribed, 1);
    const workflow = client.workflow.getHandle(workflowId);
    const { runId } = await workflow.describe();
    await eventually(async () => {
      await workflow.signal(eventsWaiting);
      expect((await workflow.describe()).runId).not.toBe(runId);
    }, 50_000);
    receiver.behave(WELL);
    const [event] = await eventsOf(db, endpointId);
    if (event === undefined) throw new Error('there is an event');
    await replayEvent(db, changeBy(endpointId, 'webhook.replay'), event);
    await requested(subscribed, 2);
  }),
};

export const WEBHOOKS_WITH_SKIPPED_TIME: Record<string, Scenario> = {
  'event-given-up': withReceiver(async ({ env, db }, subscribed) => {
    subscribed.receiver.behave(failing(500));
    await subscribed.delivery.acts('buyer.requirement');
    await requested(subscribed, 1);
    await env.sleep('73 hours');
    const events = () => eventsOf(db, subscribed.endpointId);
    await eventually(async () => expect((await events())[0]).toMatchObject({ status: 'failed' }));
    // The delivery has gone on meanwhile, and so have its events.
    subscribed.receiver.behave(WELL);
    await env.sleep('12 hours');
  }),
};
