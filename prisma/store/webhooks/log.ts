import { z } from 'zod';
import { WEBHOOK_EVENT_STATUSES, type WebhookEventStatus } from '../../../domain/webhooks/event';
import type { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { beyond, inOrder, type Page } from '../shared/paging';

/** An event in the delivery log of an endpoint. */
export type LoggedEvent = {
  id: string;
  endpointId: string;
  event: string;
  eventGroup: string;
  objectId: string;
  sequence: number;
  params: Record<string, string>;
  status: WebhookEventStatus;
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

const EVENT = {
  id: true,
  endpointId: true,
  event: true,
  eventGroup: true,
  objectId: true,
  sequence: true,
  params: true,
  status: true,
  attempts: true,
  createdAt: true,
  nextAttemptAt: true,
  deliveredAt: true,
  lastError: true,
} as const satisfies Prisma.WebhookDeliverySelect;

const ATTEMPT = {
  number: true,
  at: true,
  responseStatus: true,
  error: true,
  durationMs: true,
} as const satisfies Prisma.WebhookAttemptSelect;

type EventRow = Prisma.WebhookDeliveryGetPayload<{ select: typeof EVENT }>;

const kept = z.object({ params: z.record(z.string(), z.string()), status: z.enum(WEBHOOK_EVENT_STATUSES) });

/** An event as the log shows it. */
const logged = (row: EventRow): LoggedEvent => ({ ...row, ...kept.parse(row), sequence: Number(row.sequence) });

/**
 * A page of the events of an endpoint, one more than asked for when there are more.
 * @param filter only those of a status, or of an object
 */
export async function listEvents(
  db: Database,
  endpointId: string,
  { status, objectId }: { status: WebhookEventStatus | null; objectId: string | null },
  page: Page,
): Promise<LoggedEvent[]> {
  const rows = await db.webhookDelivery.findMany({
    where: {
      endpointId,
      ...(status === null ? {} : { status }),
      ...(objectId === null ? {} : { objectId }),
      ...beyond(page),
    },
    select: EVENT,
    ...inOrder(page),
  });
  return rows.map(logged);
}

/** A provider's event with all attempts to deliver it, or null. */
export async function findEvent(
  db: Database,
  id: string,
  providerId: string,
): Promise<{ event: LoggedEvent; attempts: LoggedAttempt[] } | null> {
  const found = await db.webhookDelivery.findFirst({
    where: { id, providerId },
    select: { ...EVENT, log: { select: ATTEMPT, orderBy: { number: 'asc' } } },
  });
  if (found === null) return null;
  const { log: attempts, ...event } = found;
  return { event: logged(event), attempts };
}
