import { z } from 'zod';
import { areaOfObject } from '../../domain/accounts/areas';
import { isPermitted } from '../../domain/accounts/permissions';
import { AppError } from '../../domain/shared/errors';
import { readTimeline, readTrail, type TrailScope } from '../../prisma/store/audit/entries';
import type { Database } from '../../prisma/store/shared/database';
import type { Principal } from '../http/auth';
import { type ApiContext, get, nothing } from '../http/endpoint';
import { byId, id, pageOf, paging } from '../http/schemas';
import { areasOfPrincipal, providerOf } from '../http/scope';
import { positionOf, trailAnswer } from './paging';
import { auditEntry, auditEntryForOps, timelineEntry } from './view';

const time = z.iso.datetime({ offset: true });
const document = z.record(z.string(), z.unknown()).nullable();

export const timelineEntrySchema = z
  .object({
    at: time,
    actor: z.object({ role: z.enum(['buyer', 'provider', 'ops', 'system']), id: z.string() }),
    action: z.string(),
    note: z.string().nullable().openapi({ description: 'What was said with it; words that are sealed are not here' }),
    objectId: z.string(),
    refund: z
      .object({ amountFen: z.int(), channel: z.string(), reason: z.string() })
      .optional()
      .openapi({ description: 'Of a step of a refund: how much goes back by which channel, and why' }),
  })
  .openapi('TimelineEntry');

const auditEntrySchema = timelineEntrySchema
  .extend({
    id: z.string(),
    sequence: z.int().nullable().openapi({ description: 'Number of the step; null where nothing was changed' }),
    requestId: z.string().nullable(),
    runId: z.string().nullable().openapi({ description: 'The workflow run' }),
    before: document,
    after: document,
    changes: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
  })
  .openapi('AuditEntry');
export const auditEntryForOpsSchema = auditEntrySchema
  .extend({ sourceIp: z.string().nullable() })
  .openapi('AuditEntryForOps');

/** An instant of a query; what was before computers is none. */
const instant = time
  .transform((value) => new Date(value))
  .refine((value) => value.getTime() >= 0, 'must not be before 1970')
  .optional()
  .openapi({ type: 'string', format: 'date-time' });
const pages = { limit: paging.limit, cursor: paging.cursor };
const filters = {
  objectId: z
    .string()
    .regex(/^\w{1,64}$/, 'must be an id')
    .optional(),
  actorId: z
    .string()
    .regex(/^[\w.@-]{1,64}$/, 'must be an id')
    .optional(),
  action: z
    .string()
    .regex(/^[\w.]{1,64}$/, 'must be an action, or how actions begin')
    .optional()
    .openapi({ description: 'How the action begins', example: 'provider.requirement' }),
  from: instant,
  to: instant,
};

const ofProvider = (principal: Principal): TrailScope => ({
  providerId: providerOf(principal),
  areas: areasOfPrincipal(principal),
});

/** Who did what, when, from where, and what it changed (AUD-1); and each object's timeline, which is made of it. */
export function auditRoutes(context: ApiContext, { db }: { db: Database }): void {
  get(context, {
    path: '/v1/ops/audit',
    summary: 'The audit trail, newest first: who, when, from where, what, before and after (AUD-1)',
    tag: 'Audit',
    access: { ops: 'any' },
    params: nothing,
    query: z.strictObject({ ...pages, ...filters, providerId: id('prv').optional() }),
    body: nothing,
    answer: { status: 200, schema: pageOf(auditEntryForOpsSchema, 'AuditPageForOps') },
    async handle({ query: { limit, cursor, ...filter } }) {
      const page = { limit, after: positionOf(cursor), newestFirst: true };
      return trailAnswer(await readTrail(db, 'all', filter, page), limit, auditEntryForOps);
    },
  });
  get(context, {
    path: '/v1/provider/audit',
    summary: 'The audit trail of your own objects, of the areas that are yours, newest first (AUD-1)',
    tag: 'Audit',
    access: { provider: 'account' },
    params: nothing,
    query: z.strictObject({ ...pages, ...filters }),
    body: nothing,
    answer: { status: 200, schema: pageOf(auditEntrySchema, 'AuditPage') },
    async handle({ principal, query: { limit, cursor, ...filter } }) {
      const page = { limit, after: positionOf(cursor), newestFirst: true };
      return trailAnswer(await readTrail(db, ofProvider(principal), filter, page), limit, auditEntry);
    },
  });
  timelines(context, db);
}

function timelines(context: ApiContext, db: Database): void {
  for (const role of ['provider', 'ops'] as const) {
    get(context, {
      path: `/v1/${role}/objects/{id}/timeline`,
      summary: 'What happened to an object and its reviews, to an order and its delivery; the oldest first (AUD-1)',
      tag: 'Audit',
      // What a provider's people see of it goes by the areas of the object and of what belongs to it.
      access: role === 'ops' ? { ops: 'any' } : { provider: 'any' },
      params: byId,
      query: z.strictObject(pages),
      body: nothing,
      answer: { status: 200, schema: pageOf(timelineEntrySchema, 'Timeline') },
      async handle({ principal, params, query: { limit, cursor } }) {
        const { accessStatus } = principal;
        const isForThem =
          role === 'ops' || (accessStatus !== undefined && isPermitted(accessStatus, areaOfObject(params.id)));
        const scope = role === 'ops' ? 'all' : ofProvider(principal);
        const page = { limit, after: positionOf(cursor) };
        const rows = isForThem ? await readTimeline(db, scope, params.id, page) : [];
        if (rows.length === 0) throw new AppError('OBJECT.NOT_FOUND', 'Nothing is recorded of such an object.');
        return trailAnswer(rows, limit, timelineEntry);
      },
    });
  }
}
