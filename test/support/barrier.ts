/**
 * Lets all racers go at one moment. Connections are opened before: `knock` is sent as often as there are racers, all at
 * once, so that each finds one that is warm, and the first does not win by the time that the others need to connect.
 * @returns what became of each, in their order
 */
export async function fromOneBarrier<T>(
  racers: readonly (() => Promise<T>)[],
  knock: () => Promise<unknown>,
): Promise<PromiseSettledResult<T>[]> {
  await Promise.all(racers.map(knock));
  let open: () => void = () => undefined;
  const barrier = new Promise<void>((resolve) => {
    open = resolve;
  });
  const running = racers.map((racer) => barrier.then(racer));
  open();
  return Promise.allSettled(running);
}

/** As `fromOneBarrier`, where nobody fails: what each was answered. */
export async function answersFromOneBarrier<T>(
  racers: readonly (() => Promise<T>)[],
  knock: () => Promise<unknown>,
): Promise<T[]> {
  const settled = await fromOneBarrier(racers, knock);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
