import { groupOf } from '../../../domain/notifications/groups';
import type { WebhookEvent } from '../../../domain/webhooks/event';
import { Prisma } from '../../generated/client';
import type { Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import type { StepNotices } from '../shared/outbox';

/**
 * The CTE that puts a step's notices to the provider before its webhooks, in the step's own statement (MSG-3): one
 * event for each endpoint that is in use and has subscribed to the group. It reads the CTEs `step` and `target`, as
 * `tell` does; a provider without webhooks costs one look into an index. An event's id sorts by instant and place in
 * the step, and follows from what it is about: the same event never has two. `sequence` grows in the order in which the
 * events of an object are written: whoever writes its steps, or those of its reviews, does so one after the other.
 */
export function hook({ objectId, about = objectId, deliveryId, sequence, notices, at }: StepNotices): Prisma.Sql {
  const events = notices
    .filter(({ to }) => to.includes('provider'))
    .map(({ event, params }) => ({ event, event_group: groupOf(event), params }));
  if (events.length === 0) return Prisma.empty;
  return Prisma.sql`, hooked AS (
      INSERT INTO webhook_deliveries (id, endpoint_id, provider_id, event, event_group, object_id, step_object_id,
                                      step_sequence, params, created_at)
      SELECT 'evt_' || lpad(to_hex(${at.getTime()}::bigint), 12, '0') || lpad(to_hex(n.place), 2, '0')
               || left(md5(concat_ws('/', e.id, ${objectId}::text, ${sequence}::int, n.event)), 12),
             e.id, e.provider_id, n.event, n.event_group, ${about}::text, ${objectId}::text, ${sequence}::int,
             jsonb_strip_nulls(n.params || jsonb_build_object('orderId', t.order_id, 'productName', t.product_name,
                                                              'deliveryId', ${deliveryId}::text)), ${at}::timestamptz
      FROM step, target t JOIN webhook_endpoints e ON e.provider_id = t.provider_id AND e.disabled_at IS NULL,
           ROWS FROM (jsonb_to_recordset(${JSON.stringify(events)}::jsonb)
             AS (event text, event_group text, params jsonb)) WITH ORDINALITY AS n(event, event_group, params, place)
      WHERE n.event_group = ANY(e.event_groups)
      ORDER BY n.place
      ON CONFLICT DO NOTHING
    )`;
}

/** An event of which its workflow has to be told. */
export type ClaimedEvent = { id: string; endpointId: string; objectId: string; providerId: string; calls: number };

/**
 * Claims events that wait to be handed to their workflows, the longest waiting first, and with them all others of the
 * same endpoint and object that are due: one signal is enough for them. No other worker takes them until the lease
 * ends; a worker that dies only delays them.
 * @param limit how many events decide which objects are claimed; more of these may come with them
 */
export async function claimEvents(
  db: Database,
  { limit, leaseMs, now }: { limit: number; leaseMs: number; now: Date },
): Promise<ClaimedEvent[]> {
  // SKIP LOCKED: whoever claims the same objects at the same moment leaves the rows to the first. Rows that another
  // claim has put off meanwhile are looked at again once they are locked, and do not match any more.
  return db.$queryRaw<ClaimedEvent[]>`
    WITH due AS MATERIALIZED (
      SELECT DISTINCT endpoint_id, object_id FROM (
        SELECT endpoint_id, object_id FROM webhook_deliveries WHERE handed_at IS NULL AND next_hand_at <= ${now}
        ORDER BY next_hand_at LIMIT ${limit}) AS first
    ), claimed AS MATERIALIZED (
      SELECT d.id FROM webhook_deliveries d JOIN due USING (endpoint_id, object_id)
      WHERE d.handed_at IS NULL AND d.next_hand_at <= ${now} FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE webhook_deliveries d SET next_hand_at = ${new Date(now.getTime() + leaseMs)}
    FROM claimed WHERE d.id = claimed.id
    RETURNING d.id, d.endpoint_id AS "endpointId", d.object_id AS "objectId", d.provider_id AS "providerId", d.calls`;
}

/** Notes that the workflows of these events were told; one that was asked for anew meanwhile is handed over again. */
export async function markHanded(db: Database, events: Pick<ClaimedEvent, 'id' | 'calls'>[], at: Date): Promise<void> {
  await db.$executeRaw`
    UPDATE webhook_deliveries d SET handed_at = ${at}, hand_failures = 0
    FROM jsonb_to_recordset(${JSON.stringify(events)}::jsonb) AS told(id text, calls int)
    WHERE d.id = told.id AND d.calls = told.calls`;
}

/** Puts off events that could not be handed over, by 2 s and twice as long each time, 5 min at most. */
export async function putOffEvents(
  db: Database,
  events: Pick<ClaimedEvent, 'id' | 'calls'>[],
  now: Date,
): Promise<void> {
  await db.$executeRaw`
    UPDATE webhook_deliveries d SET hand_failures = hand_failures + 1,
      next_hand_at = ${now}::timestamptz
        + least(interval '5 minutes', interval '2 seconds' * power(2, least(hand_failures, 10)))
    FROM jsonb_to_recordset(${JSON.stringify(events)}::jsonb) AS told(id text, calls int)
    WHERE d.id = told.id AND d.calls = told.calls AND d.handed_at IS NULL`;
}

/** The event that is to be sent next of an endpoint and an object, and where to. */
export type DueEvent = WebhookEvent & {
  url: string;
  sealed: Uint8Array;
  disabledAt: Date | null;
  attempts: number;
  calls: number;
  firstTriedAt: Date | null;
  nextAttemptAt: Date | null;
};

/** The oldest event of an object that an endpoint has not got yet, or null. */
export async function findDueEvent(
  db: Database,
  { endpointId, objectId }: { endpointId: string; objectId: string },
): Promise<DueEvent | null> {
  const rows = await db.$queryRaw<DueEvent[]>`
    SELECT d.id, d.event, d.event_group AS "eventGroup", d.object_id AS "objectId",
           d.sequence::float8 AS sequence, d.provider_id AS "providerId", d.params, d.created_at AS "createdAt", d.attempts, d.calls,
           d.first_tried_at AS "firstTriedAt", d.next_attempt_at AS "nextAttemptAt",
           e.url, e.sealed, e.disabled_at AS "disabledAt"
    FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
    WHERE d.endpoint_id = ${endpointId} AND d.object_id = ${objectId} AND d.status = 'pending'
    ORDER BY d.sequence LIMIT 1`;
  return rows[0] ?? null;
}

/** One attempt to deliver an event, and what becomes of the event by it. */
export type Attempt = {
  event: Pick<DueEvent, 'id' | 'calls'>;
  at: Date;
  responseStatus: number | null;
  error: string | null;
  durationMs: number;
  status: 'delivered' | 'pending' | 'failed';
  /** When a pending event is tried again. */
  nextAttemptAt: Date | null;
};

/**
 * Adds an attempt to the log and settles the event, in one statement. Attempts may end late, after others: a delivery
 * counts whenever it is learned of, a failure only while the event is pending and was not asked for anew since.
 */
export async function recordAttempt(db: Database | Transaction, attempt: Attempt): Promise<void> {
  const { event, at, responseStatus, error, durationMs, status, nextAttemptAt } = attempt;
  const isDelivered = status === 'delivered';
  const settledAt = status === 'pending' ? null : at;
  await db.$executeRaw`
    WITH known AS (
      SELECT id, ${isDelivered}::boolean OR status = 'pending' AND calls = ${event.calls} AS counts
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
 * Forgets events that were delivered or given up before an instant, with the log of their attempts, the oldest first.
 * @returns how many there were; less than `limit` when none is left
 */
export async function purgeEvents(db: Database, settledBefore: Date, limit: number): Promise<number> {
  return db.$executeRaw`
    DELETE FROM webhook_deliveries WHERE id IN (
      SELECT id FROM webhook_deliveries WHERE settled_at < ${settledBefore}
      ORDER BY settled_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`;
}
