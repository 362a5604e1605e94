import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { projectRoot } from '../../scripts/parts/root';
import { schemaSql } from '../../scripts/parts/schema-engine';
import { emptyDatabase, seededDatabase, type TestDatabase, testDatabase } from '../support/database';

const FOLDER = path.join(projectRoot, 'prisma', 'migrations');
const migrations = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({ name, sql: readFileSync(path.join(FOLDER, name, 'migration.sql'), 'utf8') }))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

/** Does something as the schema's owner. */
async function asOwner<T>({ ownerUrl }: TestDatabase, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const lines = async (client: Client, sql: string): Promise<string[]> =>
  (await client.query<{ line: string }>(sql)).rows.map(({ line }) => line);

/** What a database is made of, each thing one line that says all of it. */
const shapeOf = (database: TestDatabase) =>
  asOwner(database, async (client) => ({
    columns: await lines(
      client,
      `SELECT concat_ws(' ', table_name, column_name, data_type, udt_name, datetime_precision,
                        'nullable ' || is_nullable, 'default ' || coalesce(column_default, 'none')) AS line
       FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
       WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> '_prisma_migrations' ORDER BY 1`,
    ),
    keys: await lines(
      client,
      `SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) AS line FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'f', 'u')
         AND conrelid <> coalesce(to_regclass('_prisma_migrations')::oid, 0) ORDER BY 1`,
    ),
    indexes: await lines(
      client,
      `SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_prisma_migrations' ORDER BY 1`,
    ),
  }));

const nameOf = (index: string) => /INDEX "?(\w+)"?/.exec(index)?.[1] ?? index;

/** The indexes that are written by hand beside the schema, by the names they have in the end. */
function handWritten(): string[] {
  const names = new Set<string>();
  const changes = /(CREATE (?:UNIQUE )?|ALTER |DROP )INDEX "(\w+)"(?: RENAME TO "(\w+)")?/g;
  for (const { name, sql } of migrations) {
    for (const [, what = '', index = '', renamed = ''] of sql.matchAll(changes)) {
      if (what.startsWith('CREATE') && name.endsWith('constraints')) names.add(index);
      if (!what.startsWith('CREATE') && names.delete(index) && what === 'ALTER ') names.add(renamed);
    }
  }
  return [...names].sort();
}

test('PRD-7: versions that the demonstration data had none of are filled in, those that an application replaced, too', async () => {
  const database = await seededDatabase();
  const sql = migrations.find(({ name }) => name.endsWith('_first_versions'))?.sql ?? '';
  const versions = await asOwner(database, async (client) => {
    await client.query(`
      ALTER TABLE product_versions DISABLE TRIGGER USER;
      DELETE FROM product_versions;
      INSERT INTO reviews (id, kind, operation, object_id, provider_id, title, status, base, proposed, state, sequence,
                           submitted_by, submitted_at, decided_by, decided_at, updated_at)
      SELECT 'rev_1', 'product', 'modify', id, provider_id, name, 'approved', jsonb_build_object('content', content),
             'null', '{}', 1, 'usr', now(), 'usr', now(), now() FROM products WHERE id = 'prd_service';
      INSERT INTO product_versions SELECT id, 2, content, 'rev_1', now() FROM products WHERE id = 'prd_service';
      UPDATE products SET version = 2 WHERE id = 'prd_service';`);
    await client.query(sql);
    await client.query(sql);
    return lines(client, `SELECT product_id || ' ' || number AS line FROM product_versions ORDER BY 1`);
  });
  await database.drop();
  expect(versions).toEqual([
    ...['prd_other_service 1', 'prd_saas_manual 1', 'prd_self_operated 1', 'prd_service 1', 'prd_service 2'],
  ]);
});

describe('the migrations lead to what prisma/schema.prisma says', () => {
  let migrated: Awaited<ReturnType<typeof shapeOf>>;
  let described: typeof migrated;
  beforeAll(async () => {
    const [ofMigrations, ofSchema] = [await testDatabase(), await emptyDatabase()];
    const sql = await schemaSql();
    await asOwner(ofSchema, (client) => client.query(sql));
    [migrated, described] = [await shapeOf(ofMigrations), await shapeOf(ofSchema)];
    await Promise.all([ofMigrations.drop(), ofSchema.drop()]);
  });

  test('every column has its type, nullability and default', () => {
    expect(migrated.columns).toEqual(described.columns);
    expect(described.columns.length).toBeGreaterThan(200);
  });

  test('every primary, foreign and unique key is there', () => {
    expect(migrated.keys).toEqual(described.keys);
  });

  test('every index is there; those beyond are the ones that are written by hand', () => {
    expect(migrated.indexes).toEqual(expect.arrayContaining(described.indexes));
    const beyond = migrated.indexes.filter((index) => !described.indexes.includes(index));
    expect(beyond.map(nameOf).sort()).toEqual(handWritten());
  });
});
