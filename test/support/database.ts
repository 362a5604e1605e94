import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { createDatabase, type DatabaseUrls, dropDatabase } from '../../scripts/parts/databases';

/** The migrated, empty database that every test database is a copy of. */
export const template = 'marketplace_template';
/** The same with the demonstration data. */
export const seededTemplate = 'marketplace_seeded';

const testServer = z.object({ adminUrl: z.string(), ownerUrl: z.string(), appUrl: z.string() });

/** A database of one test's own. */
export interface TestDatabase extends DatabaseUrls {
  name: string;
  /** The superuser's connection. */
  adminUrl: string;
  /** Removes it, whoever is still connected. */
  drop(): Promise<void>;
}

/** Makes a fresh database with the newest schema (some 50 ms: it is copied, not migrated). */
export const testDatabase = (): Promise<TestDatabase> => newDatabase(template);

/** Makes one that has the demonstration data, too. */
export const seededDatabase = (): Promise<TestDatabase> => newDatabase(seededTemplate);

/** Makes a fresh database with nothing in it, for what is about making schemas. */
export const emptyDatabase = (): Promise<TestDatabase> => newDatabase();

async function newDatabase(from?: string): Promise<TestDatabase> {
  const server = testServer.parse(JSON.parse(process.env.TEST_POSTGRES ?? '{}'));
  const name = `test_${randomBytes(6).toString('hex')}`;
  await createDatabase(server.adminUrl, name, from);
  return {
    name,
    adminUrl: withDatabase(server.adminUrl, name),
    ownerUrl: withDatabase(server.ownerUrl, name),
    appUrl: withDatabase(server.appUrl, name),
    drop: () => dropDatabase(server.adminUrl, name),
  };
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
