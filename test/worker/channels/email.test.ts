import pino from 'pino';
import { pausedChannels } from '../../../prisma/store/notifications/channels';
import {
  claimNotificationDeliveries,
  listNotificationDeliveries,
  retryNotificationDelivery,
  settleNotificationDeliveries,
} from '../../../prisma/store/notifications/notification-deliveries';
import { type Database, openDatabase } from '../../../prisma/store/shared/database';
import { emailSender } from '../../../worker/channels/email';
import { mailTransport } from '../../../worker/channels/smtp';
import type { Relay } from '../../../worker/relays/loop';
import { startNotificationRelay } from '../../../worker/relays/notifications';
import { type TestDatabase, testDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';
import { type SmtpInbox, startSmtpInbox } from './smtp-inbox';

const FROM = 'Cloud Marketplace <no-reply@marketplace.example>';
const START = Date.parse('2026-02-02T02:00:00Z');
const MINUTE = 60_000;

let database: TestDatabase;
let db: Database;
let inbox: SmtpInbox;
let now = START;
let made = 0;
const relays: Relay[] = [];

beforeEach(async () => {
  database = await testDatabase();
  db = openDatabase(database.appUrl, 10);
  const people = [
    { id: 'usr_zh', role: 'buyer', email: 'buyer@example.com', language: 'zh-CN' },
    { id: 'usr_en', role: 'provider', email: 'provider@example.com', language: 'en' },
    { id: 'usr_fr', role: 'buyer', email: 'acheteur@example.com', language: 'fr' },
    { id: 'usr_none', role: 'buyer', email: null, language: 'en' },
    { id: 'usr_gone', role: 'buyer', email: 'gone@example.com', language: 'en' },
    { id: 'usr_odd', role: 'buyer', email: 'not an address', language: 'en' },
    { id: 'usr_evil', role: 'buyer', email: 'a@example.com>\r\nRCPT TO:<b@example.com', language: 'en' },
  ];
  await db.user.createMany({ data: people });
  inbox = await startSmtpInbox();
  now = START;
});

afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await inbox.close();
  await db.$disconnect();
  await database.drop();
});

/** Puts mails into the outbox, as the steps of a delivery do. */
async function write(
  count: number,
  recipientId = 'usr_en',
  event = 'delivery.requirement_rejected',
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => `msg_${String(++made).padStart(6, '0')}`);
  const params = { orderId: 'ord_1', deliveryId: null, productName: '备份 Backup', reason: 'line 1\r\nBcc: x@y.z' };
  await db.message.createMany({
    data: ids.map((id) => ({ id, recipientId, event, objectId: id, sequence: 1, params, createdAt: new Date(START) })),
  });
  await db.notificationDelivery.createMany({
    data: ids.map((messageId) => ({ messageId, nextAttemptAt: new Date(START) })),
  });
  return ids;
}

function start(url = inbox.url): Relay {
  const sender = emailSender(mailTransport(url), FROM);
  const logger = pino({ level: 'silent' });
  const relay = startNotificationRelay({ db, sender, logger, intervalMs: 20, clock: () => now });
  relays.push(relay);
  return relay;
}

const claimMails = (limit: number, at: Date) => claimNotificationDeliveries(db, 'email', limit, at);
const retryMail = (messageId: string) => retryNotificationDelivery(db, { messageId, channel: 'email' }, new Date(now));
const listMails = (page: { status: 'failed' | 'unconfirmed' | null; limit: number; cursor: string | null }) =>
  listNotificationDeliveries(db, { channel: 'email', ...page });
const idsOf = (mails: SmtpInbox['taken']) =>
  mails.map(({ messageId }) => messageId?.replace('<', '').replace('@marketplace.example>', '')).sort();

