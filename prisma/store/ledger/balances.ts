import { z } from 'zod';
import type { Difference } from '../../../domain/ledger/reconciliation';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { queryRows } from '../shared/query-rows';

/** Accounts and clearing keys that one query compares; an account may have very many entries. */
const ACCOUNTS = 20;
const KEYS = 500;

export const total = z.object({
  kind: z.string(),
  /** Empty for kinds that know no channel. */
  channel: z.string(),
  debit: z.coerce.bigint(),
  credit: z.coerce.bigint(),
});
/** What the lines of the accounts of a kind and channel come to. */
export type Total = z.output<typeof total>;

const fen = z.coerce.number().int();
const balance = z.object({ key: z.string(), ledgerFen: fen, otherFen: fen, isTouched: z.boolean() });
type Balance = z.output<typeof balance>;
type After = { account: string; key: string };

/**
 * Balances that do not follow from the entries: by account, by clearing key, and where a row is gone by the sum of what
 * is open in an account. Those that altered journals touch follow from these, and are left out.
 * @param altered the journals whose lines are not what was posted
 * @param closed what the lines came to that were posted before `until`
 * @param progressed called after each batch
 */
export async function wrongBalances(
  db: Database,
  { altered, closed, until }: { altered: readonly string[]; closed: readonly Total[]; until: Date },
  progressed: () => void,
): Promise<Difference[]> {
  const ofAccounts = await inBatches(accountBalances, ACCOUNTS);
  const ofKeys = await inBatches(clearingBalances, KEYS);
  const named = new Set(ofKeys.map(({ key }) => key.split('/')[0]));
  const ofSums = (await queryRows(db, balance, clearingSums(altered, closed, until))).filter(
    ({ key }) => !named.has(key),
  );
  return [...ofAccounts, ...ofKeys, ...ofSums]
    .filter(({ isTouched }) => !isTouched)
    .map(({ key, ledgerFen, otherFen }) => ({ kind: 'balance', key, channel: null, ledgerFen, otherFen }));

  async function inBatches(
    query: (altered: readonly string[], after: After, most: number) => Prisma.Sql,
    most: number,
  ) {
    const wrong: Balance[] = [];
    let after: After | null = { account: '', key: '' };
    while (after !== null) {
      const rows: z.output<typeof compared>[] = await queryRows(db, compared, query(altered, after, most));
      progressed();
      wrong.push(...rows.filter(({ ledgerFen, otherFen }) => ledgerFen !== otherFen));
      after = rows.length < most ? null : (rows.at(-1) ?? null);
    }
    return wrong;
  }
}

const compared = balance.extend({ account: z.string(), key: z.string() });

/** What a line adds to the balance of an account whose kind is `k`. */
const MOVED = Prisma.sql`CASE k.side WHEN 'debit' THEN e.debit_fen - e.credit_fen ELSE e.credit_fen - e.debit_fen END`;

const accountBalances = (altered: readonly string[], { account }: After, most: number) => Prisma.sql`
  SELECT a.id AS account, a.id AS key, coalesce(b.balance_fen, 0) AS "ledgerFen", replayed.fen AS "otherFen",
         replayed.touched AS "isTouched"
  FROM (SELECT a.id, k.side FROM accounts a JOIN account_kinds k ON k.kind = a.kind
        WHERE k.limited_by = 'account' AND a.id > ${account} ORDER BY a.id LIMIT ${most}) a
  LEFT JOIN account_balances b ON b.account_id = a.id
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(${MOVED}), 0) AS fen, coalesce(bool_or(e.journal_id = ANY (${altered}::text[])), false) AS touched
    FROM entries e, (SELECT a.side) k WHERE e.account_id = a.id
  ) replayed
  ORDER BY a.id`;

const clearingBalances = (altered: readonly string[], { account, key }: After, most: number) => Prisma.sql`
  SELECT c.account_id AS account, c.account_id || '/' || c.clearing_key AS key, c.balance_fen AS "ledgerFen",
         replayed.fen AS "otherFen", replayed.touched AS "isTouched"
  FROM (SELECT * FROM clearing_balances
        WHERE (account_id, clearing_key) > (${account}, substr(${key}, length(${account}) + 2))
        ORDER BY account_id, clearing_key LIMIT ${most}) c
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(e.credit_fen - e.debit_fen), 0) AS fen,
           coalesce(bool_or(e.journal_id = ANY (${altered}::text[])), false) AS touched
    FROM entries e WHERE e.account_id = c.account_id AND e.clearing_key = c.clearing_key
  ) replayed
  ORDER BY c.account_id, c.clearing_key`;

const clearingSums = (altered: readonly string[], closed: readonly Total[], until: Date) => Prisma.sql`
  SELECT t.id AS key, t.open_fen AS "ledgerFen", t.fen AS "otherFen",
         EXISTS (SELECT FROM entries e WHERE e.journal_id = ANY (${altered}::text[]) AND e.account_id = t.id) AS "isTouched"
  FROM (
    SELECT a.id,
           (SELECT coalesce(sum(c.balance_fen), 0) FROM clearing_balances c WHERE c.account_id = a.id) AS open_fen,
           (SELECT coalesce(sum(e.credit_fen - e.debit_fen), 0) FROM entries e
            WHERE e.account_id = a.id AND e.journal_id >= first_journal_id(${until}::timestamptz))
           + (SELECT coalesce(sum(r.credit - r.debit), 0) FROM jsonb_to_recordset(${asJson(closed)}::jsonb)
                AS r(kind text, channel text, debit numeric, credit numeric)
              WHERE r.kind = a.kind AND r.channel = coalesce(a.channel, '')) AS fen
    FROM accounts a JOIN account_kinds k ON k.kind = a.kind AND k.limited_by = 'clearing_key'
  ) t
  WHERE t.open_fen <> t.fen ORDER BY t.id`;

const asJson = (totals: readonly Total[]): string =>
  JSON.stringify(totals.map((one) => ({ ...one, debit: String(one.debit), credit: String(one.credit) })));
