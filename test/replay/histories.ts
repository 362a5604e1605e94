import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporal } from '@temporalio/proto';
import type { World } from '../support/world';

// Not the SDK's own historyToJSON: it fails where npm installs protobufjs more than once.
const { History } = temporal.api.history.v1;

const ROOT = path.join(__dirname, '..', '..');
const FOLDER = path.join(__dirname, 'histories');

/** A committed history: what it tells (its file's name) and the process that wrote it. */
export type Recorded = { name: string; workflowId: string; history: Record<string, unknown> };

/** Every history that is committed. */
export function recordedHistories(): Recorded[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({ ...JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')), name: file.replace('.json', '') }));
}

/** Keeps the history of each run of a process: the run it began with, and those it continued as. */
export async function keep(world: World, name: string, workflowId: string): Promise<void> {
  const runs = await runsOf(world, workflowId);
  for (const [index, runId] of runs.entries()) {
    const history = await world.client.workflow.getHandle(workflowId, runId).fetchHistory();
    const suffix = runs.length > 1 ? `.run-${index + 1}` : '';
    const plain = History.toObject(History.fromObject(history), { longs: String, enums: String, bytes: String });
    const text = JSON.stringify({ workflowId, history: plain }).replaceAll(`${ROOT}/`, '');
    writeFileSync(path.join(FOLDER, `${name}${suffix}.json`), `${text}\n`);
  }
}

/** A process's runs, the first one first. */
async function runsOf({ client }: World, workflowId: string): Promise<string[]> {
  const { runId } = await client.workflow.getHandle(workflowId).describe();
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const before = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  return before ? [before, runId] : [runId];
}

/** The same as the SDK's replay wants it. */
export const replayable = ({ workflowId, history }: Recorded) => ({
  workflowId,
  history: History.fromObject(history),
});