async function untilNone(...statuses: string[]): Promise<void> {
  const until = Date.now() + 20_000;
  while ((await db.notificationDelivery.count({ where: { status: { in: statuses } } })) > 0) {
    if (Date.now() > until)
      throw new Error(`waited in vain: ${JSON.stringify(await db.notificationDelivery.findMany())}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function untilStatus(messageId: string, status: string, attempts: number) {
  const until = Date.now() + 20_000;
  for (;;) {
    const mail = await db.notificationDelivery.findFirstOrThrow({ where: { messageId } });
    if (mail.status === status && mail.attempts === attempts) return mail;
    if (Date.now() > until) throw new Error(`waited in vain: ${JSON.stringify(mail)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('MSG-2: a mail reads in its reader’s language', () => {
  test.each([
    ['usr_en', 'provider@example.com', '[Cloud Marketplace] Requirement rejected: 备份 Backup'],
    ['usr_zh', 'buyer@example.com', '【云市场】需求被驳回：备份 Backup'],
    ['usr_fr', 'acheteur@example.com', '【云市场】需求被驳回：备份 Backup'],
  ])('a mail to %s is worded in their language', async (recipient, address, subject) => {
    const [id = ''] = await write(1, recipient);
    start();
    const sent = await untilStatus(id, 'sent', 1);
    expect(sent).toMatchObject({ address, lastError: null, sentAt: new Date(START) });
    const [mail] = inbox.taken;
    expect(mail).toMatchObject({ subject, messageId: `<${id}@marketplace.example>` });
    expect([mail?.from?.text, mail?.to]).toEqual([
      '"Cloud Marketplace" <no-reply@marketplace.example>',
      expect.objectContaining({ text: address }),
    ]);
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail?.headers.has('bcc')).toBe(false);
    expect(mail?.text).toContain('line 1\nBcc: x@y.z');
    expect(mail?.html).toContain('line 1<br>Bcc: x@y.z');
    expect(mail?.text).not.toContain('null');
  });

  test('a mail to a recipient without an address is skipped', async () => {
    const [id = ''] = await write(1, 'usr_none');
    start();
    await untilStatus(id, 'skipped', 1);
    expect(inbox.taken).toEqual([]);
  });
});

describe('MSG-2: a mail that definitely did not go out is tried again', () => {
  test('after a 451 a mail is tried again after half a minute, then with growing delays, under the same Message-ID', async () => {
    inbox.behave({ answer: 451, text: 'try later' }, { answer: 451, text: 'try later' }, { answer: 250 });
    const [id = ''] = await write(1);
    start();
    const first = await untilStatus(id, 'pending', 1);
    expect(first.lastError).toContain('451 try later');
    expect(first.nextAttemptAt).toEqual(new Date(START + 30_000));
    now = START + 30_000;
    expect((await untilStatus(id, 'pending', 2)).nextAttemptAt).toEqual(new Date(now + MINUTE));
    now += MINUTE;
    await untilStatus(id, 'sent', 3);
    expect(idsOf(inbox.taken)).toEqual([id]);
  });

  test('a mail is tried again when the connection was refused', async () => {
    const [id = ''] = await write(1);
    const url = inbox.url;
    await inbox.close();
    start(url);
    const mail = await eventually(async () => {
      const row = await db.notificationDelivery.findFirstOrThrow({ where: { messageId: id } });
      expect(row.lastError).toMatch(/ECONNREFUSED/);
      return row;
    });
    expect(mail).toMatchObject({ status: 'pending', attempts: 0 });
    inbox = await startSmtpInbox();
  });

  test('a mail is tried again when the connection broke before the content was asked for', async () => {
    inbox.cutEarly(true);
    const [id = ''] = await write(1);
    start();
    await eventually(async () => expect(await pausedChannels(db)).toMatchObject([{ channel: 'email' }]));
    await untilStatus(id, 'pending', 0);
    inbox.cutEarly(false);
    now += 30_000;
    await untilStatus(id, 'sent', 1);
    expect(idsOf(inbox.taken)).toEqual([id]);
  });

  test('a mail is tried 12 times, an hour apart at most; then it has failed, and a person may retry it', async () => {
    inbox.behave({ answer: 552, text: '5.2.2 mailbox full' });
    const [id = ''] = await write(1);
    start();
    for (let attempt = 1; attempt < 12; attempt++) {
      const { nextAttemptAt } = await untilStatus(id, 'pending', attempt);
      expect(nextAttemptAt.getTime() - now).toBe(Math.min(3_600_000, 30_000 * 2 ** (attempt - 1)));
      now = nextAttemptAt.getTime();
    }
    const { lastError } = await untilStatus(id, 'failed', 12);
    expect(lastError).toContain('mailbox full');
    now += 24 * 60 * MINUTE;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(inbox.arrivals()).toBe(12);

    inbox.behave({ answer: 250 });
    expect(await retryMail(id)).toBe('retried');
    await untilStatus(id, 'sent', 1);
    expect(await retryMail(id)).toBe('sent');
    expect(await retryMail('msg_unknown')).toBeNull();
  });

  test('an event of a newer release waits for a worker that knows it', async () => {
    const [id = ''] = await write(1, 'usr_en', 'coupons.expired');
    start();
    expect((await untilStatus(id, 'pending', 1)).lastError).toBe('Unknown event coupons.expired');
  });
});

describe('MSG-2: a mail to an address that cannot receive it fails at once', () => {
  test.each([
    ['the server knows no such mailbox', 'usr_gone'],
    ['the address is none', 'usr_odd'],
    ['the address is an SMTP command', 'usr_evil'],
  ])('a mail fails at once where %s', async (_, recipient) => {
    inbox.refuseRecipient('gone@example.com', 550, '5.1.1 no such mailbox');
    const [id = ''] = await write(1, recipient);
    const [good = ''] = await write(1);
    start();
    await untilStatus(id, 'failed', 1);
    await untilStatus(good, 'sent', 1);
    expect(idsOf(inbox.taken)).toEqual([good]);
  });
});

describe('MSG-2: a mail whose outcome is unknown is never sent twice by itself', () => {
  test('a mail is unconfirmed when the connection broke after the content, until a person decides', async () => {
    inbox.behave({ answer: 'cut' }, { answer: 250 });
    const [id = ''] = await write(1);
    start();
    await untilStatus(id, 'unconfirmed', 1);
    now += 24 * 60 * MINUTE;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(idsOf(inbox.taken)).toEqual([id]);

    expect(await listMails({ status: 'unconfirmed', limit: 10, cursor: null })).toEqual([
      expect.objectContaining({
        messageId: id,
        event: 'delivery.requirement_rejected',
        address: 'provider@example.com',
      }),
    ]);
    await retryMail(id);
    await untilStatus(id, 'sent', 1);
    expect(idsOf(inbox.taken)).toEqual([id, id]);
  });

  test('a mail is unconfirmed also when its connection had sent mails before', async () => {
    const [first = ''] = await write(1);
    start();
    await untilStatus(first, 'sent', 1);
    inbox.behave({ answer: 'cut' }, { answer: 250 });
    const [second = ''] = await write(1);
    await untilStatus(second, 'unconfirmed', 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(idsOf(inbox.taken)).toEqual([first, second]);
  });

  test('a mail whose worker was killed is unconfirmed after a quarter of an hour, not before', async () => {
    const [id = ''] = await write(1);
    // A process that dies leaves nothing but its claim.
    await claimMails(10, new Date(now));
    now = START + 14 * MINUTE;
    start();
    const [other = ''] = await write(1);
    await untilStatus(other, 'sent', 1);
    expect((await db.notificationDelivery.findFirstOrThrow({ where: { messageId: id } })).status).toBe('in_progress');
    now = START + 15 * MINUTE + 1;
    await untilStatus(id, 'unconfirmed', 1);
    expect(idsOf(inbox.taken)).toEqual([other]);
  });

  test('the outcome of a slow worker’s attempt counts also after it was given up', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    inbox.behave({ answer: 'late', released });
    const [id = ''] = await write(1);
    const slow = start();
    while (inbox.taken.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    now += 20 * MINUTE;
    start();
    await untilStatus(id, 'unconfirmed', 1);
    release();
    await untilStatus(id, 'sent', 1);
    await slow.stop();
    expect(idsOf(inbox.taken)).toEqual([id]);
  });

  test('the outcome of an attempt that a person has replaced does not count for the new one', async () => {
    const [id = ''] = await write(1);
    const [old] = await claimMails(10, new Date(now));
    await db.notificationDelivery.updateMany({ where: { messageId: id }, data: { status: 'unconfirmed' } });
    await retryMail(id);
    await claimMails(10, new Date(now + 1));
    if (old !== undefined)
      await settleNotificationDeliveries(db, [{ attempt: old, ending: { status: 'sent', at: new Date(now) } }]);
    expect((await db.notificationDelivery.findFirstOrThrow({ where: { messageId: id } })).status).toBe('in_progress');
  });
});

describe('MSG-2: several workers at once', () => {
  test('each mail is sent exactly once by several workers', async () => {
    const ids = await write(120);
    start();
    start();
    start();
    await untilNone('pending', 'in_progress');
    expect(idsOf(inbox.taken)).toEqual([...ids].sort());
    expect(await db.notificationDelivery.count({ where: { status: 'sent', attempts: 1 } })).toBe(120);
  });

  test('claims never overlap, and keep to their limit', async () => {
    const ids = await write(60);
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimMails(7, new Date(now))));
    expect(claims.map(({ length }) => length)).toEqual(Array(8).fill(7));
    const claimed = claims.flat().map(({ messageId }) => messageId);
    expect(new Set(claimed).size).toBe(56);
    expect(ids).toEqual(expect.arrayContaining(claimed));
  });

  test('a relay that stops waits for the mails that are being sent', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    inbox.behave({ answer: 'late', released });
    const [id = ''] = await write(1);
    const relay = start();
    while (inbox.taken.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const stopped = relay.stop();
    release();
    await stopped;
    expect((await db.notificationDelivery.findFirstOrThrow({ where: { messageId: id } })).status).toBe('sent');
  });
});

test('MSG-2: failures are listed newest first, page by page', async () => {
  const ids = await write(5);
  await db.notificationDelivery.updateMany({
    where: { messageId: { not: ids[2] ?? '' } },
    data: { status: 'failed', lastError: 'x' },
  });
  const page = (cursor: string | null) => listMails({ status: 'failed', limit: 2, cursor });
  const first = await page(null);
  const second = await page(first[1]?.id ?? null);
  expect([...first, ...second].map(({ messageId }) => messageId)).toEqual([ids[4], ids[3], ids[1], ids[0]]);
  expect(await page(second[1]?.id ?? null)).toEqual([]);
  expect(await listMails({ status: null, limit: 10, cursor: null })).toHaveLength(5);
});
