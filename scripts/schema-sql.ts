import { readFileSync } from 'node:fs';
import { schemaSql } from './parts/schema-engine';

/**
 * What prisma/schema.prisma means as SQL: `schema-sql` prints how to create it, `schema-sql FILE` how to come to
 * it from the older schema in FILE: the beginning of the next migration. That the migrations and the schema agree is
 * proved by a test (test/prisma).
 */
async function main(): Promise<void> {
  const [older] = process.argv.slice(2);
  process.stdout.write(await schemaSql(older === undefined ? undefined : readFileSync(older, 'utf8')));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
