import { z } from 'zod';
import type { WebhookEventStatus } from '../../../domain/webhooks/event';
import { Prisma } from '../../generated/client';
import type { Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { queryRow, queryRows } from '../shared/query-rows';

/** An event whose workflow has to be signalled. */
export type ClaimedEvent = z.output<typeof claimedEvent>;

const claimedEvent = z.object({
  id: z.string(),
  endpointId: z.string(),
  objectId: z.string(),
  providerId: z.string(),
  /** How often it was queued again: what is stored of an event counts only while this has not grown. */
  requeues: z.int(),
});

/** An event as it was when a worker took it up. */
export type EventVersion = Pick<ClaimedEvent, 'id' | 'requeues'>;

/**
 * Claims events whose workflows have to be signalled, the longest waiting first, and with them all others of the same
 * endpoint and object that are due: one signal is enough for them. No other worker gets them until the lease ends; a
 * worker that dies only delays them.
 * @param limit how many events decide which objects are claimed; more of these may come with them
 */
export async function claimEvents(
  db: Database,
  { limit, leaseMs, now }: { limit: number; leaseMs: number; now: Date },
): Promise<ClaimedEvent[]> {
  // Three phases in one statement: which objects are due, locking all their events, leasing those. SKIP LOCKED: whoever
  // claims the same objects at the same moment leaves the rows to the first. Rows that another claim has leased meanwhile
  // are read again once they are locked, and do not match any more.
  const query = Prisma.sql`
    WITH due AS MATERIALIZED (
      SELECT DISTINCT endpoint_id, object_id FROM (
        SELECT endpoint_id, object_id FROM webhook_deliveries WHERE dispatched_at IS NULL AND next_dispatch_at <= ${now}
        ORDER BY next_dispatch_at LIMIT ${limit}) AS first
    ), claimed AS MATERIALIZED (
      SELECT d.id FROM webhook_deliveries d JOIN due USING (endpoint_id, object_id)
      WHERE d.dispatched_at IS NULL AND d.next_dispatch_at <= ${now} FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE webhook_deliveries d SET next_dispatch_at = ${new Date(now.getTime() + leaseMs)}
    FROM claimed WHERE d.id = claimed.id
    RETURNING d.id, d.endpoint_id AS "endpointId", d.object_id AS "objectId", d.provider_id AS "providerId",
              d.requeues`;
  return queryRows(db, claimedEvent, query);
}

/** Notes that the workflows of these events were signalled; one that was queued again meanwhile is dispatched again. */
export async function markDispatched(db: Database, events: EventVersion[], at: Date): Promise<void> {
  await db.$executeRaw`
    UPDATE webhook_deliveries d SET dispatched_at = ${at}, dispatch_failures = 0
    FROM jsonb_to_recordset(${JSON.stringify(events)}::jsonb) AS claimed(id text, requeues int)
    WHERE d.id = claimed.id AND d.requeues = claimed.requeues`;
}

/** Postpones events whose workflow could not be signalled, by 2 s and twice as long each time, 5 min at most. */
export async function postponeEvents(db: Database, events: EventVersion[], now: Date): Promise<void> {
  await db.$executeRaw`
    UPDATE webhook_deliveries d SET dispatch_failures = dispatch_failures + 1,
      next_dispatch_at = ${now}::timestamptz
        + least(interval '5 minutes', interval '2 seconds' * power(2, least(dispatch_failures, 10)))
    FROM jsonb_to_recordset(${JSON.stringify(events)}::jsonb) AS claimed(id text, requeues int)
    WHERE d.id = claimed.id AND d.requeues = claimed.requeues AND d.dispatched_at IS NULL`;
}

/** The event that is to be sent next of an endpoint and an object, and where to. */
export type DueEvent = z.output<typeof dueEvent>;

const dueEvent = z.object({
  id: z.string(),
  event: z.string(),
  eventGroup: z.string(),
  objectId: z.string(),
  sequence: z.bigint().transform(Number),
  providerId: z.string(),
  params: z.record(z.string(), z.string()),
  createdAt: z.date(),
  url: z.string(),
  sealed: z.instanceof(Uint8Array),
  disabledAt: z.date().nullable(),
  attempts: z.int(),
  requeues: z.int(),
  firstTriedAt: z.date().nullable(),
  nextAttemptAt: z.date().nullable(),
});

/** The oldest event of an object that an endpoint has not got yet, or null. */
export async function findDueEvent(
  db: Database,
  { endpointId, objectId }: { endpointId: string; objectId: string },
): Promise<DueEvent | null> {
  // A join, so that the event and its endpoint cost one round trip.
  const query = Prisma.sql`
    SELECT d.id, d.event, d.event_group AS "eventGroup", d.object_id AS "objectId", d.sequence,
           d.provider_id AS "providerId", d.params, d.created_at AS "createdAt", d.attempts, d.requeues,
           d.first_tried_at AS "firstTriedAt", d.next_attempt_at AS "nextAttemptAt",
           e.url, e.sealed, e.disabled_at AS "disabledAt"
    FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
    WHERE d.endpoint_id = ${endpointId} AND d.object_id = ${objectId} AND d.status = 'pending'
    ORDER BY d.sequence LIMIT 1`;
  return queryRow(db, dueEvent, query);
}

/** One attempt to deliver an event, and the status of the event after it. */
export type Attempt = {
  event: EventVersion;
  at: Date;
  responseStatus: number | null;
  error: string | null;
  durationMs: number;
  status: WebhookEventStatus;
  /** When a pending event is tried again. */
  nextAttemptAt: Date | null;
};

/**
 * Adds an attempt to the log and settles the event. Attempts may end late, after others: a delivery counts whenever it is
 * learned of, a failure only while the event is pending and was not queued again since.
 */
export async function recordAttempt(db: Database | Transaction, attempt: Attempt): Promise<void> {
  const { event, at, responseStatus, error, durationMs, status, nextAttemptAt } = attempt;
  const isDelivered = status === 'delivered';
  const settledAt = status === 'pending' ? null : at;
  // One statement: lock the event and judge whether the attempt counts, update it, add the attempt under its number.
  await db.$executeRaw`
    WITH known AS (
      SELECT id, ${isDelivered}::boolean OR status = 'pending' AND requeues = ${event.requeues} AS counts
      FROM webhook_deliveries WHERE id = ${event.id} FOR UPDATE
    ), tried AS (
      UPDATE webhook_deliveries d SET
        attempts = attempts + 1, first_tried_at = coalesce(first_tried_at, ${at}),
        last_error = CASE WHEN counts THEN ${error}::text ELSE last_error END,
        status = CASE WHEN counts THEN ${status}::text ELSE status END,
        next_attempt_at = CASE WHEN counts THEN ${nextAttemptAt}::timestamptz ELSE next_attempt_at END,
        settled_at = CASE WHEN counts THEN ${settledAt}::timestamptz ELSE settled_at END,
        delivered_at = CASE WHEN ${isDelivered}::boolean THEN ${at}::timestamptz ELSE delivered_at END
      FROM known WHERE d.id = known.id
      RETURNING d.id, d.attempts
    )
    INSERT INTO webhook_attempts (delivery_id, number, at, response_status, error, duration_ms)
    SELECT id, attempts, ${at}, ${responseStatus}, ${error}, ${durationMs} FROM tried`;
}

/**
 * Deletes events that were delivered or given up before an instant, with the log of their attempts, the oldest first.
 * @returns how many there were; less than `limit` when none is left
 */
export async function purgeEvents(db: Database, settledBefore: Date, limit: number): Promise<number> {
  // SKIP LOCKED shares the work between workers.
  return db.$executeRaw`
    DELETE FROM webhook_deliveries WHERE id IN (
      SELECT id FROM webhook_deliveries WHERE settled_at < ${settledBefore}
      ORDER BY settled_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`;
}
