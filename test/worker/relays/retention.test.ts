import pino from 'pino';
import type { Audience } from '../../../domain/notifications/notice';
import { parsePolicy } from '../../../domain/policies/catalogue';
import { DAY_MS } from '../../../domain/policies/duration';
import { recordPerson } from '../../../prisma/store/accounts/users';
import { claimNotificationDeliveries } from '../../../prisma/store/notifications/notification-deliveries';
import { type Database, openDatabase } from '../../../prisma/store/shared/database';
import { enqueueNotifications } from '../../../prisma/store/shared/outbox';
import type { Relay } from '../../../worker/relays/loop';
import { startRetention } from '../../../worker/relays/retention';
import { type TestDatabase, testDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const daysAgo = (days: number) => new Date(NOW - days * DAY_MS);

let database: TestDatabase;
let db: Database;
const relays: Relay[] = [];
beforeEach(async () => {
  database = await testDatabase();
  db = openDatabase(database.appUrl, 10);
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await db.$disconnect();
  await database.drop();
});

function start(policy: Record<string, unknown>): void {
  const logger = pino({ level: 'silent' });
  const retention = { db, policy: parsePolicy(policy), logger, intervalMs: 20, clock: () => NOW, batch: 3 };
  relays.push(startRetention(retention));
}

async function addEvent(id: string, status: string, settledAt: Date | null): Promise<void> {
  const about = { objectId: 'ord_1', stepObjectId: id, stepSequence: 1, event: 'order.paid', eventGroup: 'orders' };
  const common = { endpointId: 'whk_1', providerId: 'prv_1', params: {}, createdAt: daysAgo(300) };
  await db.webhookDelivery.create({ data: { id, ...about, ...common, status, settledAt } });
  await db.webhookAttempt.create({ data: { deliveryId: id, number: 1, at: daysAgo(300), durationMs: 5 } });
}

const idAt = (at: Date, n: string) => `msg_${at.getTime().toString(16).padStart(12, '0')}${n}`;

async function addMessage(n: string, createdAt: Date, status: string | null): Promise<string> {
  const id = idAt(createdAt, n);
  const about = { event: 'order.paid', eventGroup: 'orders', objectId: id, sequence: 1, params: {} };
  await db.message.create({ data: { id, recipientId: 'usr_1', ...about, createdAt } });
  if (status !== null) await db.notificationDelivery.create({ data: { messageId: id, status } });
  return id;
}

test('GEN-3: webhook events are kept for their time after they were delivered or given up, and go in batches', async () => {
  for (let n = 0; n < 10; n += 1) await addEvent(`evt_old_${n}`, n % 2 ? 'delivered' : 'failed', daysAgo(8));
  await addEvent('evt_pending', 'pending', null);
  await addEvent('evt_young', 'failed', daysAgo(6));
  start({ 'webhook.keepEventsFor': '7 days' });
  start({ 'webhook.keepEventsFor': '7 days' });
  await eventually(async () => {
    const left = await db.webhookDelivery.findMany({ orderBy: { id: 'asc' } });
    expect(left.map(({ id }) => id)).toEqual(['evt_pending', 'evt_young']);
  });
  const attempts = await db.webhookAttempt.findMany({ orderBy: { deliveryId: 'asc' } });
  expect(attempts.map(({ deliveryId }) => deliveryId)).toEqual(['evt_pending', 'evt_young']);
});

test('GEN-3: messages are kept for their time with their deliveries; those still to be sent stay', async () => {
  for (let n = 0; n < 10; n += 1) {
    await addMessage(`old${n}`, daysAgo(41), ['sent', 'failed', 'unconfirmed', 'skipped'][n % 5] ?? null);
  }
  const waiting = await addMessage('waiting', daysAgo(41), 'pending');
  const leaving = await addMessage('leaving', daysAgo(41), 'in_progress');
  const young = await addMessage('young', daysAgo(39), 'sent');
  const notice = { sequence: 1, event: 'order.paid', audience: 'provider', createdAt: daysAgo(41) };
  await db.unaddressedNotice.create({ data: { ...notice, objectId: 'ord_logged', loggedAt: daysAgo(41) } });
  await db.unaddressedNotice.create({ data: { ...notice, objectId: 'ord_not_logged' } });
  start({ 'notification.keepFor': '40 days' });
  await eventually(async () => {
    const left = await db.message.findMany();
    expect(left.map(({ id }) => id).sort()).toEqual([waiting, leaving, young].sort());
    expect(await db.unaddressedNotice.findMany()).toMatchObject([{ objectId: 'ord_not_logged' }]);
  });
  expect(await db.notificationDelivery.count()).toBe(3);
});

test('GEN-3: records of requests are kept for their time and an hour, and go in batches, past those that somebody holds', async () => {
  const hoursAgo = (hours: number) => new Date(NOW - hours * 3_600_000);
  const add = (id: string, createdAt: Date) =>
    db.idempotencyRecord.create({
      data: { id, principal: 'buyer:usr_1', route: '/v1/buyer/orders', key: id, bodyHash: 'test:hash', createdAt },
    });
  for (let n = 0; n < 10; n += 1) await add(`cmd_old_${n}`, hoursAgo(26));
  await add('cmd_young', hoursAgo(24.5));
  const left = async () => (await db.idempotencyRecord.findMany({ orderBy: { id: 'asc' } })).map(({ id }) => id);
  await db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT FROM idempotency_records WHERE id = 'cmd_old_0' FOR UPDATE`;
    start({ 'idempotency.keepFor': '24 hours' });
    start({ 'idempotency.keepFor': '24 hours' });
    await eventually(async () => expect(await left()).toEqual(['cmd_old_0', 'cmd_young']), 4_000);
  });
  await eventually(async () => expect(await left()).toEqual(['cmd_young']));
});

test('GEN-3: messages cannot be kept for less than the 30 days that subscriptions show', () => {
  expect(() => parsePolicy({ 'notification.keepFor': '29 days' })).toThrow('must be 30 days at least');
});

describe('MSG-2: operations who have left are not notified', () => {
  const policy = { 'notification.operationsAbsentAfter': '60 days' };
  const add = (id: string, role: string, tokenIssuedAt: Date | null, changedAt = daysAgo(300)) =>
    db.user.create({
      data: {
        id,
        role,
        permissions: ['appeals.rule'],
        email: `${id}@demo.example`,
        tokenIssuedAt,
        updatedAt: changedAt,
      },
    });
  const absent = async () =>
    (await db.user.findMany({ where: { disabledAt: { not: null } }, orderBy: { id: 'asc' } })).map(({ id }) => id);
  const notified = async (to: Audience, sequence: number) => {
    const notices = [{ event: 'shop.overdue' as const, to: [to], params: {} }];
    const step = { providerId: null, objectId: 'srv_1', sequence, notices, at: new Date() };
    await db.$transaction((tx) => enqueueNotifications(tx, step));
    return (await db.message.findMany({ where: { sequence } })).map(({ recipientId }) => recipientId).sort();
  };
  const seen = (id: string, issuedAt: Date) =>
    recordPerson(db, { id, role: 'ops', permissions: ['appeals.rule'], issuedAt });

  test('MSG-2: who has shown no new token for the time of the policy is absent, whoever else is not', async () => {
    await add('usr_left', 'ops', daysAgo(61));
    await add('usr_never_seen', 'ops', null);
    await add('usr_here', 'ops', daysAgo(59));
    await add('usr_just_named', 'ops', null, daysAgo(1));
    await add('usr_buyer', 'buyer', daysAgo(300));
    await add('usr_provider', 'provider', null);
    expect(await notified('ops', 1)).toEqual(['usr_here', 'usr_just_named', 'usr_left', 'usr_never_seen']);
    start(policy);
    start(policy);
    await eventually(async () => expect(await absent()).toEqual(['usr_left', 'usr_never_seen']));
    expect(await notified('ops', 2)).toEqual(['usr_here', 'usr_just_named']);
    expect(await notified('managers', 3)).toEqual(['usr_here', 'usr_just_named']);
    const claimed = await claimNotificationDeliveries(db, 'email', 100, new Date(Date.now() + DAY_MS));
    const waiting = await db.message.findMany({ where: { recipientId: 'usr_left' } });
    expect(claimed.filter(({ messageId }) => waiting.some(({ id }) => id === messageId))).toMatchObject([
      { address: null },
    ]);
  });

  test('MSG-2: a notice that only absent people would get has no recipient; a newer token ends the absence, an old one does not', async () => {
    await add('usr_left', 'ops', daysAgo(61));
    start(policy);
    await eventually(async () => expect(await absent()).toEqual(['usr_left']));
    for (const [index, to] of (['ops', 'managers'] as const).entries())
      expect(await notified(to, index + 1)).toEqual([]);
    expect(await db.unaddressedNotice.count()).toBe(2);
    await seen('usr_left', daysAgo(61));
    await seen('usr_left', daysAgo(70));
    expect(await absent()).toEqual(['usr_left']);
    await seen('usr_left', daysAgo(0));
    expect(await notified('managers', 3)).toEqual(['usr_left']);
  });

  test('GEN-3: nobody is absent before 30 days', () => {
    expect(() => parsePolicy({ 'notification.operationsAbsentAfter': '29 days' })).toThrow('must be 30 days at least');
  });
});
