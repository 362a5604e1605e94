import type { Database } from './client';

/** A request that must have one effect: who, where, under which key, and the hash of its body. */
export type KeyedRequest = { id: string; principal: string; route: string; key: string; bodyHash: string };

/** What a request was answered. */
export type RecordedAnswer = { status: number; body: string };

/** A record as it stands: `isNew` when this call made it. */
export type IdempotencyRecord = { isNew: boolean; createdAt: Date; bodyHash: string; answer: RecordedAnswer | null };

type Row = { isNew: boolean; createdAt: Date; bodyHash: string; status: number | null; body: string | null };

const toRecord = ({ isNew, createdAt, bodyHash, status, body }: Row): IdempotencyRecord => ({
  isNew,
  createdAt,
  bodyHash,
  answer: status === null || body === null ? null : { status, body },
});

/** Records a request, or finds the record that is there. */
export async function recordRequest(db: Database, request: KeyedRequest): Promise<IdempotencyRecord> {
  const { id, principal, route, key, bodyHash } = request;
  const [made] = await db.$queryRaw<{ createdAt: Date }[]>`
    INSERT INTO idempotency_records (id, principal, route, key, body_hash)
    VALUES (${id}, ${principal}, ${route}, ${key}, ${bodyHash})
    ON CONFLICT DO NOTHING RETURNING created_at AS "createdAt"`;
  if (made !== undefined) return { isNew: true, createdAt: made.createdAt, bodyHash, answer: null };
  return (await findRecord(db, id)) ?? recordRequest(db, request);
}

/** The record of a request, or null when it was forgotten or given up. */
export async function findRecord(db: Database, id: string): Promise<IdempotencyRecord | null> {
  const [row] = await db.$queryRaw<Row[]>`
    SELECT false AS "isNew", created_at AS "createdAt", body_hash AS "bodyHash", status, body
    FROM idempotency_records WHERE id = ${id}`;
  return row === undefined ? null : toRecord(row);
}

/** Records the answer to a request, and the request again should a crash have lost it; the first answer stands and is returned. */
export async function recordAnswer(
  db: Database,
  request: KeyedRequest,
  answer: RecordedAnswer,
): Promise<RecordedAnswer> {
  const { id, principal, route, key, bodyHash } = request;
  const written = await db.$executeRaw`
    INSERT INTO idempotency_records AS r (id, principal, route, key, body_hash, status, body, answered_at)
    VALUES (${id}, ${principal}, ${route}, ${key}, ${bodyHash}, ${answer.status}, ${answer.body}, now())
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, body = excluded.body, answered_at = excluded.answered_at
    WHERE r.status IS NULL AND r.body_hash = excluded.body_hash`;
  if (written === 1) return answer;
  return (await findRecord(db, id))?.answer ?? answer;
}

/** Gives up a record whose request had no effect and may be tried again under the same key. */
export async function forgetRequest(db: Database, id: string): Promise<void> {
  await db.$executeRaw`DELETE FROM idempotency_records WHERE id = ${id} AND status IS NULL`;
}

/** Forgets records older than the given age; 24 h is the least that clients are promised. */
export async function purgeRecords(db: Database, olderThanHours: number): Promise<number> {
  return db.$executeRaw`
    DELETE FROM idempotency_records WHERE created_at < now() - make_interval(hours => ${olderThanHours}::int)`;
}

/** A step that was stored while nobody was answered about it: its process may have missed it. */
export type UnansweredStep = { commandId: string; objectId: string; sequence: number };

/** Steps of commands that have gone unanswered for longer than `seconds` and were not reconciled yet. */
export async function unansweredSteps(db: Database, seconds: number, limit: number): Promise<UnansweredStep[]> {
  return db.$queryRaw<UnansweredStep[]>`
    SELECT r.id AS "commandId", s.object_id AS "objectId", s.sequence
    FROM idempotency_records r JOIN steps s ON s.command_id = r.id
    WHERE r.answered_at IS NULL AND r.reconciled_at IS NULL
      AND r.created_at < now() - make_interval(secs => ${seconds}::double precision)
    LIMIT ${limit}`;
}

/** Notes that the process of a step has been told of it. */
export async function markReconciled(db: Database, commandId: string): Promise<void> {
  await db.$executeRaw`UPDATE idempotency_records SET reconciled_at = now() WHERE id = ${commandId}`;
}
