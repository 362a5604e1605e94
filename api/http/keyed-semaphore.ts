type Queue = { running: number; waiting: (() => void)[] };

/**
 * Lets at most `most` pieces of work of one key run at the same time; the others wait, first come, first served.
 * @returns a function that runs work once it has a permit of its key, or answers 'timed out' when it gets none within
 *   `timeoutMs`
 */
export function keyedSemaphore(most: number) {
  const queues = new Map<string, Queue>();

  return async function withPermit<T>(
    key: string,
    timeoutMs: number,
    work: () => Promise<T>,
  ): Promise<T | 'timed out'> {
    const queue = queues.get(key) ?? { running: 0, waiting: [] };
    queues.set(key, queue);
    if (queue.running < most) queue.running += 1;
    else if (!(await permitWithin(queue, timeoutMs))) return 'timed out';
    try {
      return await work();
    } finally {
      const next = queue.waiting.shift();
      if (next === undefined) queue.running -= 1;
      else next();
      if (queue.running === 0) queues.delete(key);
    }
  };
}

/** Whether a permit was passed on in time; whoever gets it takes the place of the work that is done. */
function permitWithin(queue: Queue, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const take = () => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      queue.waiting.splice(queue.waiting.indexOf(take), 1);
      resolve(false);
    }, timeoutMs);
    queue.waiting.push(take);
  });
}
