import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';

export type EventStatus = 'pending' | 'delivered' | 'failed';

/** An event in the delivery log of an endpoint. */
export type LoggedEvent = {
  id: string;
  endpointId: string;
  event: string;
  eventGroup: string;
  objectId: string;
  sequence: number;
  params: Record<string, string>;
  status: EventStatus;
  attempts: number;
  createdAt: Date;
  nextAttemptAt: Date | null;
  deliveredAt: Date | null;
  lastError: string | null;
};

/** An attempt, as the log has it. */
export type LoggedAttempt = {
  number: number;
  at: Date;
  responseStatus: number | null;
  error: string | null;
  durationMs: number;
};

const EVENT = Prisma.sql`
  id, endpoint_id AS "endpointId", event, event_group AS "eventGroup", object_id AS "objectId", sequence::float8 AS sequence, params, status,
  attempts, created_at AS "createdAt", next_attempt_at AS "nextAttemptAt", delivered_at AS "deliveredAt",
  last_error AS "lastError"`;

/**
 * The events of an endpoint, newest first unless asked otherwise.
 * @param filter only those of a status, or of an object
 * @param page `after` is the id of the last one already read
 */
export async function listEvents(
  db: Database,
  endpointId: string,
  filter: { status: EventStatus | null; objectId: string | null },
  page: { limit: number; after: string | null; newestFirst: boolean },
): Promise<LoggedEvent[]> {
  const { status, objectId } = filter;
  const ofStatus = status === null ? Prisma.empty : Prisma.sql`AND status = ${status}`;
  const ofObject = objectId === null ? Prisma.empty : Prisma.sql`AND object_id = ${objectId}`;
  const [beyond, direction] = page.newestFirst ? [Prisma.sql`<`, Prisma.sql`DESC`] : [Prisma.sql`>`, Prisma.sql`ASC`];
  const after = page.after === null ? Prisma.empty : Prisma.sql`AND id ${beyond} ${page.after}`;
  return db.$queryRaw<LoggedEvent[]>`
    SELECT ${EVENT} FROM webhook_deliveries WHERE endpoint_id = ${endpointId} ${ofStatus} ${ofObject} ${after}
    ORDER BY id ${direction} LIMIT ${page.limit}`;
}

/** A provider's event with all attempts to deliver it, or null. */
export async function findEvent(
  db: Database,
  id: string,
  providerId: string,
): Promise<{ event: LoggedEvent; attempts: LoggedAttempt[] } | null> {
  const [event] = await db.$queryRaw<LoggedEvent[]>`
    SELECT ${EVENT} FROM webhook_deliveries WHERE id = ${id} AND provider_id = ${providerId}`;
  if (event === undefined) return null;
  const attempts = await db.$queryRaw<LoggedAttempt[]>`
    SELECT number, at, response_status AS "responseStatus", error, duration_ms AS "durationMs"
    FROM webhook_attempts WHERE delivery_id = ${id} ORDER BY number`;
  return { event, attempts };
}
