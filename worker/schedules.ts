import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Policy } from '../domain/policies/catalogue';
import { RECONCILIATION_SCHEDULE, type ReconciliationInput } from '../workflows/ledger/messages';
import type { reconciliation } from '../workflows/ledger/workflow';

/**
 * Makes the schedule of the reconciliation, or brings it to what this release says; whether operations have paused it
 * stays as it is. Every day at 04:00 in Shanghai; decision 008 says why it overlaps and catches up as it does.
 */
export async function scheduleReconciliation(client: Client, taskQueue: string, policy: Policy): Promise<void> {
  const input: ReconciliationInput = { clearingOpenForMs: policy['ledger.clearingOpenFor'].ms };
  const spec = {
    calendars: [{ hour: 4, minute: 0, comment: 'The books of the days before' }],
    timezone: 'Asia/Shanghai',
  };
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '7 days' };
  const action = {
    type: 'startWorkflow',
    workflowType: 'reconciliation',
    workflowId: RECONCILIATION_SCHEDULE,
    args: [input],
    taskQueue,
    staticSummary: 'Reconciliation of the books',
  } as const;
  try {
    await client.schedule.create<typeof reconciliation>({
      scheduleId: RECONCILIATION_SCHEDULE,
      spec,
      policies,
      action,
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const known = client.schedule.getHandle(RECONCILIATION_SCHEDULE);
    await known.update(({ state }) => ({ spec, policies, action, state }));
  }
}
