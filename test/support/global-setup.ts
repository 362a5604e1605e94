import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrate } from '../../scripts/migrate';
import { type Postgres, startPostgres } from '../../scripts/parts/postgres';
import { template } from './database';

declare global {
  /** Handed from the set-up to the teardown, which run in the same process. */
  var testServer: { postgres: Postgres; folder: string } | undefined;
}

/** One PostgreSQL for all test files, with a migrated database that each test copies. */
export default async function setUp(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'marketplace-test-'));
  const settings = { max_connections: 200 };
  const postgres = await startPostgres({ folder, database: template, careless: true, settings });
  globalThis.testServer = { postgres, folder };
  await migrate(postgres);
  process.env.TEST_POSTGRES = JSON.stringify({
    adminUrl: postgres.adminUrl,
    ownerUrl: postgres.ownerUrl,
    appUrl: postgres.appUrl,
  });
}
