import { z } from 'zod';
import { ledgerActivities } from '../../../activities/ledger';
import { httpChannelStatements } from '../../../activities/ports/channel-statement';
import { shanghaiDay } from '../../../domain/calendar/working-days';
import { PAYMENT_CHANNELS } from '../../../domain/orders/order';
import { closeBooks } from '../../support/books';
import { run } from '../../support/store';
import type { FaultSystem } from './system';

const amount = { channel: z.string(), amountFen: z.int() };
const payments = z.object({
  items: z.array(z.object({ ...amount, orderId: z.string(), transactionId: z.string(), at: z.string() })),
});
const refunds = z.object({
  items: z.array(z.object({ ...amount, refundId: z.string(), transactionId: z.string(), status: z.string() })),
});

/** What the channel itself has taken and sent, each once per its id. */
export async function channelBooks({ channelUrl }: Pick<FaultSystem, 'channelUrl'>) {
  const listed = async (path: string): Promise<unknown> => (await fetch(`${channelUrl}${path}`)).json();
  return {
    payments: payments.parse(await listed('/payments')).items,
    refunds: refunds.parse(await listed('/refunds')).items,
  };
}

/** Closes the books now, and runs every comparison of the reconciliation for the days since an instant; how many differences. */
export async function reconciled({ db, channelUrl }: FaultSystem, sinceMs: number): Promise<number> {
  const activities = ledgerActivities({ db, statements: httpChannelStatements(channelUrl) });
  await closeBooks(db, new Date());
  const day = shanghaiDay(Date.now());
  let differences = 0;
  for (const each of new Set([shanghaiDay(sinceMs), day])) {
    // Nothing may be held of an order that has ended.
    differences += await run(activities.compareRecords, { day: each, clearingOpenForMs: 0 });
    for (const channel of PAYMENT_CHANNELS) differences += await run(activities.compareChannel, { day: each, channel });
  }
  return differences + (await run(activities.verifyLedger, { day }));
}

/** Balances by account, from the entries alone: debits less credits. */
export async function replayed({ db }: Pick<FaultSystem, 'db'>): Promise<Map<string, number>> {
  const sums = await db.entry.groupBy({ by: ['accountId'], _sum: { debitFen: true, creditFen: true } });
  return new Map(
    sums.map(({ accountId, _sum }) => [accountId, Number(_sum.debitFen ?? 0n) - Number(_sum.creditFen ?? 0n)]),
  );
}
