import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

export type DeadlineTimer = ReturnType<typeof deadlineTimer>;

/**
 * The one timer of a workflow. It is moved only when an earlier instant is asked for; one that proves too early
 * fires, and the workflow arms it again: a timer per state would cost the history two events for every step.
 */
export function deadlineTimer() {
  let pending: { atMs: number; scope: CancellationScope } | null = null;
  let fired = false;

  return {
    /** Fires at `atMs` (epoch ms) at the latest; `summary` is what operations read beside the timer. */
    arm(atMs: number, summary: string): void {
      if (pending !== null && pending.atMs <= atMs) return;
      pending?.scope.cancel();
      const scope = new CancellationScope();
      const armed = { atMs, scope };
      pending = armed;
      const wait = async () => {
        await sleep(Math.max(1, atMs - Date.now()), { summary });
        if (pending === armed) pending = null;
        fired = true;
      };
      // A cancelled timer is one that was moved: nothing to report.
      scope.run(wait).catch((error) => {
        if (!isCancellation(error)) throw error;
      });
    },
    cancel(): void {
      pending?.scope.cancel();
      pending = null;
    },
    hasFired: (): boolean => fired,
    reset(): void {
      fired = false;
    },
  };
}
