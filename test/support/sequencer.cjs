const Sequencer = require('@jest/test-sequencer').default;

/** What a file takes that has not run here yet, in ms: so on a fresh clone. */
const UNKNOWN = { fault: 50_000, other: 5_000 };

const isFaultTest = ({ path }) => path.includes('/test/faults/');

/**
 * Spreads the fault tests, which mostly wait for what they have killed, evenly over the others, which keep a processor
 * busy: neither all wait at once nor all work at once. Of each kind the longest come first, so that none is left for
 * the end.
 */
module.exports = class FaultsAmidst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const kinds = [
      inOrder(sorted.filter(isFaultTest), UNKNOWN.fault),
      inOrder(
        sorted.filter((test) => !isFaultTest(test)),
        UNKNOWN.other,
      ),
    ];
    return kinds
      .flat()
      .sort((a, b) => a.startsAt - b.startsAt)
      .map(({ test }) => test);
  }
};

/** Each test with the share of the time of its kind that is over when it starts. */
function inOrder(tests, unknown) {
  const total = tests.reduce((sum, { duration = unknown }) => sum + duration, 0);
  let over = 0;
  return tests.map((test) => {
    const startsAt = over / total;
    over += test.duration ?? unknown;
    return { test, startsAt };
  });
}
