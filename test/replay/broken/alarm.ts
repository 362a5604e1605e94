import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** In place of the process's alarm: one that is set anew for every state, a timer more for each step. */
export function alarm() {
  let scope = new CancellationScope();
  let rang = false;
  return {
    ringBy(atMs: number): void {
      scope.cancel();
      scope = new CancellationScope();
      const ring = async () => {
        await sleep(Math.max(1, atMs - Date.now()));
        rang = true;
      };
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
