#!/usr/bin/env node
/**
 * Makes a fresh clone ready: `node scripts/prepare.mjs install|build|start|test`.
 *
 * It runs before `npm start`, `npm test` and `npm run check`, so it must work when nothing is installed yet:
 * plain Node, no dependencies. Every step is skipped when it is up to date.
 */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { resolveBinaries } from './prepare/binaries.mjs';
import { buildBundle, compile, generateClient, hydrateSymlinks, installPackages } from './prepare/steps.mjs';
import { lock, root, StepError, say } from './prepare/tools.mjs';

/** What each purpose needs, in order. */
const purposes = {
  install: [installPackages, hydrateSymlinks, generateClient],
  build: [installPackages, hydrateSymlinks, generateClient, compile, buildBundle],
  start: [installPackages, hydrateSymlinks, generateClient, resolveBinaries(['temporalCli']), compile, buildBundle],
  test: [
    installPackages,
    hydrateSymlinks,
    generateClient,
    resolveBinaries(['temporalCli', 'testServer']),
    compile,
    buildBundle,
  ],
};

async function main() {
  const purpose = process.argv[2] ?? 'build';
  const steps = purposes[purpose];
  if (steps === undefined)
    throw new StepError(`Unknown purpose "${purpose}": use ${Object.keys(purposes).join(', ')}.`);
  if (!existsSync(path.join(root, 'package-lock.json'))) throw new StepError('package-lock.json is missing.');
  mkdirSync(path.join(root, '.cache'), { recursive: true });
  // `npm start` and `npm test` may be typed in two windows at the same moment.
  const unlock = await lock(path.join(root, '.cache', 'prepare.lock'));
  try {
    for (const step of steps) await step();
  } finally {
    unlock();
  }
}

main().catch((error) => {
  say(error instanceof StepError ? `FAILED: ${error.message}` : String(error?.stack ?? error));
  process.exit(1);
});
