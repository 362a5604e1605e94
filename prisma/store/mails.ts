import { Prisma } from '../generated/client';
import type { Database } from './client';

/** The states of an e-mail, from the outbox to its end. */
export type MailStatus = 'pending' | 'sending' | 'sent' | 'failed' | 'unconfirmed' | 'skipped';

/** One attempt to send a mail. It is known by its instant, so that a late word of an older one is not taken for it. */
export type MailAttempt = { messageId: string; claimedAt: Date };

/** A mail claimed for sending, with what it is worded from. `address` is null where the recipient has none. */
export type ClaimedMail = MailAttempt & {
  /** Attempts so far, this one included. */
  attempts: number;
  event: string;
  params: Record<string, string>;
  language: string | null;
  address: string | null;
};

type ClaimedRow = Omit<ClaimedMail, 'params'> & { params: Prisma.JsonValue };

/**
 * Claims the mails that are due, the longest waiting first: no other worker gets them (MSG-2).
 * @param limit how many at most
 * @param now the instant of the claim
 */
export async function claimMails(db: Database, limit: number, now: Date): Promise<ClaimedMail[]> {
  const rows = await db.$queryRaw<ClaimedRow[]>`
    WITH due AS MATERIALIZED (
      SELECT sendings.message_id, m.event, m.params, u.email, u.language
      FROM sendings JOIN messages m ON m.id = sendings.message_id LEFT JOIN users u ON u.id = m.recipient_id
      WHERE sendings.status = 'pending' AND sendings.next_attempt_at <= ${now}
      ORDER BY sendings.next_attempt_at LIMIT ${limit} FOR UPDATE OF sendings SKIP LOCKED
    )
    UPDATE sendings SET status = 'sending', claimed_at = ${now}, attempts = attempts + 1, address = due.email
    FROM due WHERE sendings.message_id = due.message_id
    RETURNING sendings.message_id AS "messageId", sendings.claimed_at AS "claimedAt", sendings.attempts, sendings.address,
              due.event, due.params, due.language`;
  return rows.map((row) => ({ ...row, params: textsOf(row.params) }));
}

/** The mail went out. */
export async function markSent(db: Database, attempt: MailAttempt, at: Date): Promise<void> {
  await settle(db, attempt, { status: 'sent', sentAt: at, lastError: null });
}

/** The mail definitely did not go out; it is tried again at `nextAttemptAt`. */
export async function markRetry(db: Database, attempt: MailAttempt, error: string, nextAttemptAt: Date): Promise<void> {
  await settle(db, attempt, { status: 'pending', nextAttemptAt, lastError: error });
}

/** The mail definitely did not go out, and trying again by itself is no use. */
export async function markFailed(db: Database, attempt: MailAttempt, error: string): Promise<void> {
  await settle(db, attempt, { status: 'failed', lastError: error });
}

/** The recipient has no e-mail address: the in-site message is all there is. */
export async function markSkipped(db: Database, attempt: MailAttempt): Promise<void> {
  await settle(db, attempt, { status: 'skipped' });
}

/** Nobody can tell whether the mail went out: it is never sent again by itself. */
export async function markUnconfirmed(db: Database, attempt: MailAttempt, error: string): Promise<void> {
  await settle(db, attempt, { status: 'unconfirmed', lastError: error });
}

/** Writes how an attempt ended; an attempt given up as unconfirmed may still learn its true end. */
async function settle(db: Database, attempt: MailAttempt, data: Prisma.SendingUpdateManyMutationInput): Promise<void> {
  const { messageId, claimedAt } = attempt;
  await db.sending.updateMany({ where: { messageId, claimedAt, status: { in: ['sending', 'unconfirmed'] } }, data });
}

/**
 * Gives up attempts that nobody reports on any more, their process having died: SMTP cannot tell
 * whether such a mail went out, so it becomes `unconfirmed`, is seen, and waits for a person's decision.
 * @param olderThan attempts begun before this instant
 * @returns how many there were
 */
export async function releaseStale(db: Database, olderThan: Date): Promise<number> {
  const { count } = await db.sending.updateMany({
    where: { status: 'sending', claimedAt: { lt: olderThan } },
    data: { status: 'unconfirmed', lastError: 'The sending process ended before it knew whether the mail went out.' },
  });
  return count;
}

/** A mail as operations see it. */
export type MailRecord = {
  messageId: string;
  status: MailStatus;
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

/**
 * The mails, newest first.
 * @param page only those of a status; `cursor` is the message id of the last one already read
 */
export async function listMails(
  db: Database,
  page: { status: MailStatus | null; limit: number; cursor: string | null },
): Promise<MailRecord[]> {
  const status = page.status === null ? Prisma.empty : Prisma.sql`AND sendings.status = ${page.status}`;
  const after = page.cursor === null ? Prisma.empty : Prisma.sql`AND sendings.message_id < ${page.cursor}`;
  return db.$queryRaw<MailRecord[]>`
    SELECT sendings.message_id AS "messageId", sendings.status, sendings.attempts, sendings.address,
           sendings.last_error AS "lastError", sendings.next_attempt_at AS "nextAttemptAt",
           sendings.claimed_at AS "claimedAt", sendings.sent_at AS "sentAt", m.event, m.object_id AS "objectId",
           m.recipient_id AS "recipientId", m.created_at AS "createdAt"
    FROM sendings JOIN messages m ON m.id = sendings.message_id
    WHERE true ${status} ${after}
    ORDER BY sendings.message_id DESC LIMIT ${page.limit}`;
}

/**
 * Has a mail sent again that failed, or that nobody can tell of: a person's decision.
 * @returns false when there is no such mail, or it is in another state
 */
export async function retryMail(db: Database, messageId: string, now: Date): Promise<boolean> {
  const { count } = await db.sending.updateMany({
    where: { messageId, status: { in: ['failed', 'unconfirmed'] } },
    data: { status: 'pending', attempts: 0, claimedAt: null, nextAttemptAt: now },
  });
  return count === 1;
}

/** Whether there is such a mail. */
export async function mailExists(db: Database, messageId: string): Promise<boolean> {
  return (await db.sending.count({ where: { messageId } })) === 1;
}

/** A message's parameters that are texts; the others say nothing. */
function textsOf(params: Prisma.JsonValue): Record<string, string> {
  const texts: Record<string, string> = {};
  if (typeof params !== 'object' || params === null) return texts;
  for (const [name, value] of Object.entries(params)) if (typeof value === 'string') texts[name] = value;
  return texts;
}
