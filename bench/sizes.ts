/** A size from the environment, or what `npm run bench` takes without it. */
function sizeOf(name: string, usual: number): number {
  const size = Number(process.env[name] || usual);
  if (Number.isSafeInteger(size) && size > 0) return size;
  throw new Error(`${name} must be a whole number above 0`);
}

/** How much is measured: smaller sizes for a quick look at the whole table, whose figures then say little. */
export const SIZES = {
  rounds: sizeOf('BENCH_ROUNDS', 5),
  /** Latencies of each kind, in a round. */
  operations: sizeOf('BENCH_OPERATIONS', 90),
  /** Deliveries of each way, in a round. */
  deliveries: sizeOf('BENCH_DELIVERIES', 60),
  /** Callers at once where throughput is measured. */
  concurrency: sizeOf('BENCH_CONCURRENCY', 8),
  /** Messages through the outbox, by each channel. */
  messages: sizeOf('BENCH_MESSAGES', 10_000),
  /** Transactions of purchases of each way, in a round. */
  purchases: sizeOf('BENCH_PURCHASES', 400),
  /** Journals that are posted for each figure. */
  postings: sizeOf('BENCH_POSTINGS', 4_000),
  /** Orders that are searched. */
  orders: sizeOf('BENCH_ORDERS', 1_000_000),
  /** Orders that are exported: all are one provider's. */
  exported: sizeOf('BENCH_EXPORTED', 200_000),
  /** Searches of each kind. */
  searches: sizeOf('BENCH_SEARCHES', 200),
};
