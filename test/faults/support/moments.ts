import { setTimeout as sleep } from 'node:timers/promises';
import type { Choices } from './random';
import type { FaultSystem } from './system';

/**
 * Runs faults while work is under way, each at a moment of its own: after some more steps were stored. So there is
 * progress between two faults, and every run meets other moments.
 * @param work what goes on meanwhile; its failure ends the faults too
 * @param pace how many steps there are between two faults, more or less
 */
export async function amidst<T>(
  { db }: Pick<FaultSystem, 'db'>,
  choices: Choices,
  work: Promise<T>,
  faults: readonly (() => Promise<void>)[],
  pace = 15,
): Promise<T> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  const steps = () => db.step.count().catch(() => 0);
  for (const fault of faults) {
    const until = (await steps()) + choices.between(Math.ceil(pace / 3), Math.ceil((5 * pace) / 3));
    while (!isOver && (await steps()) < until) await sleep(5);
    if (isOver) {
      await work;
      throw new Error('All work was done before all faults had happened: too little was proved');
    }
    await sleep(choices.between(0, 40));
    await fault();
  }
  return work;
}
