import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sweepDirectories, takeDirectory } from '../scripts/parts/leftovers';
import { type Postgres, startPostgres } from '../scripts/parts/postgres';
import { type System, startSystem } from '../scripts/parts/system';

export const say = (line: string) => console.log(`[bench] ${line}`);
const QUIET = { RATE_LIMIT_PER_MINUTE: '1000000', LOG_LEVEL: 'warn' };

const PREFIX = 'marketplace-bench-';

/** Aborted by Ctrl-C: what is under way is given up, and what was started for it is stopped. */
const stopping = new AbortController();
const stopped = once(stopping.signal, 'abort').then((): never => {
  throw stopping.signal.reason;
});

/** A system for one part of the bench, and for no other. */
export const withSystem = <T>(env: NodeJS.ProcessEnv, work: (system: System, logs: string) => Promise<T>): Promise<T> =>
  inDirectory(async (dataDir) => {
    const { signal } = stopping;
    const system = await startSystem({ dataDir, ports: 'free', env: { ...QUIET, ...env }, say, signal });
    return untilStopped(work(system, path.join(dataDir, 'logs')), () => system.stop());
  });

/** A PostgreSQL for one part of the bench that needs nothing else; its database is empty. */
export const withPostgres = <T>(work: (server: Postgres) => Promise<T>): Promise<T> =>
  inDirectory(async (dataDir) => {
    say('starting PostgreSQL');
    const processes = await takeDirectory(dataDir, say);
    const server = await startPostgres({
      folder: path.join(dataDir, 'postgres'),
      settings: { max_connections: 200 },
      onSpawn: (pid) => processes.add('postgres', pid),
    });
    return untilStopped(work(server), () => server.stop());
  });

/** Gives `work` a directory that is gone afterwards, with everything in it. */
async function inDirectory<T>(work: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(path.join(tmpdir(), PREFIX));
  // As root PostgreSQL runs as another user, who must be able to enter: else its cluster would be elsewhere, and stay.
  chmodSync(dataDir, 0o711);
  try {
    stopping.signal.throwIfAborted();
    return await work(dataDir);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Waits for work, or until the bench is stopped, and then stops what it stands on. */
async function untilStopped<T>(working: Promise<T>, stop: () => Promise<void>): Promise<T> {
  try {
    return await Promise.race([working, stopped]);
  } finally {
    await stop();
    // Given up, it fails for want of what it stood on, and stops what it has started itself.
    await working.catch(() => undefined);
  }
}

/** Runs a bench as a program: Ctrl-C stops it and what it has started. */
export function runBench(main: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stopping.abort(new Error('The bench was stopped.')));
  }
  stopped.catch(() => undefined);
  sweepDirectories(tmpdir(), PREFIX)
    .then(main)
    .catch((error: unknown) => {
      console.error(stopping.signal.aborted && error instanceof Error ? error.message : error);
      process.exitCode = 1;
    });
}
