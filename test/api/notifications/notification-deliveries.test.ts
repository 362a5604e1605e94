import { SignJWT } from 'jose';
import pino from 'pino';
import type { Audience } from '../../../domain/notifications/notice';
import type { UnaddressedNotice } from '../../../prisma/store/notifications/unaddressed';
import { enqueueNotifications } from '../../../prisma/store/shared/outbox';
import { DEVELOPMENT_TERMS } from '../../../scripts/parts/tokens';
import { startUnaddressedReport } from '../../../worker/relays/unaddressed';
import { unique } from '../../factories/commands';
import { type Api, JWT_SECRET, startApi } from '../../support/api';
import { eventually } from '../../support/eventually';
import { key } from '../../support/http';
import { bodyOf, storyOf } from '../../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

const HOUR_S = 3_600;
const nowS = () => Math.floor(Date.now() / 1_000);

/** A token of operations or a buyer, issued some seconds ago. */
const tokenOf = (sub: string, claims: { role: string; permissions?: string[] }, secondsAgo = 0) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setIssuer(DEVELOPMENT_TERMS.issuer)
    .setAudience(DEVELOPMENT_TERMS.audience)
    .setIssuedAt(nowS() - secondsAgo)
    .setExpirationTime(nowS() + HOUR_S)
    .sign(Buffer.from(JWT_SECRET));

/** Somebody with a token of their own reads their profile. */
async function seen(...token: Parameters<typeof tokenOf>): Promise<void> {
  expect((await api.clientOf(await tokenOf(...token)).get('/v1/me')).status).toBe(200);
}

/** Notifies an audience that something of prv_demo is overdue. @returns whom that reached */
async function reached(to: Audience, providerId = 'prv_demo'): Promise<string[]> {
  const objectId = `srv_${unique()}`;
  const notices = [{ event: 'shop.overdue' as const, to: [to], params: {} }];
  await api.db.$transaction((tx) =>
    enqueueNotifications(tx, { providerId, objectId, sequence: 1, notices, at: new Date() }),
  );
  const messages = await api.db.message.findMany({ where: { objectId } });
  return messages.map(({ recipientId }) => recipientId);
}

describe('MSG-2: notices reach whoever a token or an order names', () => {
  test('a manager is notified of everything overdue from the first request with their token on', async () => {
    const manager = `usr_${unique()}`;
    expect(await reached('managers')).not.toContain(manager);
    await seen(manager, { role: 'ops', permissions: ['appeals.rule'] });
    expect(await reached('managers')).toContain(manager);
    expect(await reached('ops')).toContain(manager);
  });

  test('notices end with the permissions, and an older token does not bring them back', async () => {
    const manager = `usr_${unique()}`;
    await seen(manager, { role: 'ops', permissions: ['appeals.rule'] }, 60);
    await seen(manager, { role: 'ops', permissions: [] }, 30);
    expect(await reached('managers')).not.toContain(manager);
    await seen(manager, { role: 'ops', permissions: ['appeals.rule'] }, 40);
    expect(await reached('managers')).not.toContain(manager);
    await seen(manager, { role: 'ops', permissions: ['appeals.rule'] }, 20);
    expect(await reached('managers')).toContain(manager);
  });

  test('a token is stored once, however often it is used, and leaves the profile as it is', async () => {
    const buyer = `usr_${unique()}`;
    await seen(buyer, { role: 'buyer' }, 60);
    const written = () => api.db.$queryRaw`SELECT xmin::text, version, name FROM users WHERE id = ${buyer}`;
    const first = await written();
    for (let request = 0; request < 5; request += 1) await seen(buyer, { role: 'buyer' }, 50 - request);
    expect(await written()).toEqual(first);
    const client = api.clientOf(await tokenOf(buyer, { role: 'buyer' }));
    const profile = await client.get('/v1/me');
    expect([profile.headers.get('etag'), profile.body]).toMatchObject(['"0"', { version: 0, name: null }]);
    const { name, email, phone } = { name: '韩梅梅', email: 'han@demo.example', phone: null };
    const saved = await client.put('/v1/me', { name, email, phone, language: 'en' }, { 'if-match': '"0"' });
    expect(saved).toMatchObject({ status: 200, body: { name, version: 1 } });
    await seen(buyer, { role: 'buyer' });
    expect((await client.get('/v1/me')).body).toMatchObject({ name, version: 1 });
  });

  test('an account of a provider stays what it is, whatever a token says', async () => {
    await seen('usr_provider_demo', { role: 'ops', permissions: ['appeals.rule'] });
    expect(await api.db.user.findUnique({ where: { id: 'usr_provider_demo' } })).toMatchObject({
      role: 'provider',
      account: 'main',
      permissions: [],
    });
  });

  test('a buyer without a profile is notified in-site of their order', async () => {
    const id = `usr_${unique()}`;
    const buyer = api.clientOf(await tokenOf(id, { role: 'buyer' }));
    await story.paidOrder({ buyer });
    const { items } = bodyOf<{ items: { event: string }[] }>(await buyer.get('/v1/me/messages'), 200);
    expect(items.map(({ event }) => event)).toContain('order.paid');
  });
});

