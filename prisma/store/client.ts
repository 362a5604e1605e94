import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../generated/client';

export type Database = PrismaClient;

/**
 * The application's connections to PostgreSQL.
 * @param url connection string of the application's role
 * @param poolSize connections at most
 */
export function openDatabase(url: string, poolSize: number): Database {
  return new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: poolSize }) });
}
