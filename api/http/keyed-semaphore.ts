type Line = { running: number; waiting: (() => void)[] };

/**
 * Lets at most `most` pieces of work of one key run at the same time; the others wait for their turn.
 * @returns a function that runs work in its turn, or answers 'impatient' when its turn does not come within `timeoutMs`
 */
export function keyedSemaphore(most: number) {
  const lines = new Map<string, Line>();

  return async function withPermit<T>(
    key: string,
    timeoutMs: number,
    work: () => Promise<T>,
  ): Promise<T | 'timed_out'> {
    const line = lines.get(key) ?? { running: 0, waiting: [] };
    lines.set(key, line);
    if (line.running < most) line.running += 1;
    else if (!(await permitCame(line, timeoutMs))) return 'timed_out';
    try {
      return await work();
    } finally {
      const next = line.waiting.shift();
      if (next === undefined) line.running -= 1;
      else next();
      if (line.running === 0) lines.delete(key);
    }
  };
}

/** Whether the turn came in time; who takes it takes the place of the one that is done. */
function permitCame(line: Line, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const take = () => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      line.waiting.splice(line.waiting.indexOf(take), 1);
      resolve(false);
    }, timeoutMs);
    line.waiting.push(take);
  });
}
