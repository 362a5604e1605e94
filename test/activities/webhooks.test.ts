import { webhookActivities } from '../../activities/webhooks';
import { openSecrets, sealSecrets } from '../../codec/webhook-secrets';
import { withNewSecret } from '../../domain/webhooks/secrets';
import { changeSecrets, replayEvent } from '../../prisma/store/webhooks/endpoints';
import { claimEvents, findDueEvent, markDispatched, recordAttempt } from '../../prisma/store/webhooks/events';
import { changeBy, eventsOf, subscribe } from '../factories/webhooks';
import { dyingAt, run, type Store, startStore } from '../support/store';
import { failing, startWebhookReceiver, verified, WELL, type WebhookReceiver } from '../support/webhook-receiver';
import { KEYS } from '../support/world';

const HOUR_MS = 3_600_000;
const retryForMs = 72 * HOUR_MS;

let store: Store;
let receiver: WebhookReceiver;
beforeAll(async () => {
  store = await startStore();
});
beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  await store.db.webhookEndpoint.updateMany({ data: { disabledAt: new Date() } });
  await receiver.stop();
});
afterAll(() => store.stop());

/** An endpoint with one event, of an order that was paid, and a way to deliver it. */
async function oneEvent() {
  const endpointId = await subscribe(store.db, receiver, ['orders']);
  const { terms } = await store.paid();
  const deliver = (nowMs = Date.now(), activities = store.activities) =>
    run(activities.deliverNextWebhook, { endpointId, objectId: terms.orderId, nowMs, retryForMs });
  const event = async () => {
    const [found] = await eventsOf(store.db, endpointId);
    if (found === undefined) throw new Error('there is an event');
    return found;
  };
  const secrets = async () => {
    const { sealed } = await store.db.webhookEndpoint.findUniqueOrThrow({ where: { id: endpointId } });
    return openSecrets(KEYS, sealed, endpointId);
  };
  return { endpointId, objectId: terms.orderId, deliver, event, secrets };
}

