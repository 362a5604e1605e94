import { makeContinueAsNewFunc, patched, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { LedgerActivities } from '../../activities/ledger';
import { PAYMENT_CHANNELS } from '../../domain/orders/order';
import type { ReconciliationInput, ReconciliationResult } from './messages';

// A channel that is away for hours, or a database under repair, is waited for: what is compared later is the same.
const activities = proxyActivities<LedgerActivities>({
  startToCloseTimeout: '10 minutes',
  retry: { initialInterval: '5 seconds', maximumInterval: '10 minutes' },
});

/** Enough for one run: each day is half a dozen activities. */
const DAYS_PER_RUN = 100;

/** The whole ledger takes its time; it says that it goes on. */
const { verifyLedger } = proxyActivities<LedgerActivities>({
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '5 minutes',
  retry: { initialInterval: '5 seconds', maximumInterval: '10 minutes' },
});

/**
 * Closes and compares the books of every day that is over and not reconciled yet (WDR-9), the oldest first: the balances
 * at its end, the ledger against our own records, and against the list of each channel. Then it looks whether older
 * differences have settled by themselves, and reads the whole ledger once.
 */
export async function reconciliation(input: ReconciliationInput): Promise<ReconciliationResult> {
  const result = { days: 0, differences: 0 };
  let last: string | null = null;
  for (let day = await nextDay(); day !== null; day = await nextDay()) {
    if (result.days >= DAYS_PER_RUN || workflowInfo().continueAsNewSuggested) {
      return makeContinueAsNewFunc<typeof reconciliation>()(input);
    }
    setCurrentDetails(`Reconciles ${day}`);
    await activities.closeBooks(day);
    const differences = await compare(day, input);
    await activities.finishDay({ day, differences });
    result.days += 1;
    result.differences += differences;
    last = day;
  }
  if (patched('whole-ledger')) {
    const seenBeforeMs = workflowInfo().startTime.getTime();
    for (const day of await activities.openDays({ seenBeforeMs })) await compare(day, input);
    if (last !== null) result.differences += await verifyLedger({ day: last });
  }
  setCurrentDetails(`Reconciled ${result.days} days, with ${result.differences} differences`);
  return result;
}

async function compare(day: string, input: ReconciliationInput): Promise<number> {
  let differences = await activities.compareRecords({ day, ...input });
  for (const channel of PAYMENT_CHANNELS) differences += await activities.compareChannel({ day, channel });
  return differences;
}

const nextDay = () => activities.nextDayToReconcile(Date.now());
