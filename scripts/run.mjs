#!/usr/bin/env node
/** Runs a compiled script, `node scripts/run.mjs scripts/token …`, and says what to do when nothing is compiled yet. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const [name] = process.argv.splice(2, 1);
const file = fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
if (existsSync(file)) {
  process.argv[1] = file;
  const require = createRequire(import.meta.url);
  // Loaded as the main module, which the scripts look for.
  require('node:module').runMain(file);
} else {
  console.error('The project is not compiled yet: run "npm run build" once (or "npm start").');
  process.exitCode = 1;
}
