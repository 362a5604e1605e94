import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { applyMigrations, markRolledBack } from './parts/schema-engine';

/**
 * Brings a database to the newest schema and grants the application its rights (`npm run migrate`).
 * The schema's owner and the application are different roles, so that a fault in the application
 * can neither change the schema nor the past.
 */

/** Tables that the application may only add to: the audit trail, what was signed, what was tried. */
const appendOnly = new Set(['steps', 'contact_looks', 'agreements', 'webhook_attempts', 'invoice_allotments']);
/** Tables that the application may also delete from: what is kept for a time only, or replaced. */
const purged = new Set([
  'idempotency_records',
  'proposals',
  'product_specs',
  'messages',
  'unaddressed_notices',
  'notification_channels',
  'webhook_deliveries',
]);
/** The ledger, which the application reads: post_journal() alone writes it. */
const readOnly = new Set([
  ...['account_kinds', 'accounts', 'journals', 'entries', 'account_balances', 'clearing_balances'],
  ...['balance_snapshots', 'ledger_seals'],
]);
/** What it may ask of the ledger beyond that. */
const ledgerFunctions = 'post_journal(jsonb), lock_account_balance(text), take_balance_snapshot(timestamptz, bigint)';
/** Prisma's own record of what was applied. */
const ownersOnly = new Set(['_prisma_migrations']);

/** Two migrations of one database at the same time wait for each other on this number. */
const lockNumber = 7_226_150_021;

/** Where to migrate, as whom, and for which application role. */
export interface MigrateOptions {
  /** The schema owner's connection. */
  ownerUrl: string;
  /** The application's connection; only its user is used. The same user as the owner needs no grants. */
  appUrl: string;
}

/** Applies the missing migrations and grants the application role what it needs; returns the migrations' names. */
export async function migrate({ ownerUrl, appUrl }: MigrateOptions): Promise<string[]> {
  const client = new Client({ connectionString: ownerUrl, application_name: 'migrate' });
  await client.connect();
  try {
    // Held by this session until it ends, whatever happens in between.
    await client.query('SELECT pg_advisory_lock($1)', [lockNumber]);
    const applied = await applyMigrations(ownerUrl);
    const owner = decodeURIComponent(new URL(ownerUrl).username);
    const application = decodeURIComponent(new URL(appUrl).username);
    if (application !== '' && application !== owner) await grant(client, application);
    return applied;
  } finally {
    await client.end();
  }
}

/** Grants the role exactly what the application does with each table. */
async function grant(client: Client, roleName: string): Promise<void> {
  const known = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [roleName]);
  if (known.rowCount === 0) throw new Error(`The application role "${roleName}" does not exist: create it first.`);
  const role = client.escapeIdentifier(roleName);
  const tables = await client.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user",
  );
  const statements = tables.rows.flatMap(({ name }) => {
    const table = client.escapeIdentifier(name);
    const revoke = `REVOKE ALL ON ${table} FROM ${role}`;
    return ownersOnly.has(name) ? [revoke] : [revoke, `GRANT ${rights(name)} ON ${table} TO ${role}`];
  });
  const all = [
    'BEGIN',
    `GRANT USAGE ON SCHEMA public TO ${role}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${role}`,
    ...statements,
    `GRANT INSERT, SELECT ON postings TO ${role}`,
    `GRANT EXECUTE ON FUNCTION ${ledgerFunctions} TO ${role}`,
    'COMMIT',
  ];
  await client.query(all.join(';\n'));
}

function rights(table: string): string {
  if (readOnly.has(table)) return 'SELECT';
  if (appendOnly.has(table)) return 'SELECT, INSERT';
  return purged.has(table) ? 'SELECT, INSERT, UPDATE, DELETE' : 'SELECT, INSERT, UPDATE';
}

const afterFailure =
  'A failed migration is undone as a whole. Once it is corrected: npm run migrate -- --rolled-back <its name>';

async function main(): Promise<void> {
  const appUrl = process.env.DATABASE_URL ?? '';
  const ownerUrl = process.env.MIGRATE_DATABASE_URL || appUrl;
  if (ownerUrl === '') throw new Error('Set DATABASE_URL, and MIGRATE_DATABASE_URL if the schema has another owner.');
  const { values } = parseArgs({ options: { 'rolled-back': { type: 'string' } } });
  const failed = values['rolled-back'];
  if (failed !== undefined) await markRolledBack(ownerUrl, failed);
  const applied = await migrate({ ownerUrl, appUrl: appUrl === '' ? ownerUrl : appUrl });
  console.log(applied.length === 0 ? 'The database was up to date.' : `Applied: ${applied.join(', ')}`);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    console.error(message);
    if (/migration/.test(message)) console.error(`\n${afterFailure}`);
    process.exitCode = 1;
  });
}
