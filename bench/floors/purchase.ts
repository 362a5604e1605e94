import { randomBytes } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';

/** The rows that the ledger adds to a purchase. */
const LEDGER_TABLES = ['journals', 'entries', 'clearing_balances'];

type Row = Readonly<Record<string, string | null>>;
/** Rows by their table, every value as text. */
type Rows = ReadonlyMap<string, readonly Row[]>;
type Statement = { name: string; text: string; values: readonly (string | null)[] };

/** A purchase as it was stored: after it was placed, and after it was paid. */
export type Sample = { token: string; placed: Rows; paid: Rows };

/**
 * All rows that name a purchase, or one of the ids that were made for it.
 * @param token what all ids that the purchase was given have in common
 */
export async function rowsOf(client: PoolClient, token: string): Promise<Rows> {
  const { rows: tables } = await client.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '^(floor|_prisma)_' ORDER BY 1",
  );
  let found: Rows = new Map();
  for (let known = [token], before = 0; known.length > before; ) {
    before = known.length;
    const next = new Map<string, readonly Row[]>();
    for (const { name } of tables) {
      const { rows } = await client.query<Row>({
        text: `SELECT t.* FROM ${name} t WHERE t::text LIKE ANY ($1::text[])`,
        values: [known.map((id) => `%${id}%`)],
        // As text, so that each value is written as it was read.
        types: { getTypeParser: () => (value: unknown) => value },
      });
      if (rows.length > 0) next.set(name, rows);
    }
    found = next;
    known = [token, ...madeIds(found, token)];
  }
  return found;
}

/** The ids that PostgreSQL made. */
const madeIds = (rows: Rows, token: string): string[] =>
  [...rows.values()].flat().flatMap(({ id }) => (typeof id === 'string' && !id.includes(token) ? [id] : []));

/** SQL for the owner: tables like ours, without their triggers and foreign keys. */
export const floorTablesOf = ({ paid }: Sample, appRole: string): string[] =>
  [...paid.keys()].flatMap((table) => [
    `CREATE TABLE floor_${table} (LIKE ${table} INCLUDING ALL)`,
    `GRANT SELECT, INSERT, UPDATE ON floor_${table} TO ${appRole}`,
  ]);

/**
 * The floor of a purchase: its rows, written by plain prepared statements in two transactions, one that places and one
 * that pays, each table's rows at once. Nothing is checked, locked or looked up.
 * @param ledger whether the rows of the ledger are among them
 */
export function barePurchase(pool: Pool, { token, placed, paid }: Sample, ledger: boolean): () => Promise<void> {
  const tables = [...paid.keys()].filter((table) => ledger || !LEDGER_TABLES.includes(table));
  const made = madeIds(paid, token);
  const placing = tables.flatMap((table) => inserted('place', table, placed.get(table) ?? []));
  const paying = tables.flatMap((table) => {
    const before = placed.get(table) ?? [];
    const changed = (paid.get(table) ?? []).filter((row) => !before.some((old) => isSame(old, row)));
    const isUpdate = changed.length > 0 && before.some(({ id }) => id !== undefined && id === changed[0]?.id);
    return isUpdate ? updated(table, before, changed) : inserted('pay', table, changed);
  });
  return async () => {
    const own = randomBytes(13).toString('hex').slice(0, token.length);
    const at = Date.now().toString(16).padStart(12, '0');
    const ids = new Map(made.map((id) => [id, `${id.slice(0, 4)}${at}${randomBytes(7).toString('hex')}`]));
    const renamed = (value: string | null) => value && (ids.get(value) ?? value.replaceAll(token, own));
    const client = await pool.connect();
    try {
      for (const statements of [placing, paying]) {
        await client.query('BEGIN');
        for (const { values, ...statement } of statements) {
          await client.query({ ...statement, values: values.map(renamed) });
        }
        await client.query('COMMIT');
      }
    } finally {
      client.release();
    }
  };
}

const isSame = (one: Row, other: Row): boolean => JSON.stringify(one) === JSON.stringify(other);

function inserted(phase: string, table: string, rows: readonly Row[]): Statement[] {
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length === 0) return [];
  let parameters = 0;
  const tuples = rows.map(() => `(${columns.map(() => `$${++parameters}`).join(', ')})`);
  return [
    {
      name: `${phase}_${table}`,
      text: `INSERT INTO floor_${table} (${columns.join(', ')}) VALUES ${tuples.join(', ')}`,
      values: rows.flatMap((row) => columns.map((column) => row[column] ?? null)),
    },
  ];
}

/** Rows that were there before: what changed of them. */
const updated = (table: string, before: readonly Row[], changed: readonly Row[]): Statement[] =>
  changed.map((row) => {
    const old = before.find(({ id }) => id === row.id) ?? {};
    const columns = Object.keys(row).filter((column) => row[column] !== old[column]);
    return {
      name: `pay_${table}`,
      text: `UPDATE floor_${table} SET ${columns.map((column, n) => `${column} = $${n + 2}`).join(', ')} WHERE id = $1`,
      values: [row.id ?? null, ...columns.map((column) => row[column] ?? null)],
    };
  });
