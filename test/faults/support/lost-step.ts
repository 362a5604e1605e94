import type { WorkflowHandle } from '@temporalio/client';
import { deliveryState } from '../../../workflows/deliveries/messages';
import { eventually } from '../../support/eventually';
import type { FaultSystem, WorkerProgram } from './system';

const ENTRY = 'test/faults/support/dying-worker';

/** A worker that dies once so many steps of an action are committed, before any history knows of them. */
export const dyingAfter = (action: string, steps = 1): WorkerProgram => ({
  entry: ENTRY,
  env: { DIE_AFTER: action, DIE_AFTER_STEPS: String(steps) },
});

/** A worker that works, but never reconciles. */
export const WITHOUT_RECONCILIATION: WorkerProgram = { entry: ENTRY, env: {} };

/** A process, and the object whose steps it writes. */
export type Writer = { process: WorkflowHandle; objectId: string };

/**
 * Waits until the dying worker has died of its steps, then kills whoever else could know of them: the API, which is
 * the client of the processes, and the Temporal server, with what it has in memory. Only the server is started again;
 * it is then proved that the table holds a step of each and its history knows nothing of it.
 */
export async function loseSteps(system: FaultSystem, writers: readonly Writer[]): Promise<void> {
  await system.ended('worker');
  await Promise.all([system.kill('api'), system.kill('temporal')]);
  await system.start('temporal');
  for (const { process, objectId } of writers) {
    const { runId } = await process.describe();
    const stored = await system.db.step.count({ where: { objectId, runId } });
    expect(await recordedSteps(process)).toBe(stored - 1);
  }
}

/** How many local activities a history has recorded: up to here, each one wrote a step. */
async function recordedSteps(process: WorkflowHandle): Promise<number> {
  const events = (await process.fetchHistory()).events ?? [];
  const markers = events.map((event) => event.markerRecordedEventAttributes?.markerName);
  return markers.filter((name) => name === 'core_local_activity').length;
}

/** Settles when process and table say the same; the process answers from its history. */
export function untilAgreed({ db }: FaultSystem, process: WorkflowHandle, deliveryId: string): Promise<void> {
  return eventually(async () => {
    const { state, sequence } = await db.delivery.findUniqueOrThrow({ where: { id: deliveryId } });
    expect(await process.query(deliveryState)).toEqual({ state, sequence });
  }, 60_000);
}
