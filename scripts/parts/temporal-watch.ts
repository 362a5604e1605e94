import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';

/** What is watched, and what is done about it. */
export interface WatchOptions {
  address: string;
  namespace?: string;
  /** Whether the process runs at all: one that has ended is somebody else's business. */
  isRunning: () => boolean;
  /** Ends the process and has it started again. */
  restart: () => Promise<void>;
  say: (line: string) => void;
  probeEveryMs?: number;
  answerWithinMs?: number;
}

/**
 * Watches a Temporal development server and restarts it when it answers nothing any more, although it runs. It has one
 * SQLite connection, and on rare occasions loses it when a client is killed amidst many calls; servers on other
 * databases do not.
 * @returns a function that stops watching
 */
export function watchTemporal(options: WatchOptions): () => Promise<void> {
  const stopping = new AbortController();
  const connection = Connection.lazy({ address: options.address });
  const client = new Client({ connection, namespace: options.namespace ?? 'default' });
  const watching = watch(client, options, stopping.signal);
  return async () => {
    stopping.abort();
    await watching;
    await connection.close();
  };
}

async function watch(client: Client, options: WatchOptions, stopping: AbortSignal): Promise<void> {
  const { isRunning, restart, say, probeEveryMs = 3_000, answerWithinMs = 20_000 } = options;
  for (let unanswered = 0; !stopping.aborted; ) {
    await sleep(probeEveryMs, undefined, { signal: stopping }).catch(() => undefined);
    if (stopping.aborted) return;
    unanswered = (await answers(client, answerWithinMs, stopping)) || !isRunning() ? 0 : unanswered + 1;
    if (unanswered < 2 || stopping.aborted) continue;
    say('the Temporal development server runs, but answers nothing any more: it is started again');
    await restart();
    unanswered = 0;
  }
}

/** Whether the server answers something for which it has to look into its database; an error is an answer, too. */
async function answers(client: Client, withinMs: number, stopping: AbortSignal): Promise<boolean> {
  const late = AbortSignal.timeout(withinMs);
  const count = () => client.workflow.count("WorkflowType = 'order'");
  return client.withAbortSignal(AbortSignal.any([late, stopping]), count).then(
    () => true,
    () => !late.aborted,
  );
}
