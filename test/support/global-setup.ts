import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { migrate } from '../../scripts/migrate';
import { type ProcessList, sweepDirectories, takeDirectory } from '../../scripts/parts/leftovers';
import { type Postgres, startPostgres } from '../../scripts/parts/postgres';
import { projectRoot } from '../../scripts/parts/root';
import { startTemporal, type Temporal } from '../../scripts/parts/temporal';
import { seededTemplate, template } from './database';
import { LOGS } from './logs';
import { copyCluster, PREPARED_DATABASE } from './prepared-cluster';

declare global {
  /** Handed from the set-up to the teardown, which run in the same process. */
  var testServers: { postgres: Postgres; temporal: Temporal; folder: string } | undefined;
}

const prefix = 'marketplace-test-';

/** One PostgreSQL and one Temporal for all test files: each copies a database and registers a namespace of its own. */
export default async function setUp(): Promise<void> {
  // A test run that was killed could not stop its servers.
  await sweepDirectories(tmpdir(), prefix);
  rmSync(LOGS, { recursive: true, force: true });
  const folder = mkdtempSync(path.join(tmpdir(), prefix));
  // As root PostgreSQL runs as another user, who must be able to enter.
  chmodSync(folder, 0o711);
  const processes = await takeDirectory(folder, () => undefined);
  const [postgres, temporal] = await Promise.all([preparedPostgres(folder, processes), sharedTemporal(processes)]);
  globalThis.testServers = { postgres, temporal, folder };
  const { adminUrl, ownerUrl, appUrl } = postgres;
  process.env.TEST_POSTGRES = JSON.stringify({ adminUrl, ownerUrl, appUrl });
  process.env.TEST_TEMPORAL = temporal.address;
}

/**
 * PostgreSQL with the databases that tests copy, and beside it, as `TEST_CLUSTER` says, a stopped cluster for tests
 * that need a whole PostgreSQL of their own.
 */
async function preparedPostgres(folder: string, processes: ProcessList): Promise<Postgres> {
  const onSpawn = (pid: number) => processes.add('postgres', pid);
  const options = { folder, database: template, careless: true, settings: { max_connections: 200 }, onSpawn };
  const first = await startPostgres(options);
  await migrate(first);
  const { appUrl } = await first.createDatabase(PREPARED_DATABASE, template);
  // The compiled program: jest's mapping of the Prisma client's file names does not hold here yet.
  const program = path.join(projectRoot, 'dist', 'prisma', 'seed', 'index.js');
  await promisify(execFile)(process.execPath, [program], { env: { ...process.env, DATABASE_URL: appUrl } });
  await first.stop();

  const copy = path.join(folder, 'prepared');
  mkdirSync(copy);
  chmodSync(copy, 0o711);
  copyCluster(folder, copy);
  process.env.TEST_CLUSTER = copy;
  const postgres = await startPostgres(options);
  await postgres.createDatabase(seededTemplate, PREPARED_DATABASE);
  return postgres;
}

const sharedTemporal = (processes: ProcessList): Promise<Temporal> =>
  startTemporal({
    logFile: path.join(LOGS, 'temporal.log'),
    attached: true,
    onSpawn: (pid) => processes.add('temporal', pid),
  });
