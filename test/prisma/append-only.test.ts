import { Client } from 'pg';
import { type TestDatabase, testDatabase } from '../support/database';

// What happened stays as it was: the application may only add to it, and even the schema's owner is refused.
const ROWS: Record<string, string> = {
  steps: `INSERT INTO steps (object_id, sequence, command_id, actor_role, actor_id, action, note, state_after, at)
    VALUES ('obj_1', 1, 'cmd_1', 'ops', 'usr_1', 'ops.approve', '', '{}', now())`,
  contact_looks: `INSERT INTO contact_looks (id, order_id, viewer_id, request_id) VALUES ('look_1', 'ord_1', 'usr_1', 'req')`,
  agreements: `INSERT INTO agreements (id, provider_id, kind, revision, text, signed_by, signed_at)
    VALUES ('agr_1', 'prv_1', 'entry', '1', 'as signed', 'usr_1', now())`,
  webhook_attempts: `
    INSERT INTO webhook_deliveries (id, endpoint_id, provider_id, event, event_group, object_id, step_object_id,
                                    step_sequence, params, created_at)
    VALUES ('evt_1', 'whk_1', 'prv_1', 'order.paid', 'orders', 'ord_1', 'ord_1', 1, '{}', now());
    INSERT INTO webhook_attempts (delivery_id, number, at, duration_ms) VALUES ('evt_1', 1, now(), 5)`,
  journals: `INSERT INTO postings (journal) VALUES ('{"kind": "adjustment", "businessKey": "1", "objectId": "obj_1",
    "commandId": "cmd_1", "effectiveAt": "2026-11-24T00:00:00Z", "actor": "system", "entries": [
      {"accountId": "suspense", "side": "debit", "amountFen": 1},
      {"accountId": "platform_fee", "side": "credit", "amountFen": 1}]}')`,
  entries: '',
  accounts: '',
  invoice_allotments: `
    INSERT INTO orders (id, buyer_id, provider_id, product_id, product_type, spec_id, product_name, spec_name,
                        payment_channel, state, payable_fen, original_fen, paid_fen, invoiced_fen, delivery_id, pay_by,
                        created_at, updated_at)
    VALUES ('ord_1', 'usr_1', 'prv_1', 'prd_1', 'api', 'spc_1', '', '', 'wechat', 'completed', 5, 5, 5, 5, 'dlv_1', now(),
            now(), now());
    INSERT INTO invoices (id, buyer_id, provider_id, amount_fen, sealed, stage, due_at, due_provisional, calendar_version,
                          state, policy, sequence, created_at, updated_at)
    VALUES ('inv_1', 'usr_1', 'prv_1', 5, '', 'done', now(), false, '', '{}', '{}', 1, now(), now());
    INSERT INTO invoice_allotments (invoice_id, order_id, amount_fen) VALUES ('inv_1', 'ord_1', 5)`,
};
const TABLES = Object.keys(ROWS);
/** A column of each table that somebody might want otherwise. */
const COLUMN: Record<string, string> = {
  steps: 'actor_id',
  contact_looks: 'viewer_id',
  agreements: 'text',
  journals: 'actor',
  entries: 'account_id',
  accounts: 'kind',
  invoice_allotments: 'order_id',
};
const changesOf = (table: string) => [
  `UPDATE ${table} SET ${COLUMN[table] ?? 'error'} = 'forged'`,
  `DELETE FROM ${table}`,
  `TRUNCATE ${table} CASCADE`,
];

let database: TestDatabase;
let app: Client;
let owner: Client;
beforeAll(async () => {
  database = await testDatabase();
  app = new Client({ connectionString: database.appUrl });
  owner = new Client({ connectionString: database.ownerUrl });
  await Promise.all([app.connect(), owner.connect()]);
  for (const table of TABLES) await app.query(ROWS[table] ?? '');
});
afterAll(async () => {
  await Promise.all([app.end(), owner.end()]);
  await database.drop();
});

const contentOf = async (table: string) => (await owner.query(`SELECT * FROM ${table}`)).rows;

describe.each(TABLES)('AUD-1, I-6: %s is append-only', (table) => {
  test('the application has no right to change it', async () => {
    const before = await contentOf(table);
    expect(before.length).toBeGreaterThan(0);
    for (const change of changesOf(table)) {
      await expect(app.query(change)).rejects.toThrow(`permission denied for table ${table}`);
    }
    expect(await contentOf(table)).toEqual(before);
  });

  test('the schema’s owner, who would have it, is refused', async () => {
    const before = await contentOf(table);
    for (const change of changesOf(table)) {
      await expect(owner.query(change)).rejects.toThrow(`${table} is append-only`);
    }
    expect(await contentOf(table)).toEqual(before);
  });
});

test('AUD-1, I-6: the application can neither switch that off nor make itself the owner', async () => {
  for (const attempt of [
    'ALTER TABLE steps DISABLE TRIGGER steps_append_only',
    'DROP TRIGGER steps_append_only ON steps',
    'ALTER TABLE steps OWNER TO marketplace_app',
    "SET session_replication_role = 'replica'",
  ]) {
    const outcome = await app.query(attempt).then(
      (result) => result.command,
      (error: Error) => error.message,
    );
    expect([attempt, outcome]).toEqual([attempt, expect.stringMatching(/must be owner|permission denied/)]);
  }
});
