import { z } from 'zod';
import { AppError } from '../../domain/errors';
import { SENDING_CHANNELS } from '../../domain/messages/groups';
import { changeOnce } from '../../prisma/store/change';
import type { Database } from '../../prisma/store/client';
import { listSendings, retrySending, SENDING_STATUSES, sendingOf } from '../../prisma/store/sendings';
import { changeOf } from '../change';
import { type Door, get, nothing, post } from '../endpoint';
import { pageAnswer, pageOfQuery } from '../paging';
import { byId, pageOf, paging } from '../schemas';

const sendingSchema = z
  .object({
    id: z.string(),
    messageId: z.string(),
    channel: z.enum(SENDING_CHANNELS),
    status: z.enum(SENDING_STATUSES),
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
  .openapi('Sending', { description: 'A message on its way through one channel; its id names both' });

/** The outbox of e-mails and SMS, for operations: failures are visible and can be sent again (MSG-2). */
export function sendingRoutes(door: Door, { db }: { db: Database }): void {
  get(door, {
    path: '/v1/ops/sendings',
    summary: 'E-mails and SMS of the outbox, newest first',
    tag: 'Operations',
    access: { ops: 'any' },
    params: nothing,
    query: z.strictObject({
      limit: paging.limit,
      cursor: paging.cursor,
      channel: z.enum(SENDING_CHANNELS).optional(),
      status: z.enum(SENDING_STATUSES).optional(),
    }),
    body: nothing,
    answer: { status: 200, schema: pageOf(sendingSchema, 'SendingPage') },
    async handle({ query }) {
      const page = pageOfQuery({ ...query, sort: '-id' });
      const filter = { channel: query.channel ?? null, status: query.status ?? null };
      const rows = await listSendings(db, { ...filter, limit: page.limit + 1, cursor: page.after });
      return pageAnswer(rows, page, (row) => row);
    },
  });
  post(door, {
    path: '/v1/ops/sendings/{id}/retry',
    summary: 'Send an e-mail or SMS again that failed, or that nobody can tell of',
    tag: 'Operations',
    access: { ops: 'any' },
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: z.object({ id: z.string(), status: z.enum(SENDING_STATUSES) }) },
    async handle(call) {
      const { id } = call.params;
      const sending = sendingOf(id);
      if (sending === null) throw new AppError('MESSAGE.NOT_FOUND', 'There is no such e-mail or SMS.');
      const change = changeOf(call, id, 'sending.retry');
      await changeOnce(db, change, async (tx) => {
        const found = await retrySending(tx, sending, change.at);
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
