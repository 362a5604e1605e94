import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AREA_OF_GROUP, isEventGroup } from '../../domain/notifications/groups';
import { AppError } from '../../domain/shared/errors';
import { WEBHOOK_EVENT_STATUSES } from '../../domain/webhooks/event';
import type { Database } from '../../prisma/store/shared/database';
import { addTestEvent, findEndpoint, replayEvent, replayFailed } from '../../prisma/store/webhooks/endpoints';
import { findEvent, listEvents } from '../../prisma/store/webhooks/log';
import type { Principal } from '../http/auth';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import type { CommandRecord } from '../http/idempotency';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { byId, pageOf, paging } from '../http/schemas';
import { areasOfPrincipal } from '../http/scope';
import {
  ACCESS,
  endpointChange,
  eventSchema,
  eventWithAttempts,
  loggedEventView,
  TAG,
  webhookSchema,
  webhookView,
} from './schemas';

/** An id that sorts among those that steps give their events, and follows from the command. */
function eventIdOf({ atMs, commandId }: CommandRecord): string {
  const unique = createHash('sha256').update(commandId).digest('hex').slice(0, 14);
  return `evt_${atMs.toString(16).padStart(12, '0')}${unique}`;
}

/** The delivery log of webhooks, and what is sent again from it (MSG-3). */
export function webhookEventRoutes(context: ApiContext, { db }: { db: Database }): void {
  log(context, db);
  trying(context, db);
  replaying(context, db);
}

function log(context: ApiContext, db: Database): void {
  get(context, {
    path: '/v1/provider/webhooks/{id}/deliveries',
    summary: 'The delivery log of a webhook: its events, newest first',
    tag: TAG,
    access: ACCESS,
    params: byId,
    query: z.strictObject({
      ...paging,
      status: z.enum(WEBHOOK_EVENT_STATUSES).optional(),
      objectId: z
        .string()
        .regex(/^[a-z]{3}_\w{1,60}$/)
        .optional(),
    }),
    body: nothing,
    answer: { status: 200, schema: pageOf(eventSchema, 'WebhookEventPage') },
    async handle({ principal, params, query }) {
      await findEndpoint(db, { objectId: params.id, providerId: principal.providerId ?? '' });
      const page = pageOfQuery(query);
      const filter = { status: query.status ?? null, objectId: query.objectId ?? null };
      return pageAnswer(await listEvents(db, params.id, filter, page), page, loggedEventView);
    },
  });
  get(context, {
    path: '/v1/provider/webhooks/deliveries/{id}',
    summary: 'One event of a webhook, with every attempt to deliver it',
    tag: TAG,
    access: ACCESS,
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: eventWithAttempts },
    handle: ({ principal, params }) => eventView(db, params.id, principal),
  });
}

function trying(context: ApiContext, db: Database): void {
  post(context, {
    path: '/v1/provider/webhooks/{id}/test',
    summary: 'Send a webhook.test event, to try a webhook',
    tag: TAG,
    access: ACCESS,
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 202, schema: eventWithAttempts },
    async handle(call) {
      const eventId = eventIdOf(call.command);
      const change = { ...endpointChange(call, call.params.id, 'webhook.test'), note: eventId };
      await addTestEvent(db, change, eventId);
      return eventView(db, eventId, call.principal);
    },
  });
}

function replaying(context: ApiContext, db: Database): void {
  post(context, {
    path: '/v1/provider/webhooks/deliveries/{id}/replay',
    summary: 'Send an event again, under the same id; one that waits for its next attempt is sent now',
    tag: TAG,
    access: ACCESS,
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 202, schema: eventWithAttempts },
    async handle(call) {
      const { event } = await requireEvent(db, call.params.id, call.principal.providerId ?? '');
      const change = endpointChange(call, event.endpointId, 'webhook.replay');
      await replayEvent(db, { ...change, note: event.id }, event);
      return eventView(db, event.id, call.principal);
    },
  });
  post(context, {
    path: '/v1/provider/webhooks/{id}/replay-failed',
    summary: 'Send everything again that was given up, and everything now that waits for its next attempt',
    tag: TAG,
    access: ACCESS,
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 202, schema: webhookSchema },
    async handle(call) {
      const change = endpointChange(call, call.params.id, 'webhook.replay_failed');
      await replayFailed(db, change);
      return webhookView(await findEndpoint(db, change));
    },
  });
}

async function requireEvent(db: Database, eventId: string, providerId: string) {
  const found = await findEvent(db, eventId, providerId);
  if (found === null) throw new AppError('WEBHOOK.EVENT_NOT_FOUND', 'There is no such event.');
  return found;
}

/** An event with its attempts, and with what it says for those who have its area. */
async function eventView(db: Database, eventId: string, principal: Principal) {
  const { event, attempts } = await requireEvent(db, eventId, principal.providerId ?? '');
  const { eventGroup: group } = event;
  const isForThem = !isEventGroup(group) || areasOfPrincipal(principal).includes(AREA_OF_GROUP[group]);
  return { ...loggedEventView(event), params: isForThem ? event.params : {}, log: attempts };
}
