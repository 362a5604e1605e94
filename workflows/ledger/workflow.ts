import { makeContinueAsNewFunc, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
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

/**
 * Closes and compares the books of every day that is over and not reconciled yet (WDR-9), the oldest first: the balances
 * at its end, the ledger against our own records, and against the list of each channel.
 */
export async function reconciliation(input: ReconciliationInput): Promise<ReconciliationResult> {
  const result = { days: 0, differences: 0 };
  for (let day = await nextDay(); day !== null; day = await nextDay()) {
    if (result.days >= DAYS_PER_RUN || workflowInfo().continueAsNewSuggested) {
      return makeContinueAsNewFunc<typeof reconciliation>()(input);
    }
    setCurrentDetails(`Reconciles ${day}`);
    await activities.closeBooks(day);
    let differences = await activities.compareRecords({ day, part: 0, ...input });
    for (const [index, channel] of PAYMENT_CHANNELS.entries()) {
      differences += await activities.compareChannel({ day, part: index + 1, channel });
    }
    await activities.finishDay({ day, differences });
    result.days += 1;
    result.differences += differences;
  }
  setCurrentDetails(`Reconciled ${result.days} days, with ${result.differences} differences`);
  return result;
}

const nextDay = () => activities.nextDayToReconcile(Date.now());
