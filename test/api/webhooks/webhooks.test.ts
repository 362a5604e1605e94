import { type Api, PEOPLE, startApi, tokenOf } from '../../support/api';
import { eventually } from '../../support/eventually';
import { httpClient, key } from '../../support/http';
import { bodyOf, storyOf } from '../../support/story';
import { failing, startWebhookReceiver, verified, WELL, type WebhookReceiver } from '../../support/webhook-receiver';

type Webhook = { id: string; status: string; secret: string };
type Logged = { id: string; type: string; status: string; attempts: number; log: { responseStatus: number }[] };

const MOST = 6;
let api: Api;
let story: ReturnType<typeof storyOf>;
let receiver: WebhookReceiver;
beforeAll(async () => {
  api = await startApi({ policy: { 'webhook.endpointsMax': MOST } });
  story = storyOf(api);
});
beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  await api.db.webhookEndpoint.updateMany({ data: { disabledAt: new Date() } });
  await receiver.stop();
});
afterAll(() => api.stop());

const at = (id: string, rest = '') => `/v1/provider/webhooks/${id}${rest}`;
const terms = (groups: string[] = ['deliveries']) => ({ url: receiver.url, description: 'ERP', groups });

/** A webhook of prv_demo whose receiver knows the secret. */
async function subscribed(groups?: string[]): Promise<Webhook> {
  const webhook = bodyOf<Webhook>(await api.provider.post('/v1/provider/webhooks', terms(groups)), 201);
  receiver.trust(webhook.secret);
  return webhook;
}

async function logOf(id: string, query = ''): Promise<Logged[]> {
  return bodyOf<{ items: Logged[] }>(await api.provider.get(at(id, `/deliveries${query}`)), 200).items;
}
const eventOf = async (id: string) => bodyOf<Logged>(await api.provider.get(at('deliveries', `/${id}`)), 200);
const isDelivered = (id: string) =>
  eventually(async () => expect(await eventOf(id)).toMatchObject({ status: 'delivered' }));

describe('MSG-3: a provider subscribes to groups of events', () => {
  test('the secret is shown once, signs every event, and the log holds every attempt', async () => {
    const { secret, ...webhook } = await subscribed(['deliveries', 'orders']);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(webhook).toMatchObject({ status: 'enabled', url: receiver.url, groups: ['deliveries', 'orders'] });
    expect((await api.provider.get(at(webhook.id))).body).toEqual(webhook);
    expect((await api.provider.get('/v1/provider/webhooks')).body).toMatchObject({ items: [webhook] });

    const { deliveryId } = await story.paidOrder();
    await story.done(deliveryId, 'buyer.requirement');
    await eventually(() => expect(receiver.requests.filter(({ took }) => took)).toHaveLength(2));
    const log = await eventually(async () => {
      const found = await logOf(webhook.id, '?status=delivered');
      expect(found).toHaveLength(2);
      return found;
    });
    expect(log.map(({ type }) => type).sort()).toEqual(['delivery.requirement_submitted', 'order.paid']);
    expect(await logOf(webhook.id, `?objectId=${deliveryId}`)).toMatchObject([
      { type: 'delivery.requirement_submitted' },
    ]);
    expect(await eventOf(log[0]?.id ?? '')).toMatchObject({ attempts: 1, log: [{ number: 1, responseStatus: 204 }] });
  });

  test('a test event can be sent at any time, and comes through a workflow as all others', async () => {
    const { id } = await subscribed();
    const event = bodyOf<Logged>(await api.provider.post(at(id, '/test')), 202);
    expect(event).toMatchObject({ type: 'webhook.test', group: 'test' });
    await isDelivered(event.id);
    expect(receiver.requests).toMatchObject([{ id: event.id, took: true, event: { type: 'webhook.test' } }]);
  });

  test('a secret is stored sealed, and is neither in the trail nor in any answer but the first', async () => {
    const { id, secret } = await subscribed();
    const rotated = bodyOf<{ secret: string }>(await api.provider.post(at(id, '/secret/rotate')), 200);
    await api.provider.put(at(id), terms(['shop']));
    const rows = [
      await api.db.webhookEndpoint.findUniqueOrThrow({ where: { id } }),
      await api.db.step.findMany({ where: { objectId: id } }),
      await api.db.idempotencyRecord.findMany(),
      (await api.provider.get(at(id))).body,
      api.logs,
    ];
    for (const kept of [secret, rotated.secret]) {
      const bytes = kept.replace('whsec_', '');
      expect(JSON.stringify(rows)).not.toContain(bytes);
      expect(Buffer.from((rows[0] as { sealed: Uint8Array }).sealed).toString('latin1')).not.toContain(bytes);
    }
    const trail = await api.db.step.findMany({ where: { objectId: id }, orderBy: { sequence: 'asc' } });
    expect(trail.map(({ action, actorId }) => [action, actorId])).toEqual([
      ['webhook.create', 'usr_provider_demo'],
      ['webhook.secret.rotate', 'usr_provider_demo'],
      ['webhook.change', 'usr_provider_demo'],
    ]);
  });

  test('a repeated request creates one webhook, and answers its secret again', async () => {
    const answers = await Promise.all(
      [1, 2, 3].map(() => api.provider.post('/v1/provider/webhooks', terms(), key('a-webhook'))),
    );
    const made = answers.map((answer) => bodyOf<Webhook>(answer, 201));
    expect(new Set(made.map(({ id, secret }) => `${id} ${secret}`)).size).toBe(1);
  });

  test('as many webhooks as the policy allows are in use, also when all are created at once; disabling one makes room', async () => {
    const answers = await Promise.all(
      Array.from({ length: MOST + 3 }, () => api.provider.post('/v1/provider/webhooks', terms())),
    );
    const made = answers.filter(({ status }) => status === 201).map(({ body }) => body as Webhook);
    expect(made).toHaveLength(MOST);
    for (const { status, body } of answers.filter(({ status }) => status !== 201)) {
      expect([status, body]).toMatchObject([409, { code: 'WEBHOOK.TOO_MANY' }]);
    }
    const [first] = made;
    expect((await api.provider.post(at(first?.id ?? '', '/disable'))).body).toMatchObject({ status: 'disabled' });
    await subscribed();
    expect((await api.provider.post(at(first?.id ?? '', '/enable'))).body).toMatchObject({ code: 'WEBHOOK.TOO_MANY' });
  });
});

