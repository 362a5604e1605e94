import { z } from 'zod';
import type { Entry } from '../../../domain/ledger/journal';
import { COMPARISONS, DIFFERENCE_KINDS, type Difference, resolutionOf } from '../../../domain/ledger/reconciliation';
import type { Notice } from '../../../domain/notifications/notice';
import { PAYMENT_CHANNELS, type PaymentChannel } from '../../../domain/orders/order';
import { AppError } from '../../../domain/shared/errors';
import { Prisma } from '../../generated/client';
import { auditedTransaction, type Change } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { enqueueNotifications } from '../shared/outbox';
import { beyond, inOrder, type Page } from '../shared/paging';
import { queryRows } from '../shared/query-rows';
import { postJournal } from './post';

/** Which comparison it was: of a day, and with which of the channels; the ledger is compared as a whole. */
export type Compared = { what: keyof typeof COMPARISONS; day: string; channel: PaymentChannel | null };

/**
 * Keeps the differences that a comparison found: each once, however often it is seen. Those that it found before and
 * sees no more have settled by themselves, e.g. by a callback that came a day later; should they come back, they are new
 * ones. Operations are notified of new ones.
 * @param runId of the run that compares
 */
export async function recordDifferences(
  db: Database,
  found: readonly Difference[],
  { what, day, channel }: Compared,
  { runId, at }: { runId: string; at: Date },
): Promise<void> {
  await db.$transaction(async (tx) => {
    const added = await queryRows(
      tx,
      z.object({ isNew: z.boolean() }),
      Prisma.sql`
        INSERT INTO reconciliation_differences (id, kind, key, channel, ledger_fen, other_fen, day, found_at, last_seen_at)
        SELECT 'rcd_' || lpad(to_hex(${at.getTime()}::bigint), 12, '0') || substr(md5(random()::text), 1, 14),
               d.kind, d.key, d.channel, d."ledgerFen", d."otherFen", ${day}, ${at}::timestamptz, ${at}::timestamptz
        FROM jsonb_to_recordset(${JSON.stringify(found)}::jsonb)
          AS d(kind text, key text, channel text, "ledgerFen" bigint, "otherFen" bigint)
        ON CONFLICT (kind, key, ledger_fen, other_fen) WHERE state <> 'settled'
          DO UPDATE SET last_seen_at = EXCLUDED.last_seen_at
        RETURNING found_at = ${at}::timestamptz AS "isNew"`,
    );
    await tx.reconciliationDifference.updateMany({
      where: {
        ...{ state: 'open', kind: { in: [...COMPARISONS[what]] }, lastSeenAt: { lt: at } },
        ...(what !== 'ledger' && { day }),
        ...(channel !== null && { channel }),
      },
      data: { state: 'settled', settledAt: at, settledRun: runId },
    });
    const count = added.filter(({ isNew }) => isNew).length;
    if (count === 0) return;
    const params = { objectId: day, count: String(count) };
    const notices: Notice[] = [{ event: 'operations.books_differ', to: ['ops'], params }];
    // A number that no notice of this day has had.
    const sequence = NOTICES_FROM + (await tx.reconciliationDifference.count({ where: { day } }));
    await enqueueNotifications(tx, { objectId: `reconciliation_${day}`, providerId: null, sequence, notices, at });
  });
}

/** Below it are the numbers of notices that were counted by the parts of a day. */
const NOTICES_FROM = 10;

/**
 * Days with open differences that were last looked at before an instant, the longest ago first: they are compared again.
 * @param most days at most: the others follow the next time
 */
export async function openDays(db: Database, seenBefore: Date, most: number): Promise<string[]> {
  const days = await db.reconciliationDifference.groupBy({
    by: ['day'],
    where: { state: 'open', kind: { notIn: [...COMPARISONS.ledger] }, lastSeenAt: { lt: seenBefore } },
    _min: { lastSeenAt: true },
    orderBy: { _min: { lastSeenAt: 'asc' } },
    take: most,
  });
  return days.map(({ day }) => day);
}

/** The last day that was reconciled, or the day before the first that has a journal; null while there is none. */
export async function lastReconciledDay(db: Database): Promise<{ day: string } | { before: Date } | null> {
  const last = await db.reconciledDay.findFirst({ orderBy: { day: 'desc' }, select: { day: true } });
  if (last !== null) return last;
  const first = await db.journal.findFirst({ orderBy: { id: 'asc' }, select: { postedAt: true } });
  return first === null ? null : { before: first.postedAt };
}

/** Notes that a day is reconciled, once. */
export async function markReconciled(db: Database, day: string, at: Date, differences: number): Promise<void> {
  await db.reconciledDay.createMany({ data: { day, reconciledAt: at, differences }, skipDuplicates: true });
}

/** A page of differences, one more than asked for when there are more. */
export function listDifferences(db: Database, { state }: { state?: string | undefined }, page: Page) {
  return db.reconciliationDifference.findMany({
    where: { ...(state !== undefined && { state }), ...beyond(page) },
    ...inOrder(page),
  });
}

export const findDifference = (db: Database, id: string) => db.reconciliationDifference.findUnique({ where: { id } });
export type DifferenceRow = NonNullable<Awaited<ReturnType<typeof findDifference>>>;

const known = z.object({ kind: z.enum(DIFFERENCE_KINDS), channel: z.enum(PAYMENT_CHANNELS).nullable() });

/**
 * Resolves a difference once: posts the journal that corrects the ledger, or none where it is explained (WDR-9).
 * @param entries what to post; what the difference suggests where they are left out
 * @throws AppError DIFFERENCE.RESOLVED when somebody has resolved it
 */
export async function resolveDifference(
  db: Database,
  change: Change,
  { reason, entries }: { reason: string; entries?: Entry[] | undefined },
): Promise<void> {
  await auditedTransaction(db, { ...change, note: reason }, async (tx) => {
    const id = change.objectId;
    // Neither another person nor a run that sees it no more comes between.
    await tx.$executeRaw`SELECT FROM reconciliation_differences WHERE id = ${id} FOR UPDATE`;
    const row = await tx.reconciliationDifference.findUniqueOrThrow({ where: { id } });
    if (row.state !== 'open') throw new AppError('DIFFERENCE.RESOLVED', 'Nothing is left to do about it.');
    const amounts = { ledgerFen: Number(row.ledgerFen), otherFen: Number(row.otherFen) };
    const journal = resolutionOf(id, { ...known.parse(row), key: row.key, ...amounts }, entries);
    const by = { commandId: change.commandId, actor: change.actorId, runId: null, effectiveAt: change.at };
    const journalId = await postJournal(tx, journal, by);
    const resolved = { state: 'resolved', resolvedAt: change.at, resolvedBy: change.actorId, reason, journalId };
    await tx.reconciliationDifference.update({ where: { id }, data: resolved });
    return { state: 'resolved', kind: row.kind, key: row.key, journalId };
  });
}
