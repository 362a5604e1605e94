import { shanghaiDay } from '../../domain/calendar/working-days';
import type { reconciliation } from '../../workflows/ledger/workflow';
import type { World } from '../support/world';

type Scenario = (world: World) => Promise<Record<string, string>>;

const DAY_MS = 86_400_000;

/** The reconciliation of one day: what was before it is noted as done. */
export const LEDGER_IN_REAL_TIME: Record<string, Scenario> = {
  'day-reconciled': async ({ db, client, config }) => {
    const day = shanghaiDay(Date.now() - 2 * DAY_MS);
    await db.reconciledDay.create({ data: { day, reconciledAt: new Date(), differences: 0 } });
    const workflowId = `reconciliation/${day}`;
    await client.workflow.execute<typeof reconciliation>('reconciliation', {
      ...{ workflowId, taskQueue: config.TASK_QUEUE },
      args: [{ clearingOpenForMs: 3 * DAY_MS }],
    });
    return { reconciliation: workflowId };
  },
  // A difference of an older day is looked at again, and the whole ledger is read; recorded without the others.
  'ledger-verified': async ({ db, client, config }) => {
    const [day, older] = [2, 9].map((days) => shanghaiDay(Date.now() - days * DAY_MS));
    if (day === undefined || older === undefined) throw new Error('There are days');
    await db.reconciledDay.createMany({
      data: { day, reconciledAt: new Date(), differences: 0 },
      skipDuplicates: true,
    });
    const seen = { foundAt: new Date(0), lastSeenAt: new Date(0), day: older };
    const difference = { id: 'rcd_gone', kind: 'callback', key: 'wechat/txn_gone', ledgerFen: 0n, otherFen: 5n };
    await db.reconciliationDifference.create({ data: { ...difference, ...seen } });
    const workflowId = `reconciliation/${day}-verified`;
    await client.workflow.execute<typeof reconciliation>('reconciliation', {
      ...{ workflowId, taskQueue: config.TASK_QUEUE },
      args: [{ clearingOpenForMs: 3 * DAY_MS }],
    });
    return { reconciliation: workflowId };
  },
};
