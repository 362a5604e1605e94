/** Packages that ship only ES modules: jest's own module system needs them translated. */
const esmOnly = [
  'jose',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  '@tokenizer/.*',
  '@borewit/.*',
  '@prisma/schema-engine-wasm',
];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
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
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  // The generated Prisma client names its files as they will be called when compiled.
  moduleNameMapper: { '^(\\./(?:enums|models|commonInputTypes|internal/\\w+|models/\\w+))\\.js$': '$1' },
  reporters: ['default', '<rootDir>/test/support/log-reporter.cjs'],
  testSequencer: '<rootDir>/test/support/sequencer.cjs',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // On two cores: a third, because the fault tests mostly wait for what they have killed.
  maxWorkers: 3,
  // V8 frees what suites leave behind only when it must, and a process of two gigabytes takes too long to end.
  workerIdleMemoryLimit: '512MB',
  testTimeout: 60_000,
};
