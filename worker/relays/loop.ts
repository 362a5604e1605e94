import type { Logger } from '../../config/logger';

/** A relay that works in rounds until it is stopped. */
export type Relay = { wake(): void; stop(): Promise<void> };

/**
 * Runs `round` again and again: at once while it finds work, else every `intervalMs` or when woken.
 * A round that fails is logged and tried again after the interval.
 * @param round does a batch of work; answers how much it found
 */
export function startRelay(name: string, logger: Logger, intervalMs: number, round: () => Promise<number>): Relay {
  let stopped = false;
  let wakeUp: () => void = () => undefined;
  let isAwake = false;

  const rest = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, intervalMs);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
      if (isAwake || stopped) wakeUp();
    });

  async function run(): Promise<void> {
    while (!stopped) {
      isAwake = false;
      let found = 0;
      try {
        found = await round();
      } catch (error) {
        logger.error({ err: error, relay: name }, 'a round failed; it will be tried again');
      }
      if (found === 0) await rest();
    }
  }

  const running = run();
  return {
    wake() {
      isAwake = true;
      wakeUp();
    },
    async stop() {
      stopped = true;
      wakeUp();
      await running;
    },
  };
}
