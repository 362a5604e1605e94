import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';

import path from 'node:path';
import { sweepDirectories } from '../scripts/parts/leftovers';
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
export async function withSystem<T>(
  env: NodeJS.ProcessEnv,
  work: (system: System, logs: string) => Promise<T>,
): Promise<T> {
  const dataDir = mkdtempSync(path.join(tmpdir(), PREFIX));
  try {
    const { signal } = stopping;
    const system = await startSystem({ dataDir, ports: 'free', env: { ...QUIET, ...env }, say, signal });
    const working = work(system, path.join(dataDir, 'logs'));
    try {
      return await Promise.race([working, stopped]);
    } finally {
      await system.stop();
      // Given up, it fails for want of its system, and stops what it has started itself.
      await working.catch(() => undefined);
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
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
