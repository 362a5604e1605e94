const path = require('node:path');

/** Says where the servers of the tests have written, when something has failed. */
module.exports = class LogReporter {
  onRunComplete(_contexts, { numFailedTests, numFailedTestSuites }) {
    if (numFailedTests + numFailedTestSuites === 0) return;
    const logs = path.join(__dirname, '..', '..', '.cache', 'test-logs');
    process.stderr.write(`\nThe servers of the tests have written to ${logs}\n`);
  }
};
