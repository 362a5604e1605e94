import { z } from 'zod';
import { AppError } from '../../domain/shared/errors';
import { findAccount, findJournal, listEntries, trialBalance } from '../../prisma/store/ledger/reports';
import type { Database } from '../../prisma/store/shared/database';
import { type ApiContext, getTable, nothing } from '../http/endpoint';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { byId, paging } from '../http/schemas';
import { journalSchema, statementSchema, trialBalanceSchema } from './schemas';
import { journalView, statementLineView, trialBalanceView } from './view';

const common = { tag: 'Ledger', access: { ops: 'any' } } as const;
const format = z.enum(['json', 'csv']).optional().openapi({ description: 'Without it the Accept header decides' });

/** An instant of a query; what was before computers is none. */
const instant = z.iso
  .datetime({ offset: true })
  .transform((value) => new Date(value))
  .refine((value) => value.getTime() >= 0, 'must not be before 1970')
  .openapi({ type: 'string', format: 'date-time' });

/** An account in a path: what cannot be one is the id of none. */
const byAccount = z.strictObject({
  id: z
    .string()
    .transform((sent) => (/^[\w:]{1,160}$/.test(sent) ? sent : 'unknown'))
    .openapi({ type: 'string', description: 'An account, e.g. `provider:prv_…:wechat:pending`' }),
});

/** What operations read of the ledger (WDR-9), as JSON or CSV. */
export function ledgerRoutes(context: ApiContext, { db }: { db: Database }): void {
  balances(context, db);
  statements(context, db);
  journals(context, db);
}

function balances(context: ApiContext, db: Database): void {
  getTable(context, {
    ...common,
    path: '/v1/ops/ledger/trial-balance',
    summary: 'Debits, credits and balance of every account at an instant, by when they were posted (WDR-9)',
    params: nothing,
    query: z.strictObject({ at: instant.optional(), format }),
    body: nothing,
    answer: { status: 200, schema: trialBalanceSchema },
    async handle({ query: { at = new Date() } }) {
      return trialBalanceView(await trialBalance(db, at), at);
    },
    table: {
      name: 'trial-balance',
      columns: ['account', 'side', 'debitFen', 'creditFen', 'balanceFen'],
      rows: ({ lines, debitFen, creditFen }) => [
        ...lines.map((line) => [line.account, line.side, line.debitFen, line.creditFen, line.balanceFen]),
        ['total', null, debitFen, creditFen, debitFen - creditFen],
      ],
    },
  });
}

function statements(context: ApiContext, db: Database): void {
  getTable(context, {
    ...common,
    path: '/v1/ops/ledger/accounts/{id}/entries',
    summary: 'The statement of an account, page by page; of a CSV the next page is in its Link header (WDR-9)',
    params: byAccount,
    query: z.strictObject({ ...paging, format }),
    body: nothing,
    answer: { status: 200, schema: statementSchema },
    async handle({ params, query }) {
      const page = pageOfQuery(query);
      const rows = await listEntries(db, params.id, page);
      if (rows.length === 0 && (await findAccount(db, params.id)) === null) throw noSuch('account');
      return pageAnswer(rows, page, statementLineView);
    },
    table: {
      name: 'statement',
      columns: [
        'postedAt',
        'effectiveAt',
        'journalId',
        'line',
        'kind',
        'objectId',
        'clearingKey',
        'debitFen',
        'creditFen',
      ],
      rows: ({ items }) =>
        items.map((item) => [
          ...[item.postedAt, item.effectiveAt, item.journalId, item.line, item.kind, item.objectId, item.clearingKey],
          ...[item.debitFen, item.creditFen],
        ]),
    },
  });
}

function journals(context: ApiContext, db: Database): void {
  getTable(context, {
    ...common,
    path: '/v1/ops/ledger/journals/{id}',
    summary: 'A journal: its entries, the step that caused it, what it reverses or resolves (WDR-9)',
    params: byId,
    query: z.strictObject({ format }),
    body: nothing,
    answer: { status: 200, schema: journalSchema },
    async handle({ params }) {
      const journal = await findJournal(db, params.id);
      if (journal === null) throw noSuch('journal');
      return journalView(journal);
    },
    table: {
      name: 'journal',
      columns: ['journalId', 'line', 'accountId', 'clearingKey', 'debitFen', 'creditFen'],
      rows: ({ id, entries }) =>
        entries.map(({ line, accountId, clearingKey, debitFen, creditFen }) => [
          ...[id, line, accountId, clearingKey, debitFen, creditFen],
        ]),
    },
  });
}

const noSuch = (what: string) => new AppError('OBJECT.NOT_FOUND', `The ledger has no such ${what}.`);
