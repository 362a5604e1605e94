import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type Child, startChild, untilReady } from './children';
import {
  adminUrl,
  asAdmin,
  type Credentials,
  createDatabase,
  createRoles,
  type DatabaseUrls,
  databaseUrls,
  newCredentials,
} from './databases';
import { freePort } from './ports';
import { type Place, placeFor } from './postgres-place';

/** How to start an embedded PostgreSQL. */
export interface PostgresOptions {
  /** Where the cluster and its passwords are kept; a second start on it continues with the same data. */
  folder: string;
  /** Any free port by default. */
  port?: number;
  /** The database to create; its connections are the server's `ownerUrl` and `appUrl`. */
  database?: string;
  /** Server settings, e.g. `{ max_connections: 200 }`. */
  settings?: Record<string, string | number>;
  /** For tests: much faster, loses data in a power failure, and ends with Ctrl-C. */
  careless?: boolean;
  logFile?: string;
  /** Told of the server process at once, before it is ready. */
  onSpawn?: (pid: number) => void;
}

/** A running embedded PostgreSQL with the two roles of the project. */
export interface Postgres extends DatabaseUrls {
  port: number;
  pid: number;
  adminUrl: string;
  /** Creates another database, empty or as a copy of a template. */
  createDatabase(name: string, template?: string): Promise<DatabaseUrls>;
  /** Settles when the server has ended, for whatever reason. */
  ended: Promise<void>;
  /** Ends it in order ("fast shutdown"). */
  stop(): Promise<void>;
  /** Ends it as a power failure would; starting again on the same folder recovers. */
  kill(): Promise<void>;
  /** Deletes the cluster of a stopped server. */
  discard(): void;
}

const careless = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_wal_size: '256MB' };

/** Starts PostgreSQL on a folder, creating cluster, roles and database where they are missing. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const place = placeFor(path.resolve(options.folder));
  const credentials = prepareCluster(path.resolve(options.folder), place);
  const port = options.port ?? (await freePort());
  const admin = adminUrl(port, credentials);
  const server = await startServer(place, port, admin, options);
  try {
    await createRoles(admin, credentials);
    const database = options.database ?? 'marketplace';
    await createDatabase(admin, database);
    return {
      port,
      pid: server.pid,
      adminUrl: admin,
      ...databaseUrls(port, credentials, database),
      createDatabase: async (name, template) => {
        await createDatabase(admin, name, template);
        return databaseUrls(port, credentials, name);
      },
      ended: server.ended,
      stop: () => server.stop('SIGINT'),
      kill: () => server.kill(),
      discard: () => rmSync(place.cluster, { recursive: true, force: true }),
    };
  } catch (error) {
    await server.stop('SIGINT');
    throw error;
  }
}

const storedCredentials = z.object({ admin: z.string(), owner: z.string(), app: z.string() });

/**
 * The cluster's passwords; initialises a cluster when the folder does not know one.
 * @throws Error when the folder knows one that is not there any more
 */
function prepareCluster(folder: string, { cluster, programs, user }: Place): Credentials {
  const file = path.join(folder, 'credentials.json');
  const isThere = existsSync(path.join(cluster, 'PG_VERSION'));
  if (existsSync(file)) {
    if (!isThere) throw new Error(vanished(folder, cluster));
    return storedCredentials.parse(JSON.parse(readFileSync(file, 'utf8')));
  }
  const credentials = newCredentials();
  // A cluster without its passwords is the rest of an interrupted start, or of a folder that was deleted since.
  rmSync(cluster, { recursive: true, force: true });
  mkdirSync(cluster, { recursive: true });
  const passwordFile = `${cluster}.password`;
  writeFileSync(passwordFile, credentials.admin, { mode: 0o600 });
  try {
    if (user) for (const owned of [cluster, passwordFile]) chownSync(owned, user.uid, user.gid);
    chmodSync(cluster, 0o700);
    const args = [`--pgdata=${cluster}`, '--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    // The built-in locale is the same on every machine, whatever its operating system has installed.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const initdb = path.join(programs, 'initdb');
    const result = spawnSync(initdb, [...args, ...locale, '--no-sync'], { cwd: '/', encoding: 'utf8', ...user });
    if (result.status !== 0) {
      throw new Error(`PostgreSQL could not initialise ${cluster}: ${result.error?.message ?? result.stderr}`);
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(credentials), { mode: 0o600 });
  return credentials;
}

/** An empty database in the place of a lost one would be worse than none: what refers to it is still there. */
const vanished = (folder: string, cluster: string): string =>
  `PostgreSQL's data were in ${cluster} and are not there any more: somebody or something has deleted them. ` +
  `Put them back from a backup, or begin anew without any of the data that belong to them: npm start -- --fresh ` +
  `(it deletes everything beside ${folder}, too).`;

/** Starts the server process and waits until it answers. */
async function startServer(place: Place, port: number, admin: string, options: PostgresOptions): Promise<Child> {
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...(options.careless ? careless : {}),
    ...options.settings,
  };
  const logFile = options.logFile ?? path.join(options.folder, 'postgres.log');
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  for (let attempt = 1; ; attempt += 1) {
    const server = startChild({
      name: 'PostgreSQL',
      command: path.join(place.programs, 'postgres'),
      args: ['-D', place.cluster, '-p', String(port), ...args],
      logFile,
      cwd: '/',
      user: place.user,
      onSpawn: options.onSpawn,
      attached: options.careless,
    });
    try {
      await untilReady(server, () => asAdmin(admin, () => Promise.resolve(true)));
      return server;
    } catch (error) {
      await server.stop('SIGINT');
      // After a kill -9 the old server's children need a moment to let go of the shared memory.
      const isHeld = /shared memory block|postmaster\.pid/.test(server.lastLines(5));
      if (!isHeld || attempt === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