describe('MSG-3: a provider manages its webhooks', () => {
  test('a change of a webhook holds from then on, and one that is based on an old version is refused', async () => {
    const { id } = await subscribed(['deliveries']);
    const read = await api.provider.get(at(id));
    const etag = read.headers.get('etag') ?? '';
    const changed = await api.provider.put(at(id), terms(['orders']), { 'if-match': etag });
    expect(changed).toMatchObject({ status: 200, body: { groups: ['orders'] } });
    expect(await api.provider.put(at(id), terms(['shop']), { 'if-match': etag })).toMatchObject({
      status: 412,
      body: { code: 'PRECONDITION.FAILED' },
    });
    const { deliveryId } = await story.paidOrder();
    await story.done(deliveryId, 'buyer.requirement');
    await eventually(async () => expect(await logOf(id)).toMatchObject([{ type: 'order.paid', status: 'delivered' }]));
  });

  test('while a secret is replaced both sign', async () => {
    const { id, secret } = await subscribed();
    const beforeMs = Date.now();
    const rotated = bodyOf<{ secret: string; oldSecretUntil: string }>(
      await api.provider.post(at(id, '/secret/rotate')),
      200,
    );
    expect(Date.parse(rotated.oldSecretUntil) - beforeMs).toBeGreaterThanOrEqual(24 * 3_600_000);
    expect(rotated.secret).not.toBe(secret);
    const { id: eventId } = bodyOf<Logged>(await api.provider.post(at(id, '/test')), 202);
    await isDelivered(eventId);
    const [request] = receiver.requests;
    if (request === undefined) throw new Error('there is a request');
    for (const known of [secret, rotated.secret]) {
      expect(verified(known, request.body, request.headers)).toMatchObject({ type: 'webhook.test' });
    }
  });

  test('a disabled webhook gets nothing; when it is enabled it gets what had been waiting', async () => {
    const { id } = await subscribed();
    receiver.behave(failing(500));
    const { id: eventId } = bodyOf<Logged>(await api.provider.post(at(id, '/test')), 202);
    await eventually(() => expect(receiver.requests).not.toEqual([]));
    expect((await api.provider.post(at(id, '/disable'))).body).toMatchObject({ id, status: 'disabled' });
    for (const path of [at(id, '/test'), at(id, '/replay-failed'), at('deliveries', `/${eventId}/replay`)]) {
      expect(await api.provider.post(path)).toMatchObject({ status: 409, body: { code: 'WEBHOOK.DISABLED' } });
    }
    receiver.behave(WELL);
    expect((await api.provider.post(at(id, '/enable'))).body).toMatchObject({ status: 'enabled', disabledAt: null });
    await isDelivered(eventId);
  });

  test('events that were given up are listed, and sent again one by one or all at once', async () => {
    const { id } = await subscribed();
    receiver.behave(failing(500));
    const events = await Promise.all([1, 2, 3].map(() => api.provider.post(at(id, '/test'))));
    const ids = events.map((event) => bodyOf<Logged>(event, 202).id).sort();
    // The first one was tried, and what came of it is recorded; the others wait for it.
    await eventually(async () =>
      expect(await api.db.webhookAttempt.count({ where: { deliveryId: { in: ids } } })).toBe(1),
    );
    // Three days later.
    await api.db.webhookDelivery.updateMany({
      where: { endpointId: id },
      data: { status: 'failed', settledAt: new Date() },
    });
    expect((await logOf(id, '?status=failed&sort=id')).map((event) => event.id)).toEqual(ids);
    receiver.behave(WELL);
    const [one = '', ...others] = ids;
    expect((await api.provider.post(at('deliveries', `/${one}/replay`))).body).toMatchObject({ status: 'pending' });
    await isDelivered(one);
    expect(await api.provider.post(at(id, '/replay-failed'))).toMatchObject({ status: 202, body: { id } });
    for (const other of others) await isDelivered(other);
    expect((await api.provider.post(at('deliveries', `/${one}/replay`))).status).toBe(202);
    await eventually(() => expect(receiver.requests.filter(({ id, took }) => took && id === one)).toHaveLength(2));
  });
});

