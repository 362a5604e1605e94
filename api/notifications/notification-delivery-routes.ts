import { z } from 'zod';
import { NOTIFICATION_DELIVERY_STATUSES, RETRYABLE_STATUSES } from '../../domain/notifications/delivery-status';
import { OUTBOUND_CHANNELS } from '../../domain/notifications/groups';
import { AppError } from '../../domain/shared/errors';
import { countWaiting, pausedChannels } from '../../prisma/store/notifications/channels';
import {
  listNotificationDeliveries,
  notificationDeliveryOf,
  retryNotificationDeliveries,
  retryNotificationDelivery,
} from '../../prisma/store/notifications/notification-deliveries';
import { stateAfter } from '../../prisma/store/shared/audit-log';
import { auditedTransaction } from '../../prisma/store/shared/audited-transaction';
import type { Database } from '../../prisma/store/shared/database';
import { changeOf } from '../http/audited-change';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { byId, pageOf, paging } from '../http/schemas';

const notificationDeliverySchema = z
  .object({
    id: z.string(),
    messageId: z.string(),
    channel: z.enum(OUTBOUND_CHANNELS),
    status: z.enum(NOTIFICATION_DELIVERY_STATUSES),
    event: z.string(),
    objectId: z.string(),
    recipientId: z.string(),
    address: z.string().nullable(),
    attempts: z.int(),
    lastError: z.string().nullable(),
    createdAt: z.iso.datetime(),
    nextAttemptAt: z.iso.datetime(),
    claimedAt: z.iso.datetime().nullable(),
    sentAt: z.iso.datetime().nullable(),
  })
  .openapi('NotificationDelivery', { description: 'A message on its way through one channel; its id names both' });

const time = z.iso.datetime({ offset: true });

/** Few enough for one transaction; the rest needs the command once more. */
const RETRIED_AT_ONCE = 5_000;

const retryBody = z
  .strictObject({
    channel: z.enum(OUTBOUND_CHANNELS),
    status: z
      .enum(RETRYABLE_STATUSES)
      .openapi({ description: 'What is `unconfirmed` may have gone out: it may arrive twice' }),
    createdFrom: time.optional(),
    createdTo: time.optional(),
  })
  .openapi('NotificationDeliveriesRetry', {
    description: 'Which messages to send again, by when they were created (from, before)',
  });

const retriedSchema = z.object({
  retried: z.int().openapi({ description: `How many are sent again: ${RETRIED_AT_ONCE} at most` }),
  complete: z.boolean().openapi({ description: 'Whether none was left over; otherwise ask again' }),
});

const channelSchema = z
  .object({
    channel: z.enum(OUTBOUND_CHANNELS),
    state: z.enum(['active', 'paused']),
    waiting: z.int().openapi({ description: 'Messages that wait to be sent' }),
    pausedSince: z.iso.datetime().nullable(),
    nextProbeAt: z.iso.datetime().nullable(),
    failures: z.int(),
    lastError: z.string().nullable(),
  })
  .openapi('NotificationChannel', { description: 'A channel is paused while its server takes no messages' });

/** The outbox of e-mails and SMS, for operations: failures are visible and can be sent again (MSG-2). */
export function notificationDeliveryRoutes(context: ApiContext, { db }: { db: Database }): void {
  listing(context, db);
  channels(context, db);
  retrying(context, db);
  retryingMany(context, db);
}

function listing(context: ApiContext, db: Database): void {
  get(context, {
    path: '/v1/ops/notification-deliveries',
    summary: 'E-mails and SMS of the outbox, newest first',
    tag: 'Operations',
    access: { ops: 'any' },
    params: nothing,
    query: z.strictObject({
      limit: paging.limit,
      cursor: paging.cursor,
      channel: z.enum(OUTBOUND_CHANNELS).optional(),
      status: z.enum(NOTIFICATION_DELIVERY_STATUSES).optional(),
    }),
    body: nothing,
    answer: { status: 200, schema: pageOf(notificationDeliverySchema, 'NotificationDeliveryPage') },
    async handle({ query }) {
      const page = pageOfQuery({ ...query, sort: '-id' });
      const filter = { channel: query.channel ?? null, status: query.status ?? null };
      const rows = await listNotificationDeliveries(db, { ...filter, limit: page.limit + 1, cursor: page.after });
      return pageAnswer(rows, page, (row) => row);
    },
  });
}

