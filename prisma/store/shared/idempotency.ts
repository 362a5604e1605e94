import { z } from 'zod';
import { Prisma } from '../../generated/client';
import type { Database } from './database';
import { queryRow, queryRows } from './query-rows';

/** A request that must be carried out once: who, where, under which key, and the keyed hash of its body. */
export type KeyedRequest = { id: string; principal: string; route: string; key: string; bodyHash: string };

/** What a request was answered. */
export type RecordedAnswer = { status: number; body: string };

/**
 * A record as it stands: `isNew` when this call made it. Each repetition that carries the command out again is another
 * attempt; `underWay` while somebody is at it, unless that process has died.
 */
export type IdempotencyRecord = {
  isNew: boolean;
  createdAt: Date;
  bodyHash: string;
  answer: RecordedAnswer | null;
  attempt: number;
  underWay: boolean;
};

/**
 * Records a request, or finds the record that is there.
 * @param retentionMs how long records are kept
 * @returns 'expired' when there is no record any more, and the command was carried out longer ago than records are kept.
 *   A younger command without a record lost it to a crash of PostgreSQL: it is recorded again.
 */
export async function recordRequest(
  db: Database,
  request: KeyedRequest,
  retentionMs: number,
): Promise<IdempotencyRecord | 'expired'> {
  const { id, principal, route, key, bodyHash } = request;
  // One statement, without a lock of its own: of two that insert at the same time the unique key lets one through.
  const query = Prisma.sql`
    INSERT INTO idempotency_records (id, principal, route, key, body_hash)
    SELECT ${id}, ${principal}, ${route}, ${key}, ${bodyHash}
    WHERE NOT EXISTS (SELECT FROM steps WHERE command_id = ${id}
      AND at < now() - make_interval(secs => ${retentionMs / 1_000}::double precision))
    ON CONFLICT DO NOTHING RETURNING created_at AS "createdAt"`;
  const made = await queryRow(db, z.object({ createdAt: z.date() }), query);
  if (made !== null) {
    return { isNew: true, createdAt: made.createdAt, bodyHash, answer: null, attempt: 1, underWay: true };
  }
  const found = await findRecord(db, id);
  if (found !== null) return found;
  const done = await db.step.count({ where: { commandId: id } });
  return done > 0 ? 'expired' : recordRequest(db, request, retentionMs);
}

/** The record of a request, or null when it was purged, or lost to a crash of PostgreSQL. */
export async function findRecord(db: Database, id: string): Promise<IdempotencyRecord | null> {
  const select = { createdAt: true, bodyHash: true, status: true, body: true, attempt: true, underWay: true };
  const row = await db.idempotencyRecord.findUnique({ where: { id }, select });
  if (row === null) return null;
  const { status, body, ...record } = row;
  return { ...record, isNew: false, answer: status === null || body === null ? null : { status, body } };
}

/** Begins the next attempt at a request that was not answered. @returns whether it is the caller's to carry out */
export async function beginAttempt(db: Database, id: string, attempt: number): Promise<boolean> {
  const { count } = await db.idempotencyRecord.updateMany({
    where: { id, attempt: attempt - 1, status: null },
    data: { attempt, underWay: true },
  });
  return count === 1;
}

/** Ends an attempt without an answer: whoever repeats the request need not wait for one. */
export async function endAttempt(db: Database, id: string, attempt: number): Promise<void> {
  await db.idempotencyRecord.updateMany({ where: { id, attempt, status: null }, data: { underWay: false } });
}

/**
 * Records the answer to a request, and the request again should a crash have lost it. The first answer stands. A refusal
 * is recorded by the latest attempt only: while a later one is under way, the command may still be carried out.
 * @returns the answer that stands, or null when a later attempt is to give it
 */
export async function recordAnswer(
  db: Database,
  { id, principal, route, key, bodyHash }: KeyedRequest,
  { createdAt, attempt }: Pick<IdempotencyRecord, 'createdAt' | 'attempt'>,
  answer: RecordedAnswer,
): Promise<RecordedAnswer | null> {
  const { status, body } = answer;
  const written = await db.$executeRaw`
    INSERT INTO idempotency_records AS r
      (id, principal, route, key, body_hash, created_at, attempt, under_way, status, body, answered_at)
    VALUES (${id}, ${principal}, ${route}, ${key}, ${bodyHash}, ${createdAt}, ${attempt}, false, ${status}, ${body}, now())
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, body = excluded.body, answered_at = excluded.answered_at,
      under_way = false
    WHERE r.status IS NULL AND r.body_hash = excluded.body_hash
      AND (excluded.status < 400 OR r.attempt = excluded.attempt)`;
  return written === 1 ? answer : ((await findRecord(db, id))?.answer ?? null);
}

/**
 * Forgets the oldest records of before an instant.
 * @param limit at most so many, so that no lock is held for long
 */
export async function purgeRecords(db: Database, before: Date, limit: number): Promise<number> {
  return db.$executeRaw`
    DELETE FROM idempotency_records WHERE id IN (
      SELECT id FROM idempotency_records WHERE created_at < ${before}
      ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`;
}

const unanswered = z.object({ commandId: z.string(), objectId: z.string().nullable(), sequence: z.int().nullable() });

/** An unanswered command that was looked at, and the step it stored, which its workflow may have missed; null without one. */
export type Unanswered = z.infer<typeof unanswered>;

/**
 * Claims unanswered commands that are due to be looked at, each for one worker. The pause until the next look doubles,
 * from 5 seconds to an hour: after an outage there may be very many of them, most of which never stored a step.
 */
export async function claimUnanswered(db: Database, limit: number): Promise<Unanswered[]> {
  // Locks the rows it takes, skipping those of other workers, and moves their next look on in the same statement.
  const query = Prisma.sql`
    WITH due AS (
      SELECT id FROM idempotency_records
      WHERE answered_at IS NULL AND reconciled_at IS NULL AND look_at <= now()
      ORDER BY look_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ), looked AS (
      UPDATE idempotency_records r
      SET looks = looks + 1, look_at = now() + least(interval '1 hour', interval '10 seconds' * power(2, least(looks, 12)))
      FROM due WHERE r.id = due.id RETURNING r.id
    )
    SELECT l.id AS "commandId", s.object_id AS "objectId", s.sequence
    FROM looked l LEFT JOIN steps s ON s.command_id = l.id`;
  return queryRows(db, unanswered, query);
}

/** Notes that the workflow of a step has been asked to catch up. */
export async function markReconciled(db: Database, commandId: string): Promise<void> {
  await db.idempotencyRecord.updateMany({ where: { id: commandId }, data: { reconciledAt: new Date() } });
}
