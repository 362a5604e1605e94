import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { z } from 'zod';
import { Prisma, PrismaClient } from '../../generated/client';

export type Database = PrismaClient;

/** How long a transaction of several statements may wait for a connection, and how long it may take. */
const TRANSACTION_WAIT_MS = 5_000;
const TRANSACTION_MS = 10_000;

/**
 * How long anything may wait for the database, in milliseconds; 0 is for ever. They bound what one frozen process, or
 * one dead machine, does to all others: its transaction is ended, and whoever waits for its locks gives up.
 */
export type DatabaseLimits = {
  /** For a connection: for a free one of the pool, and for a new one to be made. */
  connectMs: number;
  /** For a lock that another transaction holds. */
  lockMs: number;
  /** For one statement, its waiting for locks included. */
  statementMs: number;
  /** How long a transaction may stand open without a statement before the server ends its connection. */
  idleInTransactionMs: number;
  /** How long a connection may be silent before either side asks the other's machine whether it is there. */
  keepAliveMs: number;
};

const UNLIMITED: DatabaseLimits = {
  connectMs: 0,
  lockMs: 0,
  statementMs: 0,
  idleInTransactionMs: 0,
  keepAliveMs: 0,
};

/** A machine that is gone is asked so often, at this distance, before its connection is given up. */
const KEEP_ALIVE_PROBES = 3;
const KEEP_ALIVE_INTERVAL_S = 5;

/**
 * The application's connections to PostgreSQL.
 * @param url connection string of the application's role
 * @param poolSize connections at most
 * @param commits `eager` ones do not wait for the disk: for what may be lost with the last moment
 *   before a crash of the database, unless something durable was written after it
 * @param limits how long anything may wait
 */
export function openDatabase(
  url: string,
  poolSize: number,
  commits: 'durable' | 'eager' = 'durable',
  limits: DatabaseLimits = UNLIMITED,
): Database {
  const pool = {
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: limits.connectMs,
    keepAlive: limits.keepAliveMs > 0,
    keepAliveInitialDelayMillis: limits.keepAliveMs,
    options: sessionOptions(limits, commits),
  };
  const adapter = new PrismaPg(pool, { statementNameGenerator: statementNames() });
  return new PrismaClient({ adapter, transactionOptions: { maxWait: TRANSACTION_WAIT_MS, timeout: TRANSACTION_MS } });
}

/** What the server itself holds every session to, as the command line of the connection says it. */
function sessionOptions(limits: DatabaseLimits, commits: 'durable' | 'eager'): string {
  const keepAliveS = Math.ceil(limits.keepAliveMs / 1_000);
  const settings: Record<string, string | number> = {
    lock_timeout: limits.lockMs,
    statement_timeout: limits.statementMs,
    idle_in_transaction_session_timeout: limits.idleInTransactionMs,
    ...(keepAliveS === 0
      ? {}
      : {
          tcp_keepalives_idle: keepAliveS,
          tcp_keepalives_interval: KEEP_ALIVE_INTERVAL_S,
          tcp_keepalives_count: KEEP_ALIVE_PROBES,
          // Keepalives stop while data are unacknowledged: this bounds those.
          tcp_user_timeout: limits.keepAliveMs + KEEP_ALIVE_PROBES * KEEP_ALIVE_INTERVAL_S * 1_000,
        }),
    ...(commits === 'eager' ? { synchronous_commit: 'off' } : {}),
  };
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

/** What the driver says of an error, as Prisma hands it on. */
const driverError = z.object({
  meta: z.object({
    driverAdapterError: z.object({
      cause: z.object({
        kind: z.string(),
        originalCode: z.string().optional(),
        originalMessage: z.string().optional(),
      }),
    }),
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
 * SQLSTATE: connection exceptions, operator intervention (shutting down, starting up), transactions rolled back; a lock
 * that did not come free (55P03), a statement (57014) or a transaction (25P03, 25P04) that took longer than it may.
 */
const LOST_STATES = ['08', '57P', '40', '55P03', '57014', '25P03', '25P04'];

/** What the driver and its pool say themselves, without any SQLSTATE. */
const LOST_MESSAGE = /^Connection terminated|^timeout exceeded when trying to connect|is not queryable$/;

/**
 * Whether an error says that PostgreSQL could not be reached, left in the middle, or took longer than it may: what was
 * asked of it may or may not be done, and asking again later is right.
 */
export function isDatabaseLost(error: unknown): boolean {
  // A transaction that found no connection, lost it, or took too long.
  if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2028') return true;
  const parsed = driverError.safeParse(error);
  // A connection that breaks under a query, or that is not to be had, is the driver's own error.
  if (!parsed.success) return error instanceof Error && LOST_MESSAGE.test(error.message);
  const { kind, originalCode = '' } = parsed.data.meta.driverAdapterError.cause;
  return LOST.includes(kind) || LOST_STATES.some((prefix) => originalCode.startsWith(prefix));
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

/** Whether a statement failed because it would break a constraint or unique index of that name. */
export function breaks(error: unknown, constraint: string): boolean {
  const parsed = driverError.safeParse(error);
  return (
    parsed.success && (parsed.data.meta.driverAdapterError.cause.originalMessage ?? '').includes(`"${constraint}"`)
  );
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
