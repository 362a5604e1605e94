import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { pausedChannels } from '../../../prisma/store/notifications/channels';
import {
  claimNotificationDeliveries,
  retryNotificationDelivery,
} from '../../../prisma/store/notifications/notification-deliveries';
import { type Database, openDatabase } from '../../../prisma/store/shared/database';
import { type SmsInbox, type SmsInboxMessage, startSmsInbox } from '../../../sandbox/sms-inbox';
import { httpSms } from '../../../worker/channels/sms/http';
import { noSms, type SmsPort } from '../../../worker/channels/sms/port';
import { smsSender } from '../../../worker/channels/sms/sender';
import type { Relay } from '../../../worker/relays/loop';
import { startNotificationRelay } from '../../../worker/relays/notifications';
import { type TestDatabase, testDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';

const START = Date.parse('2026-02-02T02:00:00Z');
const MINUTE = 60_000;

let database: TestDatabase;
let db: Database;
let inbox: SmsInbox;
let now = START;
let made = 0;
const relays: Relay[] = [];

beforeEach(async () => {
  database = await testDatabase();
  db = openDatabase(database.appUrl, 10);
  await db.user.createMany({
    data: [
      { id: 'usr_zh', role: 'provider', phone: '138 0000 0001', language: 'zh-CN' },
      { id: 'usr_en', role: 'provider', phone: '+44 20 7946 0958', language: 'en' },
      { id: 'usr_none', role: 'provider', phone: null },
      { id: 'usr_blank', role: 'provider', phone: '  ' },
      { id: 'usr_odd', role: 'provider', phone: '0755-86013388' },
      { id: 'usr_dead', role: 'provider', phone: '13800000099' },
      { id: 'usr_disabled', role: 'provider', phone: '13800000002', disabledAt: new Date(START) },
    ],
  });
  const contact = { providerId: 'prv_1', name: '周', phone: '13800000003', language: 'en' };
  await db.contact.createMany({
    data: [
      { id: 'ctc_1', ...contact },
      { id: 'ctc_removed', ...contact, removedAt: new Date(START) },
    ],
  });
  inbox = await startSmsInbox({ port: 0 });
  now = START;
});

afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await inbox.stop();
  await db.$disconnect();
  await database.drop();
});

/** Puts SMS into the outbox, as the steps of a review do. */
async function write(count: number, recipientId = 'usr_zh'): Promise<string[]> {
  const ids = Array.from({ length: count }, () => `msg_${String(++made).padStart(6, '0')}`);
  const params = { title: '云迁移', reviewId: 'srv_1', reason: '图片模糊' };
  const createdAt = new Date(START);
  await db.message.createMany({
    data: ids.map((id) => {
      return { id, recipientId, event: 'shop.rejected', objectId: id, sequence: 1, params, createdAt, inSite: false };
    }),
  });
  const nextAttemptAt = new Date(START);
  await db.notificationDelivery.createMany({
    data: ids.map((messageId) => ({ messageId, channel: 'sms', nextAttemptAt })),
  });
  return ids;
}

function start(port: SmsPort = httpSms(inbox.sendUrl)): Relay {
  const logger = pino({ level: 'silent' });
  const relay = startNotificationRelay({ db, sender: smsSender(port), logger, intervalMs: 20, clock: () => now });
  relays.push(relay);
  return relay;
}

