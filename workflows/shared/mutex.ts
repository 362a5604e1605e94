/**
 * Lets handlers run one at a time, in the order in which they asked. A failure of one is its own
 * caller's to see and does not stop the next.
 */
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
