import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { z } from 'zod';
import type { World } from '../support/world';

// Not the SDK's own historyToJSON: it fails where npm installs protobufjs more than once.
const { History } = temporal.api.history.v1;

const ROOT = path.join(__dirname, '..', '..');
const HISTORIES = path.join(__dirname, 'histories');
const EXPECTED = path.join(__dirname, 'expected');

/** Where a workflow stood when its history was recorded, by its own word. */
export type Expected = {
  /** What it answered to the query `state`; null where it has no such query. */
  position: unknown;
  /** What operations read of it in the Temporal UI. */
  details: string;
  /** What it returned; absent while it runs, or where it continued as new. */
  result?: unknown;
};

/** A committed history: what it is about (its file's name), the workflow that wrote it, and where that stood then. */
export type Recorded = { name: string; workflowId: string; history: Record<string, unknown>; expected: Expected };

/** Every history that is committed. */
export function recordedHistories(): Recorded[] {
  return readdirSync(HISTORIES)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({
      ...JSON.parse(readFileSync(path.join(HISTORIES, file), 'utf8')),
      expected: JSON.parse(readFileSync(path.join(EXPECTED, file), 'utf8')),
      name: file.replace('.json', ''),
    }));
}

/** Keeps the history of each run of a workflow (the run it began with, and those it continued as), and where it ended. */
export async function keep(world: World, name: string, workflowId: string): Promise<void> {
  const runs = await runsOf(world, workflowId);
  for (const [index, runId] of runs.entries()) {
    // Asking the time-skipping client for a result skips to the end of whatever is left over: ten years.
    const handle = world.realTimeClient.workflow.getHandle(workflowId, runId);
    const history = History.fromObject(await handle.fetchHistory());
    const file = `${name}${runs.length > 1 ? `.run-${index + 1}` : ''}.json`;
    const plain = History.toObject(history, { longs: String, enums: String, bytes: String });
    const text = JSON.stringify({ workflowId, history: plain }).replaceAll(`${ROOT}/`, '');
    writeFileSync(path.join(HISTORIES, file), `${text}\n`);
    const expected: Expected = {
      position: await handle.query('state').catch(() => null),
      details: await detailsOf(handle),
      ...(isCompleted(history) ? { result: (await handle.result()) ?? null } : {}),
    };
    writeFileSync(path.join(EXPECTED, file), `${JSON.stringify(expected, null, 2)}\n`);
  }
}

const isCompleted = ({ events }: temporal.api.history.v1.IHistory): boolean =>
  events?.at(-1)?.workflowExecutionCompletedEventAttributes != null;

const metadata = z.object({ currentDetails: z.string().default('') });
async function detailsOf(handle: WorkflowHandle): Promise<string> {
  return metadata.parse(await handle.query('__temporal_workflow_metadata')).currentDetails;
}

/** A workflow's runs, the first one first. */
async function runsOf({ client }: World, workflowId: string): Promise<string[]> {
  const { runId } = await client.workflow.getHandle(workflowId).describe();
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const before = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  return before ? [before, runId] : [runId];
}

/** The same as the SDK's replay wants it. */
export const replayable = ({ workflowId, history }: Pick<Recorded, 'workflowId' | 'history'>) => ({
  workflowId,
  history: History.fromObject(history),
});