const taken = async () => (await (await fetch(`${inbox.url}/api/messages`)).json()) as SmsInboxMessage[];
const takenIds = async () => (await taken()).map(({ messageId }) => messageId).sort();
const faults = (body: object) =>
  fetch(`${inbox.url}/api/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const rowOf = (messageId: string) => db.notificationDelivery.findFirstOrThrow({ where: { messageId } });
const untilStatus = (messageId: string, status: string, attempts: number) =>
  eventually(async () => {
    const row = await rowOf(messageId);
    expect(row).toMatchObject({ status, attempts });
    return row;
  });

/** The pause of the channel, once that many attempts have found the service away. */
const paused = (failures: number) =>
  eventually(async () => {
    const [pause] = await pausedChannels(db);
    if (pause?.failures !== failures) throw new Error(`the pause is ${JSON.stringify(pause)}`);
    return pause;
  });

describe('MSG-1: an SMS reaches its reader, in their language', () => {
  test.each([
    ['usr_zh', '+8613800000001', '【云市场】店铺审核未通过：云迁移'],
    ['usr_en', '+442079460958', '[Cloud Marketplace] Shop rejected: 云迁移'],
    ['ctc_1', '+8613800000003', '[Cloud Marketplace] Shop rejected: 云迁移'],
  ])('an SMS reaches %s in their language', async (recipient, to, text) => {
    const [messageId = ''] = await write(1, recipient);
    start();
    expect(await untilStatus(messageId, 'sent', 1)).toMatchObject({ lastError: null, sentAt: new Date(START) });
    expect(await taken()).toEqual([expect.objectContaining({ messageId, to, text })]);
  });

  test.each(['usr_none', 'usr_blank', 'usr_disabled', 'ctc_removed', 'usr_nobody'])(
    'an SMS to %s, who has no telephone number, is skipped',
    async (recipient) => {
      const [id = ''] = await write(1, recipient);
      start();
      await untilStatus(id, 'skipped', 1);
      expect(await taken()).toEqual([]);
    },
  );

  test.each([
    ['no SMS can reach the number', 'usr_odd'],
    ['the service knows no such number', 'usr_dead'],
  ])('MSG-2: an SMS fails at once, and holds up no other, where %s', async (_, recipient) => {
    await faults({ deadNumbers: ['+8613800000099'] });
    const [id = ''] = await write(1, recipient);
    const [good = ''] = await write(1);
    start();
    await untilStatus(id, 'failed', 1);
    await untilStatus(good, 'sent', 1);
    expect(await takenIds()).toEqual([good]);
  });

  test('without an SMS service an SMS is skipped, with that reason', async () => {
    const [id = ''] = await write(1);
    start(noSms);
    expect((await untilStatus(id, 'skipped', 1)).lastError).toBe('No SMS service is configured.');
  });
});

describe('MSG-2: an SMS that definitely did not go out is tried again', () => {
  test('while the service takes no SMS at all the channel is paused, and attempts do not count', async () => {
    await faults({ refuseNext: 2 });
    const [id = ''] = await write(1);
    start();
    const first = await paused(1);
    expect(first.lastError).toContain('503');
    expect(await rowOf(id)).toMatchObject({ status: 'pending', attempts: 0 });
    now += MINUTE;
    await paused(2);
    now += MINUTE;
    await untilStatus(id, 'sent', 1);
    expect(await pausedChannels(db)).toEqual([]);
    expect(await takenIds()).toEqual([id]);
  });

  test('five hours without the service count against no SMS, and all are sent when it is back', async () => {
    const gone = await startSmsInbox({ port: 0 });
    await gone.stop();
    const ids = await write(30);
    let url = gone.sendUrl;
    start({ send: (sms) => httpSms(url).send(sms) });
    expect((await paused(1)).lastError).toMatch(/ECONNREFUSED/);
    for (let probe = 2; probe <= 20; probe += 1) {
      now += 15 * MINUTE;
      await paused(probe);
    }
    expect(await db.notificationDelivery.count({ where: { status: 'pending', attempts: 0 } })).toBe(30);
    url = inbox.sendUrl;
    now += 15 * MINUTE;
    await eventually(async () =>
      expect(await db.notificationDelivery.count({ where: { status: 'sent', attempts: 1 } })).toBe(30),
    );
    expect(await takenIds()).toEqual([...ids].sort());
  });

  test('an SMS that is at fault itself does not end a pause', async () => {
    await faults({ refuseNext: 2 });
    await write(1);
    start();
    await paused(1);
    const [odd = ''] = await write(1, 'usr_odd');
    await db.notificationDelivery.updateMany({
      where: { messageId: odd },
      data: { nextAttemptAt: new Date(START - MINUTE) },
    });
    now += MINUTE;
    await untilStatus(odd, 'failed', 1);
    await paused(2);
  });
});

describe('MSG-2: an SMS whose outcome is unknown is never sent twice by itself', () => {
  test.each([
    ['the connection breaks before the answer', { dropNextAnswers: 1 }],
    ['the answer comes after the time-out', { holdNextAnswers: 1 }],
    ['a proxy in between answers', { loseNextAnswers: 1 }],
  ])('an SMS is unconfirmed where %s, until a person decides', async (_, fault) => {
    await faults(fault);
    const [id = ''] = await write(1);
    start(httpSms(inbox.sendUrl, 1_500));
    await untilStatus(id, 'unconfirmed', 1);
    await faults({});
    now += 24 * 60 * MINUTE;
    await sleep(200);
    expect(await takenIds()).toEqual([id]);
    expect(await retryNotificationDelivery(db, { messageId: id, channel: 'sms' }, new Date(now))).toBe('retried');
    await untilStatus(id, 'sent', 1);
    expect(await takenIds()).toEqual([id, id]);
  });

  test('an SMS whose worker was killed is unconfirmed after a quarter of an hour, not before', async () => {
    const [id = ''] = await write(1);
    // A process that dies leaves nothing but its claim.
    await claimNotificationDeliveries(db, 'sms', 10, new Date(now));
    now = START + 14 * MINUTE;
    start();
    const [other = ''] = await write(1);
    await untilStatus(other, 'sent', 1);
    expect(await rowOf(id)).toMatchObject({ status: 'in_progress' });
    now = START + 15 * MINUTE + 1;
    await untilStatus(id, 'unconfirmed', 1);
    expect(await takenIds()).toEqual([other]);
  });

  test('an SMS that is slow holds up no other', async () => {
    await faults({ holdNextAnswers: 1 });
    const [slow = ''] = await write(1);
    start();
    await eventually(async () => expect(await takenIds()).toEqual([slow]));
    const others = await write(50);
    await eventually(async () => expect(await db.notificationDelivery.count({ where: { status: 'sent' } })).toBe(50));
    expect(await rowOf(slow)).toMatchObject({ status: 'in_progress' });
    await faults({});
    await untilStatus(slow, 'sent', 1);
    expect(await takenIds()).toEqual([slow, ...others].sort());
  });
});

describe('MSG-2: several workers and channels at once', () => {
  test('each SMS is sent exactly once by several workers', async () => {
    const ids = await write(150);
    start();
    start();
    start();
    await eventually(async () =>
      expect(await db.notificationDelivery.count({ where: { status: 'sent', attempts: 1 } })).toBe(ids.length),
    );
    expect(await takenIds()).toEqual([...ids].sort());
  });

  test('what waits for another channel is left to that', async () => {
    const [id = ''] = await write(1);
    await db.notificationDelivery.create({ data: { messageId: id, channel: 'email', nextAttemptAt: new Date(START) } });
    start();
    await eventually(async () => expect(await takenIds()).toEqual([id]));
    await sleep(100);
    const rows = await db.notificationDelivery.findMany({ orderBy: { channel: 'asc' } });
    expect(rows.map(({ channel, status }) => [channel, status])).toEqual([
      ['email', 'pending'],
      ['sms', 'sent'],
    ]);
  });
});
