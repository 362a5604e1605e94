import { z } from 'zod';
import type { Journal } from '../../../domain/ledger/journal';
import { Prisma } from '../../generated/client';
import { queryRow, type RawQueries } from '../shared/query-rows';

/** By what and when a journal is posted: the command of the step that it belongs to leads to everything else. */
export type PostedBy = { commandId: string; actor: string; runId: string | null; effectiveAt: Date };

/**
 * The CTE that posts a journal in the statement of its step, once for each row of a part that is carried out before;
 * empty where no money moves. The same business key with other content fails the statement.
 * @param from the part without whose row nothing is posted, e.g. `FROM step`
 */
export const postingCte = (journal: Journal | null, by: PostedBy, from: Prisma.Sql): Prisma.Sql =>
  journal === null
    ? Prisma.empty
    : Prisma.sql`, posted AS (INSERT INTO postings (journal) SELECT ${payload(journal, by)}::jsonb ${from})`;

/**
 * Posts a journal in the transaction of its step.
 * @returns its id, which is that of the journal posted before under the same business key; null where no money moves
 * @throws when that one has another content, or a balance would be below zero
 */
export async function postJournal(tx: RawQueries, journal: Journal | null, by: PostedBy): Promise<string | null> {
  if (journal === null) return null;
  const query = Prisma.sql`SELECT post_journal(${payload(journal, by)}::jsonb) AS id`;
  return (await queryRow(tx, z.object({ id: z.string() }), query))?.id ?? null;
}

const payload = (journal: Journal, { effectiveAt, ...by }: PostedBy): string =>
  JSON.stringify({ ...journal, ...by, effectiveAt: effectiveAt.toISOString() });
