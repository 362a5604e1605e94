import path from 'node:path';
import { answers, type ChildOptions, startChild, untilReady } from './children';
import { projectRoot } from './root';

/** A running part of the system that can be stopped in order, killed, and seen to end. */
export interface RunningPart {
  readonly pid: number;
  readonly ended: Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** One of the project's own programs. */
export interface ProgramOptions extends Pick<ChildOptions, 'name' | 'logFile' | 'onSpawn'> {
  /** The compiled entry, e.g. `worker/main`. */
  entry: string;
  env: NodeJS.ProcessEnv;
  /** What Node itself is told; by default what `nodeArgsOf` says. */
  nodeArgs?: string[];
  /** Answers with success once the program is ready. */
  readyUrl: string;
}

/**
 * What Node is told when it starts a program. The worker maps and keeps stack traces in its main thread only
 * (worker/stack-traces.ts): in the threads of the workflows they cost a fifth of its processor time. The API's heap, which
 * needs a tenth of it, has a limit because V8 lets garbage grow to four times of what is in use where it has none: what an
 * export leaves behind.
 */
export const nodeArgsOf = (entry: string): string[] =>
  entry === 'worker/main' ? ['--stack-trace-limit=2'] : ['--enable-source-maps', '--max-old-space-size=1024'];

/** Starts a compiled program and waits until it says that it is ready. */
export async function startProgram({
  entry,
  readyUrl,
  nodeArgs = nodeArgsOf(entry),
  ...options
}: ProgramOptions): Promise<RunningPart> {
  const file = path.join(projectRoot, 'dist', `${entry}.js`);
  const args = [...nodeArgs, file];
  const child = startChild({ ...options, command: process.execPath, args, cwd: projectRoot });
  try {
    await untilReady(child, () => answers(readyUrl));
    return child;
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** A part that is started again when it ends without having been asked to. */
export interface SupervisedPart {
  readonly name: string;
  /** The process that runs now; another one after a restart. */
  pid(): number;
  /** Whether it runs: not while it is about to be started again. */
  isRunning(): boolean;
  /** Kills the process as a power failure would; it is started again by itself. */
  kill(): Promise<void>;
  /** Stops it for good. */
  stop(): Promise<void>;
}

const firstRestartMs = 500;
const longestRestartMs = 15_000;
/** Whoever ran this long was healthy: the next restart is quick again. */
const healthyAfterMs = 60_000;

/** Starts a part and keeps it running. */
export async function supervise(
  name: string,
  start: () => Promise<RunningPart>,
  say: (line: string) => void,
): Promise<SupervisedPart> {
  const stopping = new AbortController();
  let current = await start();
  let isRunning = true;

  const pause = (delayMs: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      stopping.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });

  const keepRunning = async () => {
    let waitMs = firstRestartMs;
    let startedAt = Date.now();
    while (!stopping.signal.aborted) {
      await current.ended;
      isRunning = false;
      if (stopping.signal.aborted) return;
      if (Date.now() - startedAt > healthyAfterMs) waitMs = firstRestartMs;
      say(`${name} has ended unexpectedly; starting it again in ${waitMs / 1000} s`);
      await pause(waitMs);
      waitMs = Math.min(waitMs * 2, longestRestartMs);
      if (stopping.signal.aborted) return;
      startedAt = Date.now();
      try {
        current = await start();
        isRunning = true;
        say(`${name} is running again`);
      } catch (error) {
        say(`${name} did not start: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  const done = keepRunning();

  return {
    name,
    pid: () => current.pid,
    isRunning: () => isRunning,
    kill: () => current.kill(),
    stop: async () => {
      stopping.abort();
      await current.stop();
      await done;
      // A restart that was under way when we were asked to stop.
      await current.stop();
    },
  };
}
