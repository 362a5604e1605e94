import { z } from 'zod';
import { shanghaiDay } from '../../../domain/calendar/working-days';
import type { Difference } from '../../../domain/ledger/reconciliation';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { queryRow, queryRows } from '../shared/query-rows';
import { type Total, total, wrongBalances } from './balances';

/** Journals that one query reads: well below the limit of a statement. */
const BATCH = 2_000;

const seal = z.object({ until: z.date(), digest: z.string(), totals: z.array(total) });
/** What the ledger was at the end of a closed day: the digest of all journals, and what their lines came to. */
type Seal = z.output<typeof seal>;

const batch = z.object({
  last: z.string().nullable(),
  journals: z.int(),
  digest: z.string(),
  altered: z.array(z.string()),
  totals: z.array(total),
});

/**
 * Reads the whole ledger, in batches: each journal has the lines it was posted with, each closed day the journals and
 * the totals that it was closed with, each balance follows from the entries (WDR-9). So a line, a journal or a balance
 * that somebody has forged, altered or deleted is found, however old it is. What follows from another difference is none
 * of its own.
 * @param progressed called after each batch
 * @returns what differs, and the digest of the last closed day
 */
export async function verifiedLedger(
  db: Database,
  progressed: () => void,
): Promise<{ digest: string; found: Difference[] }> {
  const altered: string[] = [];
  const days: Difference[] = [];
  let closed: Total[] = [];
  let before: Seal = { until: new Date(0), digest: '', totals: [] };
  for (const sealed of await seals(db)) {
    const found = await readBetween(db, before, sealed.until, progressed);
    const totals = added(before.totals, found.totals);
    const [ledgerFen, otherFen] = [debitsOf(totals), debitsOf(sealed.totals)];
    const isSame = found.digest === sealed.digest && textOf(totals) === textOf(sealed.totals);
    // Totals follow from lines: those that were altered are named one by one.
    const isNamed = found.digest === sealed.digest && found.altered.length > 0;
    const key = shanghaiDay(sealed.until.getTime() - 1);
    if (!isSame && !isNamed) days.push({ kind: 'day', key, channel: null, ledgerFen, otherFen });
    altered.push(...found.altered);
    closed = added(closed, found.totals);
    before = sealed;
  }
  altered.push(...(await readBetween(db, before, null, progressed)).altered);
  const balances = await wrongBalances(db, { altered, closed, until: before.until }, progressed);
  return { digest: before.digest, found: [...(await alteredJournals(db, altered)), ...days, ...balances] };
}

const seals = (db: Database): Promise<Seal[]> =>
  queryRows(
    db,
    seal,
    Prisma.sql`
      SELECT l.until, l.digest, coalesce(
               jsonb_agg(jsonb_build_object('kind', s.kind, 'channel', s.channel, 'debit', s.debit_fen::text,
                                            'credit', s.credit_fen::text)) FILTER (WHERE s.kind IS NOT NULL), '[]') AS totals
      FROM ledger_seals l LEFT JOIN balance_snapshots s ON s.until = l.until GROUP BY l.until ORDER BY l.until`,
  );

/** What the journals from a seal on come to; their digest builds on that of the seal. */
async function readBetween(db: Database, from: Seal, until: Date | null, progressed: () => void) {
  const end = until === null ? Prisma.sql`'jrn_~'` : Prisma.sql`first_journal_id(${until}::timestamptz)`;
  const found = { digest: from.digest, altered: [] as string[], totals: [] as Total[] };
  let after = Prisma.sql`first_journal_id(${from.until}::timestamptz)`;
  for (;;) {
    const query = Prisma.sql`
      SELECT last_id AS last, journals, digest, altered, totals
      FROM read_journals(${after}, ${end}, ${found.digest}::text, ${BATCH}::int)`;
    const next = await queryRow(db, batch, query);
    progressed();
    if (next === null || next.last === null) return found;
    found.digest = next.digest;
    found.altered.push(...next.altered);
    found.totals = added(found.totals, next.totals);
    after = Prisma.sql`${next.last}::text`;
  }
}

const nameOf = ({ kind, channel }: Total) => `${kind} ${channel}`;

function added(totals: readonly Total[], more: readonly Total[]): Total[] {
  const sums = new Map(totals.map((one) => [nameOf(one), one]));
  for (const one of more) {
    const { debit = 0n, credit = 0n } = sums.get(nameOf(one)) ?? {};
    sums.set(nameOf(one), { ...one, debit: debit + one.debit, credit: credit + one.credit });
  }
  return [...sums.values()];
}

const debitsOf = (totals: readonly Total[]): number => Number(totals.reduce((sum, { debit }) => sum + debit, 0n));
const textOf = (totals: readonly Total[]): string =>
  totals
    .map((one) => `${nameOf(one)} ${one.debit} ${one.credit}`)
    .sort()
    .join('\n');

const lines = z.object({ key: z.string(), ledgerFen: z.coerce.number().int(), otherFen: z.coerce.number().int() });

/** What the lines of journals come to that are not those it was posted with: debits and credits. */
async function alteredJournals(db: Database, ids: readonly string[]): Promise<Difference[]> {
  const query = Prisma.sql`
    SELECT j.id AS key, coalesce(sum(e.debit_fen), 0) AS "ledgerFen", coalesce(sum(e.credit_fen), 0) AS "otherFen"
    FROM journals j LEFT JOIN entries e ON e.journal_id = j.id
    WHERE j.id = ANY (${ids}::text[]) GROUP BY j.id ORDER BY j.id`;
  return (await queryRows(db, lines, query)).map((row) => ({ ...row, kind: 'journal', channel: null }));
}
