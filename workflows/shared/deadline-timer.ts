import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/**
 * The one timer of a process. It is moved only when an earlier instant is asked for; one that turns
 * out too early rings, and the process sets it again: a timer per state would cost the history two
 * events for every step.
 */
export function alarm() {
  let pending: { atMs: number; scope: CancellationScope } | null = null;
  let rang = false;

  return {
    /** Rings at `atMs` (epoch ms) at the latest; `summary` is what operations read beside the timer. */
    ringBy(atMs: number, summary: string): void {
      if (pending !== null && pending.atMs <= atMs) return;
      pending?.scope.cancel();
      const scope = new CancellationScope();
      const armed = { atMs, scope };
      pending = armed;
      const ring = async () => {
        await sleep(Math.max(1, atMs - Date.now()), { summary });
        if (pending === armed) pending = null;
        rang = true;
      };
      // A cancelled timer is one that was moved: nothing to report.
      scope.run(ring).catch((error) => {
        if (!isCancellation(error)) throw error;
      });
    },
    hasRung: (): boolean => rang,
    silence(): void {
      rang = false;
    },
  };
}
