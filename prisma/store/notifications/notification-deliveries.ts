import { z } from 'zod';
import {
  NOTIFICATION_DELIVERY_STATUSES,
  type NotificationDeliveryStatus,
  REPORTABLE_STATUSES,
  RETRYABLE_STATUSES,
  type RetryableStatus,
} from '../../../domain/notifications/delivery-status';
import { OUTBOUND_CHANNELS, type OutboundChannel } from '../../../domain/notifications/groups';
import { Prisma } from '../../generated/client';
import type { Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { queryRows } from '../shared/query-rows';
import { textsOf } from './params';

/** A message on its way through one channel. */
export type NotificationDeliveryKey = { messageId: string; channel: OutboundChannel };

/** One attempt to send. It is known by its instant, so that the late result of an older one is not taken for its own. */
export type Attempt = NotificationDeliveryKey & { claimedAt: Date };

/** A message claimed by a worker, with what it is worded from. */
export type ClaimedNotification = z.output<typeof claimedNotification>;

const claimedNotification = z.object({
  messageId: z.string(),
  channel: z.enum(OUTBOUND_CHANNELS),
  claimedAt: z.date(),
  /** Attempts so far, this one included. */
  attempts: z.int(),
  event: z.string(),
  params: z.unknown().transform(textsOf),
  language: z.string().nullable(),
  /** The e-mail address or telephone number, as it was given; null where the recipient has none. */
  address: z.string().nullable(),
});

/**
 * Claims the deliveries of a channel that are due, the longest waiting first: no other worker gets them (MSG-2). Who was
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
  const addresses = { email: Prisma.sql`coalesce(u.email, c.email)`, sms: Prisma.sql`coalesce(u.phone, c.phone)` };
  // One statement finds, locks and marks them, and reads what they are worded from. SKIP LOCKED leaves to another worker
  // what it has locked; MATERIALIZED, since the rows that are locked and those that are updated must be the same.
  const query = Prisma.sql`
    WITH due AS MATERIALIZED (
      SELECT d.message_id, m.event, m.params, ${addresses[channel]} AS address,
             coalesce(u.language, c.language) AS language
      FROM notification_deliveries d JOIN messages m ON m.id = d.message_id
      LEFT JOIN users u ON u.id = m.recipient_id AND u.disabled_at IS NULL
      LEFT JOIN contacts c ON c.id = m.recipient_id AND c.removed_at IS NULL
      WHERE d.channel = ${channel} AND d.status = 'pending' AND d.next_attempt_at <= ${now}
      ORDER BY d.next_attempt_at LIMIT ${limit} FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE notification_deliveries d
    SET status = 'in_progress', claimed_at = ${now}, attempts = attempts + 1, address = due.address
    FROM due WHERE d.message_id = due.message_id AND d.channel = ${channel}
    RETURNING d.message_id AS "messageId", d.channel, d.claimed_at AS "claimedAt", d.attempts, d.address, due.event,
              due.params, due.language`;
  return queryRows(db, claimedNotification, query);
}

/**
 * How an attempt ended. `pending`: it definitely did not go out, and is tried again at `nextAttemptAt`; the attempt is
 * not counted where the channel could take no message at all. `failed`: it definitely did not, and trying again by
 * itself is no use. `skipped`: there is no way to the recipient. `unconfirmed`: it may or may not have gone out, so it
 * is never sent again by itself.
 */
export type Ending =
  | { status: 'sent'; at: Date }
  | { status: 'pending'; error: string; nextAttemptAt: Date; isCounted: boolean }
  | { status: 'failed' | 'unconfirmed' | 'skipped'; error: string };

export type EndedAttempt = { attempt: Attempt; ending: Ending };

const LONGEST_ERROR = 1_000;

/**
 * Stores how attempts ended. One given up as unconfirmed may still learn its true end; the result of an attempt that was
 * replaced by another changes nothing.
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
  // One statement for all, so that many messages at a time cost one round trip and one commit.
  await db.$executeRaw`
    UPDATE notification_deliveries d SET status = e.status, last_error = e.last_error, sent_at = e.sent_at,
      next_attempt_at = coalesce(e.next_attempt_at, d.next_attempt_at), attempts = d.attempts - e.uncounted
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS e(message_id text, channel text, claimed_at timestamptz, status text, last_error text,
           next_attempt_at timestamptz, sent_at timestamptz, uncounted int)
    WHERE d.message_id = e.message_id AND d.channel = e.channel AND d.claimed_at = e.claimed_at
      AND d.status = ANY(${[...REPORTABLE_STATUSES]}::text[])`;
}

/** What another party's server answered, as a text that PostgreSQL takes. */
export const storable = (error: string): string =>
  error.replaceAll('\0', '').toWellFormed().slice(0, LONGEST_ERROR).toWellFormed();

/**
 * Gives up attempts that nobody reports on any more, their process having died: it is unknown whether these went out,
 * so they become `unconfirmed`, are listed, and wait for a person's decision.
 * @param olderThan attempts begun before this instant
 * @returns how many there were
 */
export async function releaseStale(db: Database, channel: OutboundChannel, olderThan: Date): Promise<number> {
  const { count } = await db.notificationDelivery.updateMany({
    where: { channel, status: 'in_progress', claimedAt: { lt: olderThan } },
    data: {
      status: 'unconfirmed',
      lastError: 'The worker ended before it knew whether the message went out.',
    },
  });
  return count;
}

/** A notification delivery as operations see it. */
export type NotificationDeliveryRecord = z.output<typeof deliveryRow> & { id: string };

const deliveryRow = z.object({
  messageId: z.string(),
  channel: z.enum(OUTBOUND_CHANNELS),
  status: z.enum(NOTIFICATION_DELIVERY_STATUSES),
  attempts: z.int(),
  address: z.string().nullable(),
  lastError: z.string().nullable(),
  nextAttemptAt: z.date(),
  claimedAt: z.date().nullable(),
  sentAt: z.date().nullable(),
  event: z.string(),
  objectId: z.string(),
  recipientId: z.string(),
  createdAt: z.date(),
});

/** The one id of a notification delivery: `msg_…_email`. */
const idOf = ({ messageId, channel }: NotificationDeliveryKey) => `${messageId}_${channel}`;

/** What an id names; null when it cannot be a notification delivery's. */
export function notificationDeliveryOf(id: string): NotificationDeliveryKey | null {
  const [, messageId, channel] = /^(msg_\w+)_(email|sms)$/.exec(id) ?? [];
  if (messageId === undefined) return null;
  return { messageId, channel: channel === 'sms' ? 'sms' : 'email' };
}

/**
 * The notification deliveries, newest first.
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
  // The page begins after a pair of columns: as a comparison of rows it is one range of the primary key.
  const query = Prisma.sql`
    SELECT d.message_id AS "messageId", d.channel, d.status, d.attempts, d.address, d.last_error AS "lastError",
           d.next_attempt_at AS "nextAttemptAt", d.claimed_at AS "claimedAt", d.sent_at AS "sentAt",
           m.event, m.object_id AS "objectId", m.recipient_id AS "recipientId", m.created_at AS "createdAt"
    FROM notification_deliveries d JOIN messages m ON m.id = d.message_id
    WHERE true ${page.status === null ? Prisma.empty : Prisma.sql`AND d.status = ${page.status}`}
      ${page.channel === null ? Prisma.empty : Prisma.sql`AND d.channel = ${page.channel}`}
      ${after === null ? Prisma.empty : Prisma.sql`AND (d.message_id, d.channel) < (${after.messageId}, ${after.channel})`}
    ORDER BY d.message_id DESC, d.channel DESC LIMIT ${page.limit}`;
  const rows = await queryRows(db, deliveryRow, query);
  return rows.map((row) => ({ id: idOf(row), ...row }));
}

/**
 * Has a message sent again by a channel where it failed, or may have failed: a person's decision.
 * @returns the delivery's status where it cannot be; null when there is no such delivery
 */
export async function retryNotificationDelivery(
  tx: Transaction,
  { messageId, channel }: NotificationDeliveryKey,
  now: Date,
): Promise<'retried' | NotificationDeliveryStatus | null> {
  const { count } = await tx.notificationDelivery.updateMany({
    where: { messageId, channel, status: { in: [...RETRYABLE_STATUSES] } },
    data: { status: 'pending', attempts: 0, claimedAt: null, nextAttemptAt: now },
  });
  if (count === 1) return 'retried';
  const found = await tx.notificationDelivery.findUnique({
    where: { messageId_channel: { messageId, channel } },
    select: { status: true },
  });
  return found === null ? null : z.enum(NOTIFICATION_DELIVERY_STATUSES).parse(found.status);
}

/** Which messages are to be sent again in one command: those of a channel that failed, or that may have. */
export type RetryFilter = {
  channel: OutboundChannel;
  status: RetryableStatus;
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
  // SKIP LOCKED: another command of the same kind, or a late result, that has locked some keeps them.
  return tx.$executeRaw`
    UPDATE notification_deliveries SET status = 'pending', attempts = 0, claimed_at = NULL, next_attempt_at = ${now}
    WHERE channel = ${channel} AND message_id IN (
      SELECT d.message_id FROM notification_deliveries d JOIN messages m ON m.id = d.message_id
      WHERE d.channel = ${channel} AND d.status = ${status}
        AND m.created_at >= coalesce(${createdFrom}::timestamptz, '-infinity')
        AND m.created_at < coalesce(${createdTo}::timestamptz, 'infinity')
      ORDER BY d.message_id LIMIT ${limit} FOR UPDATE OF d SKIP LOCKED)`;
}
