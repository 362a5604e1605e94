import { z } from 'zod';
import { WEBHOOK_EVENT_STATUSES } from '../../domain/webhooks/event';
import type { Endpoint, EndpointChange } from '../../prisma/store/webhooks/endpoints';
import type { LoggedEvent } from '../../prisma/store/webhooks/log';
import { changeOf } from '../http/audited-change';

export const ACCESS = { provider: 'messages' } as const;
export const TAG = 'Webhooks';

/** A webhook endpoint as its provider sees it. */
export const webhookSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    description: z.string(),
    groups: z.array(z.string()),
    status: z.enum(['enabled', 'disabled']),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    disabledAt: z.iso.datetime().nullable(),
  })
  .openapi('Webhook');

const time = z.iso.datetime();

/** An event in the delivery log of a webhook. */
export const eventSchema = z
  .object({
    id: z.string().openapi({ description: 'The webhook-id of every attempt' }),
    webhookId: z.string(),
    type: z.string(),
    group: z.string(),
    objectId: z.string(),
    sequence: z.int(),
    status: z.enum(WEBHOOK_EVENT_STATUSES),
    attempts: z.int(),
    createdAt: time,
    nextAttemptAt: time.nullable(),
    deliveredAt: time.nullable(),
    lastError: z.string().nullable(),
  })
  .openapi('WebhookEvent');

const attemptSchema = z.object({
  number: z.int(),
  at: time,
  responseStatus: z.int().nullable(),
  error: z.string().nullable(),
  durationMs: z.int(),
});

export const eventWithAttempts = eventSchema
  .extend({ params: z.record(z.string(), z.string()), log: z.array(attemptSchema) })
  .openapi('WebhookEventWithAttempts');

/** An event of the log as its provider sees it, without what it says. */
export const loggedEventView = ({
  params: _,
  endpointId: webhookId,
  event: type,
  eventGroup: group,
  ...row
}: LoggedEvent) => ({
  ...row,
  webhookId,
  type,
  group,
});

/** An endpoint as its provider sees it. */
export const webhookView = ({
  id,
  url,
  description,
  eventGroups: groups,
  createdAt,
  updatedAt,
  disabledAt,
}: Endpoint) => {
  const status = disabledAt === null ? ('enabled' as const) : ('disabled' as const);
  return { id, url, description, groups, status, createdAt, updatedAt, disabledAt };
};

/** The change that a request makes to an endpoint; the routes are open to providers only. */
export function endpointChange(call: Parameters<typeof changeOf>[0], id: string, action: string): EndpointChange {
  return { ...changeOf(call, id, action), providerId: call.principal.providerId ?? '' };
}
