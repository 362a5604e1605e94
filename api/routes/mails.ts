import { z } from 'zod';
import { AppError } from '../../domain/errors';
import type { Database } from '../../prisma/store/client';
import { listMails, mailExists, retryMail } from '../../prisma/store/mails';
import { type Door, get, nothing, post } from '../endpoint';
import { pageAnswer, pageOfQuery } from '../paging';
import { byId, pageOf, paging } from '../schemas';

const STATUSES = ['pending', 'sending', 'sent', 'failed', 'unconfirmed', 'skipped'] as const;

const mailSchema = z
  .object({
    id: z.string(),
    status: z.enum(STATUSES),
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
  .openapi('Mail');

/** The e-mails of the outbox, for operations: failures are visible and can be sent again (MSG-2). */
export function mailRoutes(door: Door, { db }: { db: Database }): void {
  get(door, {
    path: '/v1/ops/mails',
    summary: 'E-mails of the outbox, newest first',
    tag: 'Operations',
    access: { ops: 'any' },
    params: nothing,
    query: z.strictObject({ limit: paging.limit, cursor: paging.cursor, status: z.enum(STATUSES).optional() }),
    body: nothing,
    answer: { status: 200, schema: pageOf(mailSchema, 'MailPage') },
    async handle({ query }) {
      const page = pageOfQuery({ ...query, sort: '-id' });
      const status = query.status ?? null;
      const mails = await listMails(db, { status, limit: page.limit + 1, cursor: page.after });
      const rows = mails.map(({ messageId, ...mail }) => ({ id: messageId, ...mail }));
      return pageAnswer(rows, page, (row) => row);
    },
  });
  post(door, {
    path: '/v1/ops/mails/{id}/retry',
    summary: 'Send an e-mail again that failed, or that nobody can tell of',
    tag: 'Operations',
    access: { ops: 'any' },
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: z.object({ id: z.string(), status: z.enum(STATUSES) }) },
    async handle({ params }) {
      if (await retryMail(db, params.id, new Date())) return { id: params.id, status: 'pending' };
      if (!(await mailExists(db, params.id))) throw new AppError('MESSAGE.NOT_FOUND', 'There is no such e-mail.');
      throw new AppError('MESSAGE.NOT_RETRYABLE', 'Only an e-mail that is failed or unconfirmed can be sent again.');
    },
  });
}
