import type { WorkflowHandle } from '@temporalio/client';
import { deliveryState } from '../../../workflows/deliveries/messages';
import { eventually } from '../../support/eventually';
import type { FaultSystem, WorkerProgram } from './system';

const ENTRY = 'test/faults/support/dying-worker';

/** A worker that dies once a step of each of these actions is committed (an action named twice: two), before any history knows of them. */
export const dyingAfter = (...actions: readonly string[]): WorkerProgram => ({
  entry: ENTRY,
  env: { DIE_AFTER: actions.join(',') },
});

/** A worker that works, but never reconciles. */
export const WITHOUT_RECONCILIATION: WorkerProgram = { entry: ENTRY, env: {} };

/** A workflow, and the object whose steps it writes. */
export type Writer = { workflow: WorkflowHandle; objectId: string };

/**
 * Waits until the dying worker has died of its steps, then kills whoever else could know of them: the API, which is
 * the client of the workflows, and the Temporal server, with what it has in memory. Only the server is started again;
 * it is then proved that the table holds a step of each and its history knows nothing of it.
 */
export async function loseSteps(system: FaultSystem, writers: readonly Writer[]): Promise<void> {
  await system.ended('worker');
  await Promise.all([system.kill('api'), system.kill('temporal')]);
  await system.start('temporal');
  for (const { workflow, objectId } of writers) {
    const { runId } = await workflow.describe();
    const stored = await system.db.step.count({ where: { objectId, runId } });
    expect(await recordedSteps(workflow)).toBe(stored - 1);
  }
}

/** How many local activities a history has recorded: up to here, each one wrote a step. */
async function recordedSteps(workflow: WorkflowHandle): Promise<number> {
  const events = (await workflow.fetchHistory()).events ?? [];
  const markers = events.map((event) => event.markerRecordedEventAttributes?.markerName);
  return markers.filter((name) => name === 'core_local_activity').length;
}

/** Settles when workflow and table say the same; the workflow answers from its history. */
export function untilAgreed({ db }: FaultSystem, workflow: WorkflowHandle, deliveryId: string): Promise<void> {
  return eventually(async () => {
    const { state, sequence } = await db.delivery.findUniqueOrThrow({ where: { id: deliveryId } });
    expect(await workflow.query(deliveryState)).toEqual({ state, sequence });
  }, 60_000);
}
