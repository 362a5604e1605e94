/** Random choices that can be made again: the same seed chooses the same. */
export type Choices = {
  /** A whole number, both bounds included. */
  between(low: number, high: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** Choices of their own for one of several at work, whatever the order in which they work. */
  fork(): Choices;
};

/** Choices from FAULT_SEED, or from a new seed each run; it is printed, so that a failure can be repeated. */
export function seededChoices(test: string): Choices {
  const seed = Number(process.env.FAULT_SEED || Date.now() % 1_000_000_007);
  process.stdout.write(`${test}: FAULT_SEED=${seed}\n`);
  return choicesFrom(seed);
}

function choicesFrom(seed: number): Choices {
  const next = mulberry32(seed);
  return {
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    fork: () => choicesFrom(Math.floor(next() * 4_294_967_296)),
  };
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
