import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';

const PROBE_EVERY_MS = 3_000;
const ANSWER_WITHIN_MS = 20_000;

/**
 * Watches a Temporal development server and reports when it answers nothing any more, although it runs. It has one
 * SQLite connection, and on rare occasions loses it when a client is killed amidst many calls; servers on other
 * databases do not. Whoever runs one starts it again then; so do these tests, for which it is one fault more.
 */
export async function watchTemporal(
  client: Client,
  isRunning: () => boolean,
  stopping: AbortSignal,
  restart: () => Promise<void>,
): Promise<void> {
  for (let silent = 0; !stopping.aborted; ) {
    await sleep(PROBE_EVERY_MS, undefined, { signal: stopping }).catch(() => undefined);
    if (stopping.aborted) return;
    silent = (await answers(client, stopping)) || !isRunning() ? 0 : silent + 1;
    if (silent < 2 || stopping.aborted) continue;
    process.stdout.write('The Temporal development server has lost its database connection: it is started again\n');
    await restart();
    silent = 0;
  }
}

/** Whether the server answers something for which it has to look into its database; an error is an answer, too. */
async function answers(client: Client, stopping: AbortSignal): Promise<boolean> {
  const late = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const count = () => client.workflow.count("WorkflowType = 'order'");
  return client.withAbortSignal(AbortSignal.any([late, stopping]), count).then(
    () => true,
    () => !late.aborted,
  );
}
