const Sequencer = require('@jest/test-sequencer').default;

const isFaultTest = ({ path }) => path.includes('/test/faults/');

/**
 * Begins with the fault tests, which take longest; the rest as usual, the longest or largest first. A fresh clone
 * knows no times yet, and small files that take a minute would be left for the end, with one processor idle.
 */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    return [...sorted.filter(isFaultTest), ...sorted.filter((test) => !isFaultTest(test))];
  }
};
