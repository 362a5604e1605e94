import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { z } from 'zod';
import { Prisma, PrismaClient } from '../generated/client';

export type Database = PrismaClient;

/** How long a transaction of several statements may wait for a connection, and how long it may take. */
const TRANSACTION_WAIT_MS = 5_000;
const TRANSACTION_MS = 10_000;

/**
 * The application's connections to PostgreSQL.
 * @param url connection string of the application's role
 * @param poolSize connections at most
 * @param commits `eager` ones do not wait for the disk: for what may be lost with the last moment
 *   before a crash of the database, unless something durable was written after it
 */
export function openDatabase(url: string, poolSize: number, commits: 'durable' | 'eager' = 'durable'): Database {
  const options = commits === 'eager' ? '-c synchronous_commit=off' : undefined;
  const pool = { connectionString: url, max: poolSize, ...(options === undefined ? {} : { options }) };
  const adapter = new PrismaPg(pool, { statementNameGenerator: statementNames() });
  return new PrismaClient({ adapter, transactionOptions: { maxWait: TRANSACTION_WAIT_MS, timeout: TRANSACTION_MS } });
}

/** What the driver tells of an error, as Prisma hands it on. */
const driverError = z.object({
  meta: z.object({
    driverAdapterError: z.object({ cause: z.object({ kind: z.string(), originalCode: z.string().optional() }) }),
  }),
});

const LOST = [
  'DatabaseNotReachable',
  'DatabaseDoesNotExist',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
];

/**
 * Whether an error says that PostgreSQL could not be reached, or left in the middle: what was asked of
 * it may or may not be done, and asking again later is right.
 */
export function isDatabaseLost(error: unknown): boolean {
  // A transaction that found no connection, lost it, or took too long.
  if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2028') return true;
  const parsed = driverError.safeParse(error);
  // A connection that breaks under a query is the driver's own error.
  if (!parsed.success) return error instanceof Error && error.message.startsWith('Connection terminated');
  const { kind, originalCode = '' } = parsed.data.meta.driverAdapterError.cause;
  // SQLSTATE: connection exceptions, operator intervention (shutting down, starting up), transactions rolled back.
  return LOST.includes(kind) || ['08', '57P', '40'].some((prefix) => originalCode.startsWith(prefix));
}

/**
 * Whether an error says that PostgreSQL will never take what it was given: SQLSTATE classes 22 (the
 * data cannot be stored as they are) and 23 (they break a constraint). Asking again is no use.
 */
export function isRefusedForGood(error: unknown): boolean {
  const parsed = driverError.safeParse(error);
  if (!parsed.success) return false;
  const { originalCode = '' } = parsed.data.meta.driverAdapterError.cause;
  return originalCode.startsWith('22') || originalCode.startsWith('23');
}

/** Names every statement by its text, so that PostgreSQL plans each once a connection. */
function statementNames(): (query: { sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    const name = createHash('sha256').update(sql).digest('hex').slice(0, 32);
    names.set(sql, name);
    return name;
  };
}
