import type { z } from 'zod';
import type { Prisma } from '../../generated/client';

/** What can run raw SQL: the client, or a transaction of it. */
export type RawQueries = Pick<Prisma.TransactionClient, '$queryRaw'>;

/**
 * Runs one SQL query and parses each of its rows, so that a column that is missing or of another type fails here, named,
 * and not where the value is used.
 * @param schema of one row, as the driver gives it: `z.date()` for timestamps, `z.bigint()` for BIGINT, parsed JSON
 * @throws ZodError when a row is not what the schema says: a defect of the query
 */
export async function queryRows<S extends z.ZodType>(
  db: RawQueries,
  schema: S,
  query: Prisma.Sql,
): Promise<z.output<S>[]> {
  const rows = await db.$queryRaw<unknown[]>(query);
  return rows.map((row) => schema.parse(row));
}

/** As `queryRows`, for a query that answers one row at most. */
export async function queryRow<S extends z.ZodType>(
  db: RawQueries,
  schema: S,
  query: Prisma.Sql,
): Promise<z.output<S> | null> {
  const [row] = await queryRows(db, schema, query);
  return row ?? null;
}