describe('MSG-3: what cannot be a webhook is refused, with the field at fault', () => {
  test.each([
    ['a text that is no URL', { url: 'example.com' }, 'body.url', 'must be a URL'],
    ['a URL of another protocol', { url: 'ftp://example.com' }, 'body.url', 'must begin with https://'],
    ['a user in its URL', { url: 'https://user:pass@example.com' }, 'body.url', 'must not carry a user'],
    ['no groups', { groups: [] }, 'body.groups', 'name a group at least'],
    ['a group twice', { groups: ['shop', 'shop'] }, 'body.groups', 'must not name a group twice'],
    ['an unknown group', { groups: ['webhooks'] }, 'body.groups.0', 'must be one of shop, products'],
    ['an unknown field', { secret: 'mine' }, 'body.secret', 'is not a known field'],
  ])('a webhook with %s is refused, with the field at fault', async (_, wrong, path, message) => {
    const answer = await api.provider.post('/v1/provider/webhooks', { ...terms(), ...wrong });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'REQUEST.INVALID', errors: [{ path, message: expect.stringContaining(message) }] },
    });
  });

  test('in production no URL without TLS and no private address in any spelling is taken', async () => {
    const other = await api.startAnother({ config: { ...api.config, WEBHOOK_ALLOW_PRIVATE: false } });
    const provider = httpClient(() => other.url, await tokenOf(PEOPLE.provider));
    const { id } = await subscribed();
    const before = await api.db.step.count();
    for (const url of [
      'http://example.com/',
      'https://127.0.0.1/',
      'https://[::1]/',
      'https://10.0.0.1/',
      'https://172.16.0.1/',
      'https://192.168.0.1:8443/',
      'https://169.254.169.254/latest',
      'https://100.64.0.1/',
      'https://[::ffff:127.0.0.1]/',
      'https://2130706433/',
      'https://0177.0.0.1/',
      'https://0x7f.1/',
      'https://localhost/',
    ]) {
      for (const answer of [
        await provider.post('/v1/provider/webhooks', { ...terms(), url }),
        await provider.put(at(id), { ...terms(), url }),
      ]) {
        expect([url, answer]).toMatchObject([url, { status: 422, body: { errors: [{ path: 'body.url' }] } }]);
      }
    }
    expect(await api.db.step.count()).toBe(before);
    const fine = await provider.post('/v1/provider/webhooks', { ...terms(), url: 'https://example.com:8443/events' });
    expect(fine).toMatchObject({ status: 201, body: { url: 'https://example.com:8443/events' } });
  });
});
