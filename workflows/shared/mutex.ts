export type Mutex = ReturnType<typeof createMutex>;

/**
 * A mutex: work runs one at a time, in the order in which it was asked for. A failure of one is its own caller's to see
 * and does not stop the next.
 */
export function createMutex(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work, work);
    last = done.catch(() => undefined);
    return done;
  };
}
