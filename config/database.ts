import type { Config } from './index';

/** How long this process waits for PostgreSQL: the `DatabaseLimits` of prisma/store/shared/database. */
export const databaseLimits = (config: Config) => ({
  connectMs: config.DATABASE_CONNECT_TIMEOUT_MS,
  lockMs: config.DATABASE_LOCK_TIMEOUT_MS,
  statementMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
  idleInTransactionMs: config.DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS,
  keepAliveMs: config.DATABASE_KEEPALIVE_MS,
});
