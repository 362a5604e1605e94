import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../generated/client';

export type Database = PrismaClient;

/**
 * The application's connections to PostgreSQL.
 * @param url connection string of the application's role
 * @param poolSize connections at most
 * @param commits `eager` ones do not wait for the disk: for what may be lost with the last moment
 *   before a crash of the database, unless something durable was written after it
 */
export function openDatabase(url: string, poolSize: number, commits: 'durable' | 'eager' = 'durable'): Database {
  const options = commits === 'eager' ? '-c synchronous_commit=off' : undefined;
  return new PrismaClient({
    adapter: new PrismaPg({ connectionString: url, max: poolSize, ...(options === undefined ? {} : { options }) }),
  });
}
