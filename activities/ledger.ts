import { ApplicationFailure, activityInfo, heartbeat, log } from '@temporalio/activity';
import { dayAfter, dayBounds } from '../domain/calendar/shanghai';
import { shanghaiDay } from '../domain/calendar/working-days';
import { type Amounts, compareAmounts, type Difference } from '../domain/ledger/reconciliation';
import type { PaymentChannel } from '../domain/orders/order';
import { DAY_MS } from '../domain/policies/duration';
import { adjustments, differencesWithin, postedPayments, postedRefunds } from '../prisma/store/ledger/comparison';
import {
  type Compared,
  lastReconciledDay,
  markReconciled,
  openDays,
  recordDifferences,
} from '../prisma/store/ledger/differences';
import { snapshotHorizon, takeSnapshot } from '../prisma/store/ledger/reports';
import { verifiedLedger } from '../prisma/store/ledger/verification';
import type { Database } from '../prisma/store/shared/database';
import type { ChannelStatement, ChannelStatementPort } from './ports/channel-statement';
import { runIdOf } from './shared/run-id';

export type LedgerActivities = ReturnType<typeof ledgerActivities>;

/** The activities by which the books of a day are closed and compared (WDR-9). Each is safe to repeat. */
export function ledgerActivities({ db, statements }: { db: Database; statements: ChannelStatementPort }) {
  const keep = async (found: readonly Difference[], compared: Compared): Promise<number> => {
    await recordDifferences(db, found, compared, { runId: runIdOf(activityInfo()), at: new Date() });
    if (found.length > 0) log.warn('the books differ', { ...compared, differences: found.length });
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

    /** Compares the ledger with our own records; answers how many differences there are. */
    async compareRecords({ day, clearingOpenForMs }: { day: string; clearingOpenForMs: number }): Promise<number> {
      const { fromMs, toMs } = dayBounds(day);
      const period = { from: new Date(fromMs), to: new Date(toMs) };
      const found = await differencesWithin(db, period, new Date(toMs - clearingOpenForMs));
      return keep(found, { what: 'records', day, channel: null });
    },

    /** Compares the ledger with a channel's own list; answers how many differences there are. */
    async compareChannel({ day, channel }: { day: string; channel: PaymentChannel }): Promise<number> {
      const { fromMs, toMs } = dayBounds(day);
      const period = { from: new Date(fromMs), to: new Date(toMs) };
      const found = await differencesWith(db, channel, period, (from, to) =>
        statements.statement(channel, { from, to }),
      );
      return keep(found, { what: 'channel', day, channel });
    },

    /**
     * Compares the whole ledger with itself: what was posted, closed and counted; answers how many differences there are.
     * @param day the last one that is closed
     */
    async verifyLedger({ day }: { day: string }): Promise<number> {
      const { digest, found } = await verifiedLedger(db, heartbeat);
      log.info('ledger verified', { day, digest, differences: found.length });
      return keep(found, { what: 'ledger', day, channel: null });
    },

    /** Days with open differences that this run has not looked at yet, some of them. */
    openDays: ({ seenBeforeMs }: { seenBeforeMs: number }): Promise<string[]> =>
      openDays(db, new Date(seenBeforeMs), OPEN_DAYS),

    /** Notes that a day is reconciled. */
    async finishDay({ day, differences }: { day: string; differences: number }): Promise<void> {
      await markReconciled(db, day, new Date(), differences);
      log.info('day reconciled', { day, differences });
    },
  };
}

const SNAPSHOT_ROUNDS = 20;
const SNAPSHOT_PAUSE_MS = 100;

/** Days that a run compares again. */
const OPEN_DAYS = 30;
/** How long before the ledger hears of it a channel may have done something. */
const LATE_DAYS = 60;

type Listed = { key: string; amountFen: number; at: string };

async function differencesWith(
  db: Database,
  channel: PaymentChannel,
  period: { from: Date; to: Date },
  listOf: (from: Date, to: Date) => Promise<ChannelStatement>,
): Promise<Difference[]> {
  const daysAround = (before: number) =>
    listOf(new Date(period.from.getTime() - before * DAY_MS), new Date(period.to.getTime() + DAY_MS));
  const compared = async (
    kind: 'channel_payment' | 'channel_refund',
    linesOf: (statement: ChannelStatement) => Listed[],
    posted: typeof postedPayments,
  ) => {
    const isOfDay = ({ at }: Listed) => new Date(at) >= period.from && new Date(at) < period.to;
    const ofDay = linesOf(near).filter(isOfDay);
    const known = await posted(db, channel, period, keysOf(ofDay));
    const keys = [...new Set([...keysOf(ofDay), ...known.keys()])];
    // What was heard of late, e.g. after an outage, the channel has on the day on which it did it.
    const isNear = new Set(keysOf(linesOf(near)));
    const listed = linesOf(keys.every((key) => isNear.has(key)) ? near : await daysAround(LATE_DAYS));
    const other = new Map(listed.map(({ key, amountFen }) => [key, amountFen]));
    const ledger = summed(known, await adjustments(db, kind, channel, keys));
    return compareAmounts({ kind, channel }, keys, ledger, other);
  };
  // What one side knows just before midnight the other may know just after it.
  const near = await daysAround(1);
  return [
    ...(await compared('channel_payment', paymentsOf, postedPayments)),
    ...(await compared('channel_refund', refundsOf, postedRefunds)),
  ];
}

const paymentsOf = ({ payments }: ChannelStatement): Listed[] =>
  payments.map(({ transactionId, ...line }) => ({ ...line, key: transactionId }));
const refundsOf = ({ refunds }: ChannelStatement): Listed[] =>
  refunds.map(({ refundId, ...line }) => ({ ...line, key: refundId }));
const keysOf = (lines: readonly Listed[]) => lines.map(({ key }) => key);

const summed = (known: Amounts, more: Amounts): Amounts =>
  new Map([...known, ...[...more].map(([key, fen]) => [key, fen + (known.get(key) ?? 0)] as const)]);