describe('MSG-2: a notice without a recipient', () => {
  test('a notice without a recipient is kept, logged once and counted, whoever wrote it', async () => {
    expect(await reached('provider', 'prv_without_people')).toEqual([]);
    const rows = await api.db.unaddressedNotice.findMany();
    expect(rows).toMatchObject([{ event: 'shop.overdue', audience: 'provider', loggedAt: null }]);
    const counted: UnaddressedNotice[] = [];
    const logger = pino({ level: 'silent' });
    const report = {
      db: api.db,
      logger,
      intervalMs: 20,
      onNotice: (notice: UnaddressedNotice) => counted.push(notice),
    };
    const reports = [startUnaddressedReport(report), startUnaddressedReport(report)];
    await eventually(() => expect(counted).toHaveLength(1));
    await Promise.all(reports.map((running) => running.stop()));
    expect(counted).toMatchObject([{ objectId: rows[0]?.objectId, event: 'shop.overdue', audience: 'provider' }]);
  });

  test('a notice that a provider has unsubscribed from is not one without a recipient', async () => {
    const before = await api.db.unaddressedNotice.count();
    const unsubscribed = { subscribed: false, channels: ['email'], recipientIds: [], updatedAt: new Date() };
    await api.db.subscription.create({ data: { providerId: 'prv_demo', eventGroup: 'shop', ...unsubscribed } });
    expect(await reached('provider', 'prv_demo')).toEqual([]);
    expect(await api.db.unaddressedNotice.count()).toBe(before);
  });
});

describe('MSG-2: operations send again what failed in an outage', () => {
  async function failed(count: number, status: 'failed' | 'unconfirmed', createdAt: Date): Promise<string[]> {
    const ids = Array.from({ length: count }, () => `msg_${unique()}`);
    const about = { recipientId: 'usr_demo', event: 'order.paid', sequence: 1, params: {}, createdAt };
    await api.db.message.createMany({ data: ids.map((id) => ({ id, ...about, objectId: id })) });
    await api.db.notificationDelivery.createMany({
      data: ids.map((messageId) => ({ messageId, status, attempts: 12 })),
    });
    return ids;
  }

  test('one command retries what failed by a channel in a time and nothing else; the trail and a repetition say how many', async () => {
    const from = new Date('2026-02-02T00:00:00Z');
    const ids = await failed(7, 'failed', new Date('2026-02-02T03:00:00Z'));
    const others = [
      ...(await failed(1, 'failed', new Date('2026-02-01T23:59:59Z'))),
      ...(await failed(1, 'failed', new Date('2026-02-02T06:00:00Z'))),
      ...(await failed(1, 'unconfirmed', new Date('2026-02-02T03:00:00Z'))),
    ];
    const body = {
      channel: 'email',
      status: 'failed',
      createdFrom: from.toISOString(),
      createdTo: '2026-02-02T06:00:00Z',
    };
    const once = key(`retry-${unique()}`);
    expect(await api.ops.post('/v1/ops/notification-deliveries/retry', body, once)).toMatchObject({
      status: 200,
      body: { retried: 7, complete: true },
    });
    expect((await api.ops.post('/v1/ops/notification-deliveries/retry', body, once)).body).toEqual({
      retried: 7,
      complete: true,
    });
    expect((await api.ops.post('/v1/ops/notification-deliveries/retry', body)).body).toEqual({
      retried: 0,
      complete: true,
    });
    await eventually(async () =>
      expect(await api.db.notificationDelivery.count({ where: { messageId: { in: ids }, status: 'sent' } })).toBe(7),
    );
    expect(await api.db.notificationDelivery.count({ where: { messageId: { in: others }, attempts: 12 } })).toBe(3);
    const steps = await api.db.step.findMany({
      where: { action: 'notification_delivery.retry_all' },
      orderBy: { sequence: 'asc' },
    });
    expect(steps.map(({ stateAfter }) => stateAfter)).toMatchObject([{ retried: 7 }, { retried: 0 }]);
  });

  test.each([
    ['a channel without a status', { channel: 'email' }],
    ['what was sent', { channel: 'email', status: 'sent' }],
    ['what has no outbound channel', { channel: 'in_site', status: 'failed' }],
  ])('a retry of %s is refused', async (_, body) => {
    expect(await api.ops.post('/v1/ops/notification-deliveries/retry', body)).toMatchObject({ status: 422 });
  });

  test('only operations may retry notification deliveries', async () => {
    const body = { channel: 'email', status: 'failed' };
    expect((await api.provider.post('/v1/ops/notification-deliveries/retry', body)).status).toBe(403);
    expect((await api.buyer.get('/v1/ops/notification-channels')).status).toBe(403);
  });

  test('operations see that a channel is paused, why and since when', async () => {
    const active = { state: 'active', pausedSince: null, lastError: null, failures: 0 };
    expect((await api.ops.get('/v1/ops/notification-channels')).body).toMatchObject({
      items: [
        { channel: 'email', ...active },
        { channel: 'sms', ...active },
      ],
    });
    const pause = { pausedSince: new Date(), pausedUntil: new Date(Date.now() + 60_000), failures: 3 };
    await api.db.notificationChannel.create({ data: { channel: 'sms', ...pause, lastError: 'ECONNREFUSED' } });
    expect((await api.ops.get('/v1/ops/notification-channels')).body).toMatchObject({
      items: [
        { channel: 'email', ...active },
        { channel: 'sms', state: 'paused', failures: 3, lastError: 'ECONNREFUSED' },
      ],
    });
    await api.db.notificationChannel.deleteMany();
  });
});