function channels(context: ApiContext, db: Database): void {
  get(context, {
    path: '/v1/ops/notification-channels',
    summary: 'The channels by which messages are sent, and which of them are paused',
    tag: 'Operations',
    access: { ops: 'any' },
    params: nothing,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: z.object({ items: z.array(channelSchema) }) },
    async handle() {
      const [pauses, waiting] = await Promise.all([pausedChannels(db), countWaiting(db)]);
      const items = OUTBOUND_CHANNELS.map((channel) => {
        const pause = pauses.find((one) => one.channel === channel);
        return {
          channel,
          state: pause === undefined ? ('active' as const) : ('paused' as const),
          waiting: waiting.get(channel) ?? 0,
          pausedSince: pause?.pausedSince.toISOString() ?? null,
          nextProbeAt: pause?.pausedUntil.toISOString() ?? null,
          failures: pause?.failures ?? 0,
          lastError: pause?.lastError ?? null,
        };
      });
      return { items };
    },
  });
}

function retrying(context: ApiContext, db: Database): void {
  post(context, {
    path: '/v1/ops/notification-deliveries/{id}/retry',
    summary: 'Send an e-mail or SMS again that failed, or whose outcome is unknown',
    tag: 'Operations',
    access: { ops: 'any' },
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: z.object({ id: z.string(), status: z.enum(NOTIFICATION_DELIVERY_STATUSES) }) },
    async handle(call) {
      const { id } = call.params;
      const delivery = notificationDeliveryOf(id);
      if (delivery === null) throw new AppError('MESSAGE.NOT_FOUND', 'There is no such e-mail or SMS.');
      const change = changeOf(call, id, 'notification_delivery.retry');
      await auditedTransaction(db, change, async (tx) => {
        const found = await retryNotificationDelivery(tx, delivery, change.at);
        if (found === null) throw new AppError('MESSAGE.NOT_FOUND', 'There is no such e-mail or SMS.');
        if (found === 'retried') return { status: 'pending' };
        throw new AppError(
          'MESSAGE.NOT_RETRYABLE',
          `Only what failed or is unconfirmed is sent again: it is ${found}.`,
        );
      });
      return { id, status: 'pending' };
    },
  });
}

/** After an outage: everything that failed by a channel, in one command. */
function retryingMany(context: ApiContext, db: Database): void {
  post(context, {
    path: '/v1/ops/notification-deliveries/retry',
    summary: 'Send all e-mails or SMS again that failed, or whose outcome is unknown',
    tag: 'Operations',
    access: { ops: 'any' },
    params: nothing,
    query: nothing,
    body: retryBody,
    answer: { status: 200, schema: retriedSchema },
    async handle(call) {
      const { channel, status, createdFrom, createdTo } = call.body;
      const filter = { channel, status, createdFrom: dateOf(createdFrom), createdTo: dateOf(createdTo) };
      const change = changeOf(call, `notifications_${channel}`, 'notification_delivery.retry_all');
      await auditedTransaction(db, change, async (tx) => {
        const retried = await retryNotificationDeliveries(tx, filter, RETRIED_AT_ONCE, change.at);
        return { ...call.body, retried, complete: retried < RETRIED_AT_ONCE };
      });
      // What the command did when it was carried out, also when it is repeated.
      return retriedSchema.parse(await stateAfter(db, change.commandId));
    },
  });
}

const dateOf = (text: string | undefined): Date | null => (text === undefined ? null : new Date(text));
