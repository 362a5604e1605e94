/** @type {import('jest').Config} */
module.exports = {
  // Installed packages are loaded once a process by Node, not by jest for every file: that took a second or two each.
  runtime: '<rootDir>/test/support/jest/runtime.cjs',
  testEnvironment: '<rootDir>/test/support/jest/environment.cjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.data/', '<rootDir>/.cache/'],
  transform: {
    '\\.[jt]s$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' }, transform: { optimizer: { simplify: false } } },
        module: { type: 'commonjs' },
      },
    ],
  },
  // The generated Prisma client is large: taken as it was compiled, it is loaded once a process, too.
  moduleNameMapper: { '^(?:\\.\\./)+(?:prisma/)?generated/client$': '<rootDir>/dist/prisma/generated/client.js' },
  reporters: ['default', '<rootDir>/test/support/log-reporter.cjs'],
  testSequencer: '<rootDir>/test/support/sequencer.cjs',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // On two cores: a third, because the fault tests mostly wait for what they have killed.
  maxWorkers: 3,
  // V8 frees what suites leave behind only when it must, and a process of two gigabytes takes too long to end.
  workerIdleMemoryLimit: '1GB',
  testTimeout: 60_000,
};
