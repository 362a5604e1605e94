import pino from 'pino';
import { Registry } from 'prom-client';
import { pausedChannels } from '../../../prisma/store/notifications/channels';
import { type Database, openDatabase } from '../../../prisma/store/shared/database';
import { emailSender } from '../../../worker/channels/email';
import { mailTransport } from '../../../worker/channels/smtp';
import { notificationMetrics } from '../../../worker/notification-metrics';
import type { Relay } from '../../../worker/relays/loop';
import { startNotificationRelay } from '../../../worker/relays/notifications';
import { type TestDatabase, testDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';
import { type SmtpInbox, startSmtpInbox } from './smtp-inbox';

const START = Date.parse('2026-02-02T02:00:00Z');
const MINUTE = 60_000;

let database: TestDatabase;
let db: Database;
let inbox: SmtpInbox;
let now = START;
const relays: Relay[] = [];
beforeEach(async () => {
  database = await testDatabase();
  db = openDatabase(database.appUrl, 10);
  await db.user.create({ data: { id: 'usr_1', role: 'buyer', email: 'buyer@example.com' } });
  inbox = await startSmtpInbox();
  now = START;
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await inbox.close();
  await db.$disconnect();
  await database.drop();
});

async function write(count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, n) => `msg_${String(n).padStart(6, '0')}`);
  const about = { recipientId: 'usr_1', event: 'order.paid', sequence: 1, params: {}, createdAt: new Date(START) };
  await db.message.createMany({ data: ids.map((id) => ({ id, ...about, objectId: id })) });
  await db.notificationDelivery.createMany({
    data: ids.map((messageId) => ({ messageId, nextAttemptAt: new Date(START) })),
  });
}

function start(url: string): void {
  const sender = emailSender(mailTransport(url), 'Cloud Marketplace <no-reply@marketplace.example>');
  const logger = pino({ level: 'silent' });
  relays.push(startNotificationRelay({ db, sender, logger, intervalMs: 20, clock: () => now }));
}
const stopAll = async () => Promise.all(relays.splice(0).map((relay) => relay.stop()));

/** Waits until so many attempts have found the server away. */
const failures = (count: number) =>
  eventually(async () => expect(await pausedChannels(db)).toMatchObject([{ channel: 'email', failures: count }]));

test('MSG-2: five hours without an SMTP server count against no mail, and all are sent when it is back', async () => {
  await write(40);
  const away = await startSmtpInbox();
  await away.close();
  start(away.url);
  start(away.url);
  await failures(1);
  for (let probe = 2; probe <= 21; probe += 1) {
    now += 15 * MINUTE;
    await failures(probe);
  }
  expect(await db.notificationDelivery.count({ where: { status: 'pending', attempts: 0 } })).toBe(40);
  await stopAll();
  start(inbox.url);
  now += 15 * MINUTE;
  await eventually(async () =>
    expect(await db.notificationDelivery.count({ where: { status: 'sent', attempts: 1 } })).toBe(40),
  );
  expect(inbox.taken).toHaveLength(40);
  expect(await pausedChannels(db)).toEqual([]);
});

test('MSG-2: while a channel is paused nothing is claimed but one probe, whose pause grows to a minute', async () => {
  await write(40);
  const away = await startSmtpInbox();
  await away.close();
  start(away.url);
  await failures(1);
  const lengths: number[] = [];
  for (let probe = 2; probe <= 7; probe += 1) {
    const [pause] = await pausedChannels(db);
    lengths.push((pause?.pausedUntil.getTime() ?? 0) - now);
    now = pause?.pausedUntil.getTime() ?? 0;
    await failures(probe);
    expect(await db.notificationDelivery.count({ where: { status: 'in_progress' } })).toBe(0);
  }
  expect(lengths).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test('MSG-2: a server that refuses every mail before it was given any pauses the channel, and counts against none', async () => {
  await write(1);
  inbox.refuseSender(451, '4.3.2 try again later');
  start(inbox.url);
  await failures(1);
  expect(await db.notificationDelivery.findFirstOrThrow()).toMatchObject({ status: 'pending', attempts: 0 });
  inbox.refuseSender(null, '');
  now += MINUTE;
  await eventually(async () =>
    expect(await db.notificationDelivery.findFirstOrThrow()).toMatchObject({ status: 'sent' }),
  );
});

test('MSG-2: metrics show which channels are paused, and how much waits', async () => {
  await write(3);
  const registry = new Registry();
  notificationMetrics(registry, db);
  expect(await registry.metrics()).toContain('notification_channel_paused{channel="email"} 0');
  const away = await startSmtpInbox();
  await away.close();
  start(away.url);
  await failures(1);
  await stopAll();
  const text = await registry.metrics();
  expect(text).toContain('notification_channel_paused{channel="email"} 1');
  expect(text).toContain('notifications_waiting{channel="email"} 3');
});
