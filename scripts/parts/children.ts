import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';

/** A log that has grown beyond this is set aside when its program starts. */
const largestLogBytes = 20_000_000;

/** A child process with its output in a file. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process has ended, by itself or not. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  /** The last lines that it wrote, for error messages. */
  lastLines(count?: number): string;
  /** Asks it to end, and ends it by force when it has not done so in time. */
  stop(signal?: NodeJS.Signals, timeoutMs?: number): Promise<void>;
  /** Ends it at once, as a power failure would. */
  kill(): Promise<void>;
}

/** How to start a child process. */
export interface ChildOptions {
  name: string;
  command: string;
  args: string[];
  logFile: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** The user to run as, when this process is the superuser. */
  user?: { uid: number; gid: number } | undefined;
  /** Share our process group: Ctrl-C in the terminal reaches the child too, as tests want it that cannot stop it. */
  attached?: boolean | undefined;
  /** Told of the process at once, before it is ready. */
  onSpawn?: ((pid: number) => void) | undefined;
}

/**
 * Starts a child process in a process group of its own: Ctrl-C in the terminal then reaches only us, and we stop
 * the children in the right order.
 */
export function startChild(options: ChildOptions): Child {
  mkdirSync(path.dirname(options.logFile), { recursive: true });
  if (existsSync(options.logFile) && statSync(options.logFile).size > largestLogBytes) {
    renameSync(options.logFile, `${options.logFile}.old`);
  }
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: options.attached !== true,
    stdio: ['ignore', log, log],
    ...options.user,
  });
  closeSync(log);
  if (child.pid !== undefined) options.onSpawn?.(child.pid);
  return control(child, options);
}

function control(child: ChildProcess, { name, logFile }: ChildOptions): Child {
  let failure: Error | undefined;
  let over = false;
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      over = true;
      resolve();
    };
    child.once('exit', end);
    child.once('error', (error) => {
      failure = error;
      end();
    });
  });
  const pid = child.pid ?? 0;
  const stop = async (signal: NodeJS.Signals = 'SIGTERM', timeoutMs = 15_000) => {
    if (over || pid === 0) return;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    await ended;
    clearTimeout(timer);
  };
  const lastLines = (count = 15) =>
    failure ? failure.message : readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  return { name, pid, logFile, ended, hasEnded: () => over, lastLines, stop, kill: () => stop('SIGKILL') };
}

/**
 * Asks `probe` again and again until it answers true.
 * @throws Error with the child's last lines when the child ends or the time is over.
 */
export async function untilReady(child: Child, probe: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    if (child.hasEnded()) throw new Error(`${child.name} ended while starting:\n${child.lastLines()}`);
    if (await probe().catch(() => false)) return;
    if (Date.now() > giveUpAt) {
      throw new Error(`${child.name} was not ready after ${timeoutMs / 1000} s:\n${child.lastLines()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Whether an address answers with a success. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return response.ok;
}
