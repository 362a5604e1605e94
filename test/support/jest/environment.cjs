const { LegacyFakeTimers, ModernFakeTimers } = require('@jest/fake-timers');
const { ModuleMocker } = require('jest-mock');

/**
 * Runs a test file in the context of the process itself, where jest's usual environment makes a new one for each file.
 * So installed packages, which the process loads only once (runtime.cjs), know the same `Error`, `Array` and `Date` as
 * the tests. Globals and environment variables that the file changes are as before when it ends.
 */
module.exports = class OneContext {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  #exit = process.exit;
  #variables = { ...process.env };
  #globals;

  constructor({ projectConfig: config }) {
    const timerConfig = { idToRef: (id) => id, refToId: (timer) => timer };
    const { global, moduleMocker } = this;
    this.fakeTimers = new LegacyFakeTimers({ config, global, moduleMocker, timerConfig });
    this.fakeTimersModern = new ModernFakeTimers({ config, global });
    for (const key of Object.getOwnPropertySymbols(globalThis)) if (isOfJest(key)) delete globalThis[key];
    this.#globals = Object.getOwnPropertyDescriptors(globalThis);
  }

  async setup() {}

  async teardown() {
    this.fakeTimers.dispose();
    this.fakeTimersModern.dispose();
    Object.defineProperties(globalThis, this.#globals);
    process.exit = this.#exit;
    for (const name of Object.keys(process.env)) if (!(name in this.#variables)) delete process.env[name];
    Object.assign(process.env, this.#variables);
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  /** Asked for by jest and used by nobody: runtime.cjs compiles for the context of the process. */
  getVmContext() {
    return globalThis;
  }
};

/** What the framework keeps for the file that runs: its handlers and settings. */
const isOfJest = (key) => /^JEST|^EVENT_HANDLERS|^RETRY|RETRY$|^TEST_TIMEOUT/.test(key.description);