describe('MSG-3: what is sent is signed', () => {
  test('the Standard Webhooks library verifies what is sent, and refuses whatever was altered', async () => {
    const { deliver, event, secrets } = await oneEvent();
    expect(await deliver()).toEqual({ outcome: 'delivered', eventId: (await event()).id });
    const [secret] = (await secrets()).map((known) => known.secret);
    const [request] = receiver.requests;
    if (request === undefined || secret === undefined) throw new Error('there is a request');
    const { body, headers } = request;
    expect(request.took).toBe(true);
    expect(headers['webhook-id']).toBe((await event()).id);
    expect(Math.abs(Number(headers['webhook-timestamp']) * 1_000 - Date.now())).toBeLessThan(60_000);
    expect(headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
    const another = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
    expect(verified(secret, body, headers)).not.toBeNull();
    expect(verified(another, body, headers)).toBeNull();
    expect(verified(secret, body.replace('order.paid', 'order.lost'), headers)).toBeNull();
    expect(verified(secret, body, { ...headers, 'webhook-id': 'evt_another' })).toBeNull();
    expect(verified(secret, body, { ...headers, 'webhook-timestamp': String(Date.now()) })).toBeNull();
  });

  test('both secrets sign while one replaces the other, and then the new one alone', async () => {
    const { endpointId, deliver, event, secrets } = await oneEvent();
    await changeSecrets(store.db, changeBy(endpointId, 'webhook.secret.rotate'), (sealed) => {
      const fresh = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
      const secrets = withNewSecret(openSecrets(KEYS, sealed, endpointId), fresh, Date.now(), 24 * HOUR_MS);
      return sealSecrets(KEYS, secrets, endpointId);
    });
    const [fresh = '', old = ''] = (await secrets()).map(({ secret }) => secret);
    for (const [hours, verify] of [
      [23, [true, true]],
      [25, [true, false]],
    ] as const) {
      receiver.trust(fresh);
      const before = receiver.requests.length;
      expect(await deliver(Date.now() + hours * HOUR_MS)).toMatchObject({ outcome: 'delivered' });
      const request = receiver.requests[before];
      if (request === undefined) throw new Error('there is a request');
      const signatures = request.headers['webhook-signature']?.split(' ');
      expect(signatures).toHaveLength(verify.filter((verifies) => verifies).length);
      expect([fresh, old].map((secret) => verified(secret, request.body, request.headers) !== null)).toEqual(verify);
      await replayEvent(store.db, changeBy(endpointId, 'webhook.replay'), await event());
    }
  });
});

describe('MSG-3: an event arrives at least once', () => {
  test('an event whose delivery could not be recorded is sent again, under the same id', async () => {
    const { endpointId, objectId, deliver, event } = await oneEvent();
    const dying = webhookActivities({ ...store.outside, db: dyingAt(store.db, 1) });
    const deadly = { endpointId, objectId, nowMs: Date.now(), retryForMs };
    await expect(run(dying.deliverNextWebhook, deadly)).rejects.toThrow('died at write 1');
    expect(await event()).toMatchObject({ status: 'pending', attempts: 0 });
    expect(await deliver()).toMatchObject({ outcome: 'delivered' });
    const { id } = await event();
    expect(receiver.requests.map((request) => [request.id, request.took])).toEqual([
      [id, true],
      [id, true],
    ]);
    expect(await deliver()).toEqual({ outcome: 'nothing' });
  });

  test('an event that is queued again while its workflow is being signalled is signalled again', async () => {
    const { endpointId, deliver, event } = await oneEvent();
    const claim = async () => {
      const claimed = await claimEvents(store.db, { limit: 100, leaseMs: 60_000, now: new Date() });
      return claimed.filter((row) => row.endpointId === endpointId);
    };
    const claimed = await claim();
    expect(claimed).toHaveLength(1);
    await deliver();
    await replayEvent(store.db, changeBy(endpointId, 'webhook.replay'), await event());
    await markDispatched(store.db, claimed, new Date());
    expect(await event()).toMatchObject({ status: 'pending', dispatchedAt: null });
    await markDispatched(store.db, await claim(), new Date());
    expect((await event()).dispatchedAt).not.toBeNull();
  });

  test.each([
    { late: 'pending', nextAttemptAt: new Date(Date.now() + HOUR_MS) },
    { late: 'failed', nextAttemptAt: null },
  ] as const)('a failure that is learned of late ($late) does not undo a delivery', async ({ late, nextAttemptAt }) => {
    const { endpointId, objectId, deliver, event } = await oneEvent();
    const due = await findDueEvent(store.db, { endpointId, objectId });
    if (due === null) throw new Error('there is an event');
    await deliver();
    const delivered = await event();
    const attempt = { event: due, at: new Date(), responseStatus: null, error: 'no answer', durationMs: 15_000 };
    await recordAttempt(store.db, { ...attempt, status: late, nextAttemptAt });
    expect(await event()).toEqual({ ...delivered, attempts: 2 });
    expect(delivered.status).toBe('delivered');
  });

  test('a failure that is learned of late does not revive an event that was given up', async () => {
    const { endpointId, objectId, event } = await oneEvent();
    const due = await findDueEvent(store.db, { endpointId, objectId });
    if (due === null) throw new Error('there is an event');
    const attempt = {
      event: due,
      at: new Date(),
      responseStatus: 500,
      error: 'The receiver answered 500.',
      durationMs: 5,
    };
    await recordAttempt(store.db, { ...attempt, status: 'failed', nextAttemptAt: null });
    const givenUp = await event();
    await recordAttempt(store.db, { ...attempt, status: 'pending', nextAttemptAt: new Date() });
    expect(await event()).toEqual({ ...givenUp, attempts: 2 });
    expect(givenUp.status).toBe('failed');
  });

  test('an event that is replayed while an attempt at it fails is sent at once, not after the pause', async () => {
    const { endpointId, objectId, event } = await oneEvent();
    const asking = webhookActivities({
      ...store.outside,
      webhooks: {
        async send() {
          await replayEvent(store.db, changeBy(endpointId, 'webhook.replay'), await event());
          return { status: 500, retryAfter: undefined, error: null };
        },
      },
    });
    await run(asking.deliverNextWebhook, { endpointId, objectId, nowMs: Date.now(), retryForMs });
    expect(await event()).toMatchObject({ status: 'pending', attempts: 1, nextAttemptAt: null, dispatchedAt: null });
  });
});

describe('MSG-3: an attempt is made when it is due', () => {
  test('an attempt is not made before it is due, however often the workflow looks', async () => {
    const { deliver, event } = await oneEvent();
    receiver.behave(failing(500));
    const nowMs = Date.now();
    const { id } = await event();
    const failed = await deliver(nowMs);
    expect(failed).toMatchObject({ outcome: 'retry', eventId: id });
    expect(await deliver(nowMs + 1_000)).toEqual(failed);
    expect(receiver.requests).toHaveLength(1);
    receiver.behave(WELL);
    expect(await deliver(nowMs + 6_000)).toMatchObject({ outcome: 'delivered' });
  });

  test('the log of an attempt holds its outcome, and nothing of the receiver’s answer but the status', async () => {
    const { deliver, event } = await oneEvent();
    receiver.behave({ does: 'answer', status: 500, body: 'a stack trace with a secret' });
    await deliver();
    const log = await store.db.webhookAttempt.findMany({ where: { deliveryId: (await event()).id } });
    expect(log).toMatchObject([
      { number: 1, responseStatus: 500, error: 'The receiver answered 500.', durationMs: expect.any(Number) },
    ]);
    const { sequence: _, ...row } = await event();
    expect(JSON.stringify([log, row])).not.toContain('secret');
  });
});
