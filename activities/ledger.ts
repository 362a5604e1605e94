import { ApplicationFailure, log } from '@temporalio/activity';
import { dayAfter, dayBounds } from '../domain/calendar/shanghai';
import { shanghaiDay } from '../domain/calendar/working-days';
import { compareAmounts, type Difference } from '../domain/ledger/reconciliation';
import type { PaymentChannel } from '../domain/orders/order';
import { DAY_MS } from '../domain/policies/duration';
import { differencesWithin, postedPayments, postedRefunds } from '../prisma/store/ledger/comparison';
import { lastReconciledDay, markReconciled, recordDifferences } from '../prisma/store/ledger/differences';
import { snapshotHorizon, takeSnapshot } from '../prisma/store/ledger/reports';
import type { Database } from '../prisma/store/shared/database';
import type { ChannelStatement, ChannelStatementPort } from './ports/channel-statement';

export type LedgerActivities = ReturnType<typeof ledgerActivities>;

/** A day of the books, and where it stands among what its reconciliation compares. */
export type Comparison = { day: string; part: number };

/** The activities by which the books of a day are closed and compared (WDR-9). Each is safe to repeat. */
export function ledgerActivities({ db, statements }: { db: Database; statements: ChannelStatementPort }) {
  const keep = async (found: readonly Difference[], { day, part }: Comparison): Promise<number> => {
    await recordDifferences(db, found, { day, part, at: new Date() });
    if (found.length > 0) log.warn('the books differ', { day, part, differences: found.length });
    return found.length;
  };

  return {
    /** The first day (Shanghai) that is over and not reconciled yet; null when there is none. */
    async nextDayToReconcile(nowMs: number): Promise<string | null> {
      const last = await lastReconciledDay(db);
      if (last === null) return null;
      const next = 'day' in last ? dayAfter(last.day) : shanghaiDay(last.before.getTime());
      return dayBounds(next).toMs <= nowMs ? next : null;
    },

    /**
     * Takes the snapshot of the balances at the end of a day.
     * @throws ApplicationFailure, retryable, while a transaction is open that may still post in it
     */
    async closeBooks(day: string): Promise<void> {
      const until = new Date(dayBounds(day).toMs);
      const horizon = await snapshotHorizon(db, until);
      if (horizon === null) throw ApplicationFailure.create({ message: `${day} is not over for the database` });
      for (let round = 0; round < SNAPSHOT_ROUNDS; round += 1) {
        if (await takeSnapshot(db, until, horizon)) return;
        await new Promise((resolve) => setTimeout(resolve, SNAPSHOT_PAUSE_MS));
      }
      throw ApplicationFailure.create({ message: `A transaction is open that may still post in ${day}` });
    },

    /** Compares the ledger with itself and with our own records; answers how many differences there are. */
    async compareRecords({ clearingOpenForMs, ...comparison }: Comparison & { clearingOpenForMs: number }) {
      const { fromMs, toMs } = dayBounds(comparison.day);
      const period = { from: new Date(fromMs), to: new Date(toMs) };
      return keep(await differencesWithin(db, period, new Date(toMs - clearingOpenForMs)), comparison);
    },

    /** Compares the ledger with a channel's own list; answers how many differences there are. */
    async compareChannel({ channel, ...comparison }: Comparison & { channel: PaymentChannel }): Promise<number> {
      const { fromMs, toMs } = dayBounds(comparison.day);
      const period = { from: new Date(fromMs), to: new Date(toMs) };
      // What one side knows just before midnight the other may know just after it.
      const wide = { from: new Date(fromMs - DAY_MS), to: new Date(toMs + DAY_MS) };
      const listed = await statements.statement(channel, wide);
      return keep(await differencesWith(db, channel, period, listed), comparison);
    },

    /** Notes that a day is reconciled. */
    async finishDay({ day, differences }: { day: string; differences: number }): Promise<void> {
      await markReconciled(db, day, new Date(), differences);
      log.info('day reconciled', { day, differences });
    },
  };
}

const SNAPSHOT_ROUNDS = 20;
const SNAPSHOT_PAUSE_MS = 100;

type Listed = { key: string; amountFen: number; at: string };

async function differencesWith(
  db: Database,
  channel: PaymentChannel,
  period: { from: Date; to: Date },
  { payments, refunds }: ChannelStatement,
): Promise<Difference[]> {
  const compared = async (
    kind: 'channel_payment' | 'channel_refund',
    listed: Listed[],
    posted: typeof postedPayments,
  ) => {
    const isOfDay = ({ at }: Listed) => new Date(at) >= period.from && new Date(at) < period.to;
    const ofDay = listed.filter(isOfDay).map(({ key }) => key);
    const ledger = await posted(db, channel, period, ofDay);
    const other = new Map(listed.map(({ key, amountFen }) => [key, amountFen]));
    return compareAmounts({ kind, channel }, [...ofDay, ...ledger.keys()], ledger, other);
  };
  const paid = payments.map(({ transactionId, ...line }) => ({ ...line, key: transactionId }));
  const sent = refunds.map(({ refundId, ...line }) => ({ ...line, key: refundId }));
  return [
    ...(await compared('channel_payment', paid, postedPayments)),
    ...(await compared('channel_refund', sent, postedRefunds)),
  ];
}
