import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** In place of the workflow's deadline timer: one that is armed anew for every state, a timer more for each step. */
export function deadlineTimer() {
  let scope = new CancellationScope();
  let fired = false;
  return {
    arm(atMs: number): void {
      scope.cancel();
      scope = new CancellationScope();
      const wait = async () => {
        await sleep(Math.max(1, atMs - Date.now()));
        fired = true;
      };
      scope.run(wait).catch((error) => {
        if (!isCancellation(error)) throw error;
      });
    },
    cancel: (): void => scope.cancel(),
    hasFired: (): boolean => fired,
    reset(): void {
      fired = false;
    },
  };
}
