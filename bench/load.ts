/** Latencies of one round, milliseconds. */
export type Latencies = { p50: number; p95: number; p99: number };

/** The value below which `share` of the sorted values lie. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/**
 * Runs `work` `times` times, one after the other, and answers how long each took.
 * @param prepare done before each, not timed
 */
export async function latencies(
  times: number,
  work: () => Promise<unknown>,
  prepare: () => Promise<unknown> = async () => undefined,
): Promise<Latencies> {
  const taken: number[] = [];
  for (let index = 0; index < times; index += 1) {
    await prepare();
    const startedAt = performance.now();
    await work();
    taken.push(performance.now() - startedAt);
  }
  return latenciesOf(taken);
}

/** @param taken how long each took, milliseconds */
export function latenciesOf(taken: readonly number[]): Latencies {
  const sorted = [...taken].sort((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99) };
}

/** Runs `work` `times` times, `concurrency` at once, and answers how many were done a second. */
export async function throughput(times: number, concurrency: number, work: (index: number) => Promise<unknown>) {
  let next = 0;
  const startedAt = performance.now();
  const lane = async () => {
    for (let index = next++; index < times; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return times / ((performance.now() - startedAt) / 1000);
}

export const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

/** The median of each quantile over several rounds. */
export function medianLatencies(rounds: readonly Latencies[]): Latencies {
  return {
    p50: median(rounds.map(({ p50 }) => p50)),
    p95: median(rounds.map(({ p95 }) => p95)),
    p99: median(rounds.map(({ p99 }) => p99)),
  };
}
