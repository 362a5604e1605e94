import { groupOf } from '../../domain/messages/groups';
import type { WebhookEvent } from '../../domain/webhooks/event';
import { Prisma } from '../generated/client';
import type { Transaction } from './change';
import type { Database } from './client';
import type { Telling } from './messages';

/**
 * The CTE that puts a step's notices to the provider before its webhooks, in the step's own statement (MSG-3): one
 * event for each endpoint that is in use and has subscribed to the group. It reads the CTEs `step` and `target`, as
 * `tell` does; a provider without webhooks costs one look into an index. An event's id sorts by instant and place in
 * the step, and follows from what it is about: the same event never has two.
 */
export function hook({ objectId, deliveryId, sequence, notices, at }: Telling): Prisma.Sql {
  const events = notices
    .filter(({ to }) => to.includes('provider'))
    .map(({ event, params }) => ({ event, event_group: groupOf(event), params }));
  if (events.length === 0) return Prisma.empty;
  return Prisma.sql`, hooked AS (
      INSERT INTO webhook_deliveries (id, endpoint_id, provider_id, event, event_group, object_id, sequence, params,
                                      created_at)
      SELECT 'evt_' || lpad(to_hex(${at.getTime()}::bigint), 12, '0') || lpad(to_hex(n.place), 2, '0')
               || left(md5(concat_ws('/', e.id, ${objectId}::text, ${sequence}::int, n.event)), 12),
             e.id, e.provider_id, n.event, n.event_group, ${objectId}::text, ${sequence}::int,
             jsonb_strip_nulls(n.params || jsonb_build_object('orderId', t.order_id, 'productName', t.product_name,
                                                              'deliveryId', ${deliveryId}::text)), ${at}::timestamptz
      FROM step, target t JOIN webhook_endpoints e ON e.provider_id = t.provider_id AND e.disabled_at IS NULL,
           ROWS FROM (jsonb_to_recordset(${JSON.stringify(events)}::jsonb)
             AS (event text, event_group text, params jsonb)) WITH ORDINALITY AS n(event, event_group, params, place)
      WHERE n.event_group = ANY(e.event_groups)
      ON CONFLICT DO NOTHING
    )`;
}

/** Whose process has to be told that there is something to send. */
export type Unhanded = { id: string; endpointId: string; objectId: string; providerId: string; calls: number };

/** The events of which no process has been told, the longest waiting first. */
export async function unhandedEvents(db: Database, limit: number): Promise<Unhanded[]> {
  return db.$queryRaw<Unhanded[]>`
    SELECT id, endpoint_id AS "endpointId", object_id AS "objectId", provider_id AS "providerId", calls
    FROM webhook_deliveries WHERE handed_at IS NULL ORDER BY created_at LIMIT ${limit}`;
}

/** Notes that the processes of these events have been told; one that was asked for anew meanwhile is told of again. */
export async function markHanded(db: Database, events: Pick<Unhanded, 'id' | 'calls'>[], at: Date): Promise<void> {
  await db.$executeRaw`
    UPDATE webhook_deliveries d SET handed_at = ${at}
    FROM jsonb_to_recordset(${JSON.stringify(events)}::jsonb) AS told(id text, calls int)
    WHERE d.id = told.id AND d.calls = told.calls`;
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
    SELECT d.id, d.event, d.event_group AS "eventGroup", d.object_id AS "objectId", d.sequence,
           d.provider_id AS "providerId", d.params, d.created_at AS "createdAt", d.attempts, d.calls,
           d.first_tried_at AS "firstTriedAt", d.next_attempt_at AS "nextAttemptAt",
           e.url, e.sealed, e.disabled_at AS "disabledAt"
    FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
    WHERE d.endpoint_id = ${endpointId} AND d.object_id = ${objectId} AND d.status = 'pending'
    ORDER BY d.sequence, d.id LIMIT 1`;
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
 * Adds an attempt to the log and settles the event, in one statement. An event that was asked for anew while the
 * attempt was under way stays to be sent at once, unless it has just been delivered.
 */
export async function recordAttempt(db: Database | Transaction, attempt: Attempt): Promise<void> {
  const { event, at, responseStatus, error, durationMs, status, nextAttemptAt } = attempt;
  await db.$executeRaw`
    WITH tried AS (
      UPDATE webhook_deliveries SET
        attempts = attempts + 1, first_tried_at = coalesce(first_tried_at, ${at}), last_error = ${error},
        status = CASE WHEN ${status}::text = 'delivered' OR calls = ${event.calls} THEN ${status}::text ELSE 'pending' END,
        next_attempt_at = CASE WHEN calls = ${event.calls} THEN ${nextAttemptAt}::timestamptz END,
        delivered_at = CASE WHEN ${status}::text = 'delivered' THEN ${at}::timestamptz ELSE delivered_at END
      WHERE id = ${event.id}
      RETURNING id, attempts
    )
    INSERT INTO webhook_attempts (delivery_id, number, at, response_status, error, duration_ms)
    SELECT id, attempts, ${at}, ${responseStatus}, ${error}, ${durationMs} FROM tried`;
}
