import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { schemaFile, schemaSql } from './parts/schema-engine';

/**
 * What prisma/schema.prisma means as SQL: prints it, `--write` makes it the first migration (only before the
 * first release: later changes are migrations of their own), `--check` fails when the two disagree.
 */
const firstMigration = path.join(path.dirname(schemaFile), 'migrations', '20261123000000_init', 'migration.sql');

async function main(): Promise<void> {
  const sql = await schemaSql();
  switch (process.argv[2]) {
    case undefined:
      process.stdout.write(sql);
      return;
    case '--write':
      mkdirSync(path.dirname(firstMigration), { recursive: true });
      writeFileSync(firstMigration, sql);
      return;
    case '--check':
      if (readFileSync(firstMigration, 'utf8') === sql) return;
      throw new Error('prisma/schema.prisma and the first migration disagree: node dist/scripts/schema-sql.js --write');
    default:
      throw new Error('Usage: schema-sql [--write | --check]');
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
