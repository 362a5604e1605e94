import { z } from 'zod';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import type { Page } from '../shared/paging';
import { queryRow, queryRows } from '../shared/query-rows';

const fen = z.coerce.number().int();

const total = z.object({
  kind: z.string(),
  /** Empty for kinds that know no channel. */
  channel: z.string(),
  side: z.enum(['debit', 'credit']),
  debitFen: fen,
  creditFen: fen,
});
/** What was posted to the accounts of one kind and channel. */
export type Total = z.output<typeof total>;

/** What was posted up to an instant, that instant included, by kind and channel of the accounts (WDR-9). */
export function trialBalance(db: Database, at: Date): Promise<Total[]> {
  const until = new Date(at.getTime() + 1);
  return queryRows(
    db,
    total,
    Prisma.sql`
      SELECT t.kind, t.channel, k.side, t.debit_fen AS "debitFen", t.credit_fen AS "creditFen"
      FROM totals_until(${until}::timestamptz) t JOIN account_kinds k ON k.kind = t.kind ORDER BY t.kind, t.channel`,
  );
}

/**
 * From which transaction on nothing can be posted before an instant any more; null while the instant is to come. A
 * snapshot is taken once all before it have ended.
 */
export async function snapshotHorizon(db: Database, until: Date): Promise<bigint | null> {
  const query = Prisma.sql`
    SELECT pg_current_xact_id()::text::bigint AS horizon WHERE now() >= ${until}::timestamptz`;
  return (await queryRow(db, z.object({ horizon: z.bigint() }), query))?.horizon ?? null;
}

/**
 * Takes the snapshot of the balances at an instant, once.
 * @param horizon what `snapshotHorizon` answered for it
 * @returns false while a transaction is open that may still post before it
 */
export async function takeSnapshot(db: Database, until: Date, horizon: bigint): Promise<boolean> {
  const query = Prisma.sql`SELECT take_balance_snapshot(${until}::timestamptz, ${horizon}::bigint) AS taken`;
  return (await queryRow(db, z.object({ taken: z.boolean() }), query))?.taken ?? false;
}

const statementLine = z.object({
  id: z.string(),
  journalId: z.string(),
  line: z.int(),
  kind: z.string(),
  objectId: z.string(),
  effectiveAt: z.date(),
  postedAt: z.date(),
  debitFen: fen,
  creditFen: fen,
  clearingKey: z.string().nullable(),
});
/** A line of the statement of an account, with what its journal says. Its id is that of the journal and its number. */
export type StatementLine = z.output<typeof statementLine>;

const LINE_ID = /^(jrn_\w+)_(\d{1,9})$/;

/** The entries of an account, in the order in which they were posted or the other way round. */
export function listEntries(db: Database, accountId: string, page: Page): Promise<StatementLine[]> {
  const [beyond, direction] = page.newestFirst ? [Prisma.sql`<`, Prisma.sql`DESC`] : [Prisma.sql`>`, Prisma.sql`ASC`];
  const [, journalId = '', line = '0'] = LINE_ID.exec(page.after ?? '') ?? [];
  const after =
    page.after === null
      ? Prisma.empty
      : Prisma.sql`AND (e.journal_id, e.line) ${beyond} (${journalId}::text, ${Number(line)}::int)`;
  return queryRows(
    db,
    statementLine,
    Prisma.sql`
      SELECT e.journal_id || '_' || e.line AS id, e.journal_id AS "journalId", e.line, j.kind, j.object_id AS "objectId",
             j.effective_at AS "effectiveAt", j.posted_at AS "postedAt", e.debit_fen AS "debitFen",
             e.credit_fen AS "creditFen", e.clearing_key AS "clearingKey"
      FROM entries e JOIN journals j ON j.id = e.journal_id
      WHERE e.account_id = ${accountId} ${after}
      ORDER BY e.journal_id ${direction}, e.line ${direction} LIMIT ${page.limit + 1}`,
  );
}

/** An account that was opened, or null. */
export const findAccount = (db: Database, id: string) => db.account.findUnique({ where: { id } });

/** A journal with its lines, what it reverses or is reversed by, and the step that caused it; null where there is none. */
export async function findJournal(db: Database, id: string) {
  const include = { entries: { orderBy: { line: 'asc' } as const }, reversedBy: { select: { id: true } } };
  const journal = await db.journal.findUnique({ where: { id }, include });
  if (journal === null) return null;
  const cause = await db.step.findUnique({ where: { commandId: journal.commandId } });
  return { ...journal, cause };
}
export type FoundJournal = NonNullable<Awaited<ReturnType<typeof findJournal>>>;
