/** Small helpers of the preparation: paths, hashes, markers, child processes. No dependencies. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** A failure whose message is all that the reader needs. */
export class StepError extends Error {}

/** Prints a line of progress on standard error, so that commands keep their standard output to themselves. */
export function say(message) {
  process.stderr.write(`[prepare] ${message}\n`);
}

/** All files below the given files or directories, sorted, as paths relative to the root. */
export function filesBelow(places, accept = () => true) {
  const found = [];
  const visit = (relative) => {
    for (const entry of readdirSync(path.join(root, relative), { withFileTypes: true })) {
      const child = path.join(relative, entry.name);
      if (entry.name === 'node_modules') continue;
      if (entry.isDirectory()) visit(child);
      else if (accept(child)) found.push(child);
    }
  };
  for (const place of places.filter((candidate) => existsSync(path.join(root, candidate)))) {
    if (path.extname(place) === '') visit(place);
    else found.push(place);
  }
  return found.sort();
}

/** One hash over the names and contents of files. */
export function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${file}\0`);
    hash.update(readFileSync(path.join(root, file)));
  }
  return hash.digest('hex');
}

/** Remembers in `.cache/` which input a step last succeeded with. */
export function marker(name) {
  const file = path.join(root, '.cache', `${name}.hash`);
  return {
    matches: (hash) => existsSync(file) && readFileSync(file, 'utf8') === hash,
    write: (hash) => writeFileSync(file, hash),
    clear: () => rmSync(file, { force: true }),
  };
}

/**
 * Runs a command in the project's root and returns its standard output.
 * @throws StepError with everything the command said.
 */
export function run(command, args, { env = {}, timeoutMs = 600_000, show = false } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
    // Progress of long commands goes to the terminal, on standard error.
    stdio: show ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe'],
  });
  if (result.error) throw new StepError(`${command}: ${result.error.message}`);
  if (result.status !== 0) {
    const said = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim();
    const how = result.signal ? `was stopped by ${result.signal}` : `ended with ${result.status}`;
    throw new StepError(`${command} ${args.slice(0, 4).join(' ')} ${how}${said ? `\n${said}` : ''}`);
  }
  return result.stdout ?? '';
}

/** Does the work under a progress line that ends with the time it took. */
export async function step(title, work) {
  const startedAt = Date.now();
  say(`${title} …`);
  const result = await work();
  say(`${title}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  return result;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Takes a lock that dies with its process; returns what releases it. */
export async function lock(directory) {
  const pidFile = path.join(directory, 'pid');
  for (let told = false; ; ) {
    try {
      mkdirSync(directory);
      writeFileSync(pidFile, String(process.pid));
      return () => rmSync(directory, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : undefined;
    if (holder !== undefined && !isAlive(holder)) {
      rmSync(directory, { recursive: true, force: true });
      continue;
    }
    if (!told) say('another preparation is running; waiting for it');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
