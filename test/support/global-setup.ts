import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrate } from '../../scripts/migrate';
import { sweepDirectories, takeDirectory } from '../../scripts/parts/leftovers';
import { type Postgres, startPostgres } from '../../scripts/parts/postgres';
import { template } from './database';

declare global {
  /** Handed from the set-up to the teardown, which run in the same process. */
  var testServer: { postgres: Postgres; folder: string } | undefined;
}

const prefix = 'marketplace-test-';

/** One PostgreSQL for all test files, with a migrated database that each test copies. */
export default async function setUp(): Promise<void> {
  // A test run that was killed could not stop its server.
  await sweepDirectories(tmpdir(), prefix);
  const folder = mkdtempSync(path.join(tmpdir(), prefix));
  // As root the server runs as another user, who must be able to enter.
  chmodSync(folder, 0o711);
  const processes = await takeDirectory(folder, () => undefined);
  const onSpawn = (pid: number) => processes.add('postgres', pid);
  const settings = { max_connections: 200 };
  const postgres = await startPostgres({ folder, database: template, careless: true, settings, onSpawn });
  globalThis.testServer = { postgres, folder };
  await migrate(postgres);
  process.env.TEST_POSTGRES = JSON.stringify({
    adminUrl: postgres.adminUrl,
    ownerUrl: postgres.ownerUrl,
    appUrl: postgres.appUrl,
  });
}
