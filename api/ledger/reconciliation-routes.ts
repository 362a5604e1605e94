import { z } from 'zod';
import { type Entry, isBalanced } from '../../domain/ledger/journal';
import { DIFFERENCE_KINDS } from '../../domain/ledger/reconciliation';
import { AppError } from '../../domain/shared/errors';
import {
  type DifferenceRow,
  findDifference,
  listDifferences,
  resolveDifference,
} from '../../prisma/store/ledger/differences';
import { type Database, isRefusedForGood } from '../../prisma/store/shared/database';
import { changeOf } from '../http/audited-change';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { amountFen, byId, pageOf, paging, REASON_MAX, words } from '../http/schemas';

const time = z.iso.datetime({ offset: true });
const STATES = ['open', 'resolved', 'settled'] as const;
const differenceSchema = z
  .object({
    id: z.string(),
    kind: z.enum(DIFFERENCE_KINDS).openapi({ description: 'What the ledger was compared with' }),
    key: z.string().openapi({ description: 'The one thing that differs' }),
    channel: z.string().nullable(),
    ledgerFen: z.int(),
    otherFen: z.int(),
    state: z.enum(STATES).openapi({ description: 'settled: a later comparison saw it no more' }),
    day: z.string().openapi({ description: 'The day (Shanghai) whose comparison found it' }),
    foundAt: time,
    lastSeenAt: time,
    settledAt: time.nullable(),
    settledRun: z.string().nullable().openapi({ description: 'The run that saw it no more' }),
    resolvedAt: time.nullable(),
    resolvedBy: z.string().nullable(),
    reason: z.string().nullable(),
    journalId: z.string().nullable().openapi({ description: 'What its resolution posted; null where it is explained' }),
    allowedActions: z.array(z.string()),
  })
  .openapi('Difference');

const entry = z
  .strictObject({
    accountId: z.string().regex(/^[\w:]{1,160}$/, 'must be an account'),
    side: z.enum(['debit', 'credit']),
    amountFen,
    clearingKey: z
      .string()
      .regex(/^[\w.:/-]{1,128}$/, 'must be a transaction or an id')
      .nullable()
      .default(null),
  })
  .openapi('DifferenceEntry');
const resolution = z
  .strictObject({
    reason: words(REASON_MAX),
    entries: z
      .array(entry)
      .max(20)
      .refine((lines: Entry[]) => isBalanced(lines), 'debits and credits must be the same')
      .optional()
      .openapi({ description: 'What to post: none explains the difference; left out, what the difference suggests' }),
  })
  .openapi('DifferenceResolution');

/** What the reconciliation found, as tasks of operations (WDR-9). */
export function reconciliationRoutes(context: ApiContext, { db }: { db: Database }): void {
  const common = { tag: 'Ledger', access: { ops: 'any' } } as const;
  const path = '/v1/ops/reconciliation/differences';
  const found = async (id: string): Promise<DifferenceRow> => {
    const row = await findDifference(db, id);
    if (row === null) throw new AppError('OBJECT.NOT_FOUND', 'There is no such difference.');
    return row;
  };

  get(context, {
    ...common,
    path,
    summary: 'What the ledger and other records disagree about (WDR-9)',
    params: nothing,
    query: z.strictObject({ ...paging, state: z.enum(STATES).optional() }),
    body: nothing,
    answer: { status: 200, schema: pageOf(differenceSchema, 'DifferencePage') },
    async handle({ query: { state, ...query } }) {
      const page = pageOfQuery(query);
      return pageAnswer(await listDifferences(db, { state }, page), page, view);
    },
  });
  get(context, {
    ...common,
    path: `${path}/{id}`,
    summary: 'One difference',
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: differenceSchema },
    handle: async ({ params }) => view(await found(params.id)),
  });
  post(context, {
    ...common,
    // Money is moved by hand here.
    access: { ops: 'appeals.rule' },
    path: `${path}/{id}/resolve`,
    summary: 'Resolve a difference, once: post what corrects the ledger, or say why nothing has to (WDR-9)',
    params: byId,
    query: nothing,
    body: resolution,
    answer: { status: 200, schema: differenceSchema },
    async handle(call) {
      const { id } = await found(call.params.id);
      const change = changeOf(call, id, 'ops.reconciliation.resolve');
      await resolveDifference(db, change, call.body).catch(refusedByLedger);
      return view(await found(id));
    },
  });
}

/** What the ledger refuses is the fault of the entries: no such account, or a balance below zero. */
function refusedByLedger(error: unknown): never {
  if (!isRefusedForGood(error)) throw error;
  throw new AppError('REQUEST.INVALID', 'The ledger refuses these entries.', {
    errors: [{ path: 'body.entries', message: 'names no account, or takes more than there is' }],
  });
}

const view = ({ ledgerFen, otherFen, foundAt, lastSeenAt, settledAt, resolvedAt, ...row }: DifferenceRow) => ({
  ...row,
  ledgerFen: Number(ledgerFen),
  otherFen: Number(otherFen),
  foundAt: foundAt.toISOString(),
  lastSeenAt: lastSeenAt.toISOString(),
  settledAt: settledAt?.toISOString() ?? null,
  resolvedAt: resolvedAt?.toISOString() ?? null,
  allowedActions: row.state === 'open' ? ['ops.resolve'] : [],
});
