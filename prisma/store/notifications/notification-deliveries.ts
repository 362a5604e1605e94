import type { OutboundChannel } from '../../../domain/notifications/groups';
import { Prisma } from '../../generated/client';
import type { Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';

/** The states of a sending, from the outbox to its end. */
export const NOTIFICATION_DELIVERY_STATUSES = [
  'pending',
  'sending',
  'sent',
  'failed',
  'unconfirmed',
  'skipped',
] as const;
export type NotificationDeliveryStatus = (typeof NOTIFICATION_DELIVERY_STATUSES)[number];

/** A message on its way through one channel. */
export type NotificationDeliveryKey = { messageId: string; channel: OutboundChannel };

/** One attempt to send. It is known by its instant, so that a late word of an older one is not taken for it. */
export type Attempt = NotificationDeliveryKey & { claimedAt: Date };

/** A message claimed for sending, with what it is worded from. `address` is null where the recipient has none. */
export type ClaimedNotification = Attempt & {
  /** Attempts so far, this one included. */
  attempts: number;
  event: string;
  params: Record<string, string>;
  language: string | null;
  /** The e-mail address or telephone number, as it was given. */
  address: string | null;
};

type ClaimedRow = Omit<ClaimedNotification, 'params' | 'channel'> & { params: Prisma.JsonValue };

/**
 * Claims the sendings of a channel that are due, the longest waiting first: no other worker gets them (MSG-2). Who was
 * disabled or removed meanwhile has no address any more.
 * @param limit how many at most
 * @param now the instant of the claim
 */
export async function claimNotificationDeliveries(
  db: Database,
  channel: OutboundChannel,
  limit: number,
  now: Date,
): Promise<ClaimedNotification[]> {
  const address = { email: Prisma.sql`coalesce(u.email, c.email)`, sms: Prisma.sql`coalesce(u.phone, c.phone)` }[
    channel
  ];
  const rows = await db.$queryRaw<ClaimedRow[]>`
    WITH due AS MATERIALIZED (
      SELECT s.message_id, m.event, m.params, ${address} AS address, coalesce(u.language, c.language) AS language
      FROM notification_deliveries s JOIN messages m ON m.id = s.message_id
      LEFT JOIN users u ON u.id = m.recipient_id AND u.disabled_at IS NULL
      LEFT JOIN contacts c ON c.id = m.recipient_id AND c.removed_at IS NULL
      WHERE s.channel = ${channel} AND s.status = 'pending' AND s.next_attempt_at <= ${now}
      ORDER BY s.next_attempt_at LIMIT ${limit} FOR UPDATE OF s SKIP LOCKED
    )
    UPDATE notification_deliveries SET status = 'sending', claimed_at = ${now}, attempts = attempts + 1, address = due.address
    FROM due WHERE notification_deliveries.message_id = due.message_id AND notification_deliveries.channel = ${channel}
    RETURNING notification_deliveries.message_id AS "messageId", notification_deliveries.claimed_at AS "claimedAt", notification_deliveries.attempts,
              notification_deliveries.address, due.event, due.params, due.language`;
  return rows.map((row) => ({ ...row, channel, params: textsOf(row.params) }));
}

/**
 * How an attempt ended. `pending`: it definitely did not go out, and is tried again at `nextAttemptAt`; the attempt is not counted where the channel could
 * take no message at all; `failed`: it
 * definitely did not, and trying again by itself is no use; `skipped`: there is no way to the recipient; `unconfirmed`:
 * nobody can tell, so it is never sent again by itself.
 */
export type Ending =
  | { status: 'sent'; at: Date }
  | { status: 'pending'; error: string; nextAttemptAt: Date; isCounted: boolean }
  | { status: 'failed' | 'unconfirmed' | 'skipped'; error: string };

export type EndedAttempt = { attempt: Attempt; ending: Ending };

const LONGEST_ERROR = 1_000;

/**
 * Writes how attempts ended, all in one statement; one given up as unconfirmed may still learn its true end, and the
 * word of an attempt that was replaced by another says nothing.
 */
export async function settleNotificationDeliveries(db: Database, ended: readonly EndedAttempt[]): Promise<void> {
  const rows = ended.map(({ attempt: { messageId, channel, claimedAt }, ending }) => ({
    message_id: messageId,
    channel,
    claimed_at: claimedAt,
    status: ending.status,
    last_error: 'error' in ending ? storable(ending.error) : null,
    next_attempt_at: 'nextAttemptAt' in ending ? ending.nextAttemptAt : null,
    sent_at: ending.status === 'sent' ? ending.at : null,
    uncounted: ending.status === 'pending' && !ending.isCounted ? 1 : 0,
  }));
  await db.$executeRaw`
    UPDATE notification_deliveries s SET status = e.status, last_error = e.last_error, sent_at = e.sent_at,
      next_attempt_at = coalesce(e.next_attempt_at, s.next_attempt_at), attempts = s.attempts - e.uncounted
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS e(message_id text, channel text, claimed_at timestamptz, status text, last_error text,
           next_attempt_at timestamptz, sent_at timestamptz, uncounted int)
    WHERE s.message_id = e.message_id AND s.channel = e.channel AND s.claimed_at = e.claimed_at
      AND s.status IN ('sending', 'unconfirmed')`;
}

/** What a stranger's server said, as a text that PostgreSQL takes. */
export const storable = (error: string): string =>
  error.replaceAll('\0', '').toWellFormed().slice(0, LONGEST_ERROR).toWellFormed();

/**
 * Gives up attempts that nobody reports on any more, their process having died: nobody can tell whether these
 * went out, so they become `unconfirmed`, are seen, and wait for a person's decision.
 * @param olderThan attempts begun before this instant
 * @returns how many there were
 */
export async function releaseStale(db: Database, channel: OutboundChannel, olderThan: Date): Promise<number> {
  const { count } = await db.notificationDelivery.updateMany({
    where: { channel, status: 'sending', claimedAt: { lt: olderThan } },
    data: {
      status: 'unconfirmed',
      lastError: 'The sending process ended before it knew whether the message went out.',
    },
  });
  return count;
}

/** A sending as operations see it. */
export type NotificationDeliveryRecord = {
  id: string;
  messageId: string;
  channel: OutboundChannel;
  status: NotificationDeliveryStatus;
  attempts: number;
  address: string | null;
  lastError: string | null;
  nextAttemptAt: Date;
  claimedAt: Date | null;
  sentAt: Date | null;
  event: string;
  objectId: string;
  recipientId: string;
  createdAt: Date;
};

/** The one id of a sending: `msg_…_email`. */
const idOf = ({ messageId, channel }: NotificationDeliveryKey) => `${messageId}_${channel}`;

/** What an id names; null when it cannot be a sending's. */
export function notificationDeliveryOf(id: string): NotificationDeliveryKey | null {
  const [, messageId, channel] = /^(msg_\w+)_(email|sms)$/.exec(id) ?? [];
  if (messageId === undefined) return null;
  return { messageId, channel: channel === 'sms' ? 'sms' : 'email' };
}

/**
 * The sendings, newest first.
 * @param page only those of a channel or a status; `cursor` is the id of the last one already read
 */
export async function listNotificationDeliveries(
  db: Database,
  page: {
    channel: OutboundChannel | null;
    status: NotificationDeliveryStatus | null;
    limit: number;
    cursor: string | null;
  },
): Promise<NotificationDeliveryRecord[]> {
  const after = page.cursor === null ? null : notificationDeliveryOf(page.cursor);
  const rows = await db.$queryRaw<Omit<NotificationDeliveryRecord, 'id'>[]>`
    SELECT s.message_id AS "messageId", s.channel, s.status, s.attempts, s.address, s.last_error AS "lastError",
           s.next_attempt_at AS "nextAttemptAt", s.claimed_at AS "claimedAt", s.sent_at AS "sentAt",
           m.event, m.object_id AS "objectId", m.recipient_id AS "recipientId", m.created_at AS "createdAt"
    FROM notification_deliveries s JOIN messages m ON m.id = s.message_id
    WHERE true ${page.status === null ? Prisma.empty : Prisma.sql`AND s.status = ${page.status}`}
      ${page.channel === null ? Prisma.empty : Prisma.sql`AND s.channel = ${page.channel}`}
      ${after === null ? Prisma.empty : Prisma.sql`AND (s.message_id, s.channel) < (${after.messageId}, ${after.channel})`}
    ORDER BY s.message_id DESC, s.channel DESC LIMIT ${page.limit}`;
  return rows.map((row) => ({ id: idOf(row), ...row }));
}

/**
 * Has a message sent again by a channel where it failed, or where nobody can tell: a person's decision.
 * @returns the sending's status otherwise; null when there is no such sending
 */
export async function retryNotificationDelivery(
  tx: Transaction,
  { messageId, channel }: NotificationDeliveryKey,
  now: Date,
): Promise<'retried' | NotificationDeliveryStatus | null> {
  const retried = await tx.$executeRaw`
    UPDATE notification_deliveries SET status = 'pending', attempts = 0, claimed_at = NULL, next_attempt_at = ${now}
    WHERE message_id = ${messageId} AND channel = ${channel} AND status IN ('failed', 'unconfirmed')`;
  if (retried === 1) return 'retried';
  const [found] = await tx.$queryRaw<{ status: NotificationDeliveryStatus }[]>`
    SELECT status FROM notification_deliveries WHERE message_id = ${messageId} AND channel = ${channel}`;
  return found?.status ?? null;
}

/** Which messages are to be sent again, all at once: those of a channel that failed, or of which nobody can tell. */
export type RetryFilter = {
  channel: OutboundChannel;
  status: 'failed' | 'unconfirmed';
  createdFrom: Date | null;
  createdTo: Date | null;
};

/**
 * Has all messages sent again that a filter names, the oldest first: a person's decision.
 * @param limit how many at most
 * @returns how many there were; less than `limit` when none is left
 */
export async function retryNotificationDeliveries(
  tx: Transaction,
  { channel, status, createdFrom, createdTo }: RetryFilter,
  limit: number,
  now: Date,
): Promise<number> {
  return tx.$executeRaw`
    UPDATE notification_deliveries SET status = 'pending', attempts = 0, claimed_at = NULL, next_attempt_at = ${now}
    WHERE channel = ${channel} AND message_id IN (
      SELECT s.message_id FROM notification_deliveries s JOIN messages m ON m.id = s.message_id
      WHERE s.channel = ${channel} AND s.status = ${status}
        AND m.created_at >= coalesce(${createdFrom}::timestamptz, '-infinity')
        AND m.created_at < coalesce(${createdTo}::timestamptz, 'infinity')
      ORDER BY s.message_id LIMIT ${limit} FOR UPDATE OF s SKIP LOCKED)`;
}

/** A message's parameters that are texts; the others say nothing. */
function textsOf(params: Prisma.JsonValue): Record<string, string> {
  const texts: Record<string, string> = {};
  if (typeof params !== 'object' || params === null) return texts;
  for (const [name, value] of Object.entries(params)) if (typeof value === 'string') texts[name] = value;
  return texts;
}
