import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { projectRoot } from '../../scripts/parts/root';
import { schemaSql } from '../../scripts/parts/schema-engine';
import { emptyDatabase, type TestDatabase, testDatabase } from '../support/database';

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

/** What a database is made of, each thing one line that tells all of it. */
const shapeOf = (database: TestDatabase) =>
  asOwner(database, async (client) => ({
    columns: await lines(
      client,
      `SELECT concat_ws(' ', table_name, column_name, data_type, udt_name, datetime_precision,
                        'nullable ' || is_nullable, 'default ' || coalesce(column_default, 'none')) AS line
       FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name <> '_prisma_migrations' ORDER BY 1`,
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

  test('every column: type, nullability, default', () => {
    expect(migrated.columns).toEqual(described.columns);
    expect(described.columns.length).toBeGreaterThan(200);
  });

  test('every primary, foreign and unique key', () => {
    expect(migrated.keys).toEqual(described.keys);
  });

  test('every index; those beyond are the ones that are written by hand', () => {
    expect(migrated.indexes).toEqual(expect.arrayContaining(described.indexes));
    const beyond = migrated.indexes.filter((index) => !described.indexes.includes(index));
    expect(beyond.map(nameOf).sort()).toEqual(handWritten());
  });
});

describe('a database that holds rows is migrated on', () => {
  /** The last migration of what ran before there were reviews. */
  const BEFORE = '20261123000100_constraints';
  let database: TestDatabase;
  beforeAll(async () => {
    database = await emptyDatabase();
    await asOwner(database, async (client) => {
      for (const { name, sql } of migrations) if (name <= BEFORE) await client.query(sql);
      await client.query(ROWS);
      // Each as a whole, as the schema engine applies it.
      for (const { name, sql } of migrations) if (name > BEFORE) await client.query(sql);
    });
  });
  afterAll(() => database.drop());

  const read = (sql: string) => asOwner(database, async (client) => (await client.query(sql)).rows);

  test('MSG-2: the outbox of e-mails is that of every channel; what was sent and what waits stay as they were', async () => {
    expect(
      await read('SELECT message_id, channel, status, attempts, address, last_error FROM sendings ORDER BY 1'),
    ).toEqual([
      {
        message_id: 'msg_1',
        channel: 'email',
        status: 'sent',
        attempts: 1,
        address: 'a@demo.example',
        last_error: null,
      },
      { message_id: 'msg_2', channel: 'email', status: 'failed', attempts: 5, address: null, last_error: '550' },
      { message_id: 'msg_3', channel: 'email', status: 'pending', attempts: 0, address: null, last_error: null },
    ]);
  });

  test('MSG-2: every message has its group, in-site, and by whose subscription it came', async () => {
    expect(await read('SELECT id, event_group, provider_id, in_site FROM messages ORDER BY 1')).toEqual([
      { id: 'msg_1', event_group: 'deliveries', provider_id: null, in_site: true },
      { id: 'msg_2', event_group: 'appeals', provider_id: 'prv_a', in_site: true },
      { id: 'msg_3', event_group: 'orders', provider_id: 'prv_b', in_site: true },
      { id: 'msg_4', event_group: 'refunds', provider_id: null, in_site: true },
    ]);
  });

  test('AUD-1: every step has its provider, nothing else of it has changed, and the trail is append-only again', async () => {
    expect(await read('SELECT object_id, sequence, provider_id, action FROM steps ORDER BY 1, 2')).toEqual([
      { object_id: 'dlv_1', sequence: 1, provider_id: 'prv_a', action: 'delivery.started' },
      { object_id: 'dlv_1', sequence: 2, provider_id: 'prv_a', action: 'buyer.requirement' },
      { object_id: 'ord_1', sequence: 1, provider_id: 'prv_a', action: 'order.placed' },
      { object_id: 'ord_2', sequence: 1, provider_id: 'prv_b', action: 'order.placed' },
    ]);
    for (const sql of ["UPDATE steps SET note = ''", 'DELETE FROM steps', 'TRUNCATE steps']) {
      await expect(read(sql)).rejects.toThrow('steps is append-only');
    }
  });

  test('section 0: each provider has one main account, the others are sub-accounts that may what they could', async () => {
    expect(await read('SELECT id, main_user_id FROM providers ORDER BY 1')).toEqual([
      { id: 'prv_a', main_user_id: 'usr_a1' },
      { id: 'prv_b', main_user_id: 'usr_b1' },
      { id: 'prv_c', main_user_id: null },
    ]);
    const people = await read('SELECT id, account, cardinality(areas) AS areas FROM users ORDER BY 1');
    expect(people).toEqual([
      { id: 'usr_a1', account: 'main', areas: 0 },
      { id: 'usr_a2', account: 'sub', areas: 9 },
      { id: 'usr_b1', account: 'main', areas: 0 },
      { id: 'usr_buyer', account: null, areas: 0 },
      { id: 'usr_ops', account: null, areas: 0 },
    ]);
  });

  test('what is sold goes on being sold', async () => {
    expect(await read('SELECT id, status, version FROM products')).toEqual([
      { id: 'prd_1', status: 'published', version: expect.any(Number) },
    ]);
    expect(await read('SELECT id, state FROM orders ORDER BY 1')).toEqual([
      { id: 'ord_1', state: 'awaiting_start' },
      { id: 'ord_2', state: 'pending_payment' },
    ]);
  });
});

/** A little business as the first release left it: two providers who sell, one who does not, and what was told. */
const ROWS = `
  INSERT INTO providers (id, name) VALUES ('prv_a', '甲公司'), ('prv_b', '乙公司'), ('prv_c', '丙公司');
  INSERT INTO users (id, role, provider_id) VALUES ('usr_buyer', 'buyer', NULL), ('usr_ops', 'ops', NULL),
    ('usr_a1', 'provider', 'prv_a'), ('usr_a2', 'provider', 'prv_a'), ('usr_b1', 'provider', 'prv_b');
  INSERT INTO products (id, provider_id, name, type, category, grade, supervised, self_operated, status, summary)
    VALUES ('prd_1', 'prv_a', '小程序', 'human_service', 'human_service', 'certified', true, false, 'published', '');
  INSERT INTO product_specs (id, product_id, name, duration, unit, list_price_fen, price_fen)
    VALUES ('spc_1', 'prd_1', '基础版', 1, 'time', 100, 90);
  INSERT INTO orders (id, buyer_id, provider_id, product_id, spec_id, product_name, spec_name, payment_channel, state,
                      payable_fen, paid_fen, delivery_id, pay_by, created_at, updated_at)
    VALUES ('ord_1', 'usr_buyer', 'prv_a', 'prd_1', 'spc_1', '小程序', '基础版', 'wechat', 'awaiting_start', 90, 90,
            'dlv_1', now(), now(), now()),
           ('ord_2', 'usr_buyer', 'prv_b', 'prd_1', 'spc_1', '小程序', '基础版', 'wechat', 'pending_payment', 90, 0,
            'dlv_2', now(), now(), now());
  INSERT INTO deliveries (id, order_id, buyer_id, provider_id, flow, stage, frozen, requirement_rejections,
                          acceptance_rejections, state, policy, sequence, created_at, updated_at)
    VALUES ('dlv_1', 'ord_1', 'usr_buyer', 'prv_a', 'standard', 'awaiting_requirement_confirmation', false, 0, 0, '{}',
            '{}', 2, now(), now());
  INSERT INTO steps (object_id, sequence, command_id, actor_role, actor_id, action, note, state_after, run_id, at)
    VALUES ('ord_1', 1, 'cmd_1', 'buyer', 'usr_buyer', 'order.placed', '', '{}', 'run', now()),
           ('ord_2', 1, 'cmd_2', 'buyer', 'usr_buyer', 'order.placed', '', '{}', 'run', now()),
           ('dlv_1', 1, 'dlv_1/1', 'system', 'system', 'delivery.started', '', '{}', 'run', now()),
           ('dlv_1', 2, 'cmd_3', 'buyer', 'usr_buyer', 'buyer.requirement', '三页', '{}', 'run', now());
  INSERT INTO contact_looks (id, order_id, viewer_id, request_id) VALUES ('look_1', 'ord_1', 'usr_a1', 'req');
  INSERT INTO messages (id, recipient_id, event, object_id, sequence, params, created_at)
    VALUES ('msg_1', 'usr_buyer', 'delivery.started', 'dlv_1', 1, '{}', now()),
           ('msg_2', 'usr_a1', 'delivery.appeal_opened', 'dlv_1', 3, '{}', now()),
           ('msg_3', 'usr_b1', 'order.paid', 'ord_2', 2, '{}', now()),
           ('msg_4', 'usr_buyer', 'order.refunded', 'ord_1', 4, '{}', now());
  INSERT INTO mails (message_id, status, attempts, address, last_error)
    VALUES ('msg_1', 'sent', 1, 'a@demo.example', NULL), ('msg_2', 'failed', 5, NULL, '550'),
           ('msg_3', 'pending', 0, NULL, NULL);`;
