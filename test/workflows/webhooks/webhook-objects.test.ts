import type { ReviewKind } from '../../../domain/reviews/state';
import type { Relay } from '../../../worker/relays/loop';
import { unique } from '../../factories/commands';
import { emptyReviewHandlers, reviewsOf } from '../../factories/reviews';
import { subscribe, webhookRelay } from '../../factories/webhooks';
import { eventually } from '../../support/eventually';
import { failing, startWebhookReceiver, WELL, type WebhookReceiver } from '../../support/webhook-receiver';
import { startWorld, type World } from '../../support/world';

let world: World;
let relay: Relay;
let receiver: WebhookReceiver;
beforeAll(async () => {
  world = await startWorld(undefined, { reviewHandlers: emptyReviewHandlers() });
  relay = webhookRelay(world);
  receiver = await startWebhookReceiver();
});
afterAll(async () => {
  await relay.stop();
  await receiver.stop();
  await world.stop();
});

test.each<[ReviewKind, string]>([
  ['shop', 'shopId'],
  ['product', 'productId'],
])('MSG-3: the events of a %s come in order over its reviews, and name it as %s', async (kind, name) => {
  const endpoint = await subscribe(world.db, receiver);
  const objectId = `${kind === 'shop' ? 'shp' : 'prd'}_${unique()}`;
  // The first event fails once; by then the second review is decided.
  receiver.behave(failing(500));
  const first = await reviewsOf(world).submit({ kind, objectId });
  await first.act('ops.reject', 'The logo is blurred.');
  await eventually(() => expect(receiver.requests.some(({ event }) => event?.data.objectId === objectId)).toBe(true));
  const second = await reviewsOf(world).submit({ kind, objectId });
  await second.act('ops.approve');
  await eventually(async () => expect(await world.db.webhookDelivery.count({ where: { dispatchedAt: null } })).toBe(0));
  receiver.behave(WELL);
  await world.env.sleep('1 minute');
  await eventually(async () =>
    expect(await world.db.webhookDelivery.count({ where: { endpointId: endpoint, status: 'pending' } })).toBe(0),
  );
  const taken = receiver.requests.filter(({ event, took }) => took && event?.data[name] === objectId);
  expect(taken.map(({ event }) => [event?.type, event?.data.objectId, event?.data.reviewId])).toEqual([
    [`${kind}.rejected`, objectId, first.id],
    [`${kind}.approved`, objectId, second.id],
  ]);
});
