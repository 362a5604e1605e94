import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';
import { Pool } from 'pg';
import { projectRoot } from './root';

/** The part of the global that is used here; TypeScript declares it only for browsers. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

/**
 * Prisma's schema engine as WebAssembly: the native one is a download that not every network allows.
 * It writes the same `_prisma_migrations` table, so `prisma migrate deploy` can take over at any time.
 */
export const schemaFile = path.join(projectRoot, 'prisma', 'schema.prisma');

const filters = { externalTables: [], externalEnums: [] };

/** The engine wants a connection even to compare a schema with nothing: this one is never asked anything real. */
const silentConnection: SqlDriverAdapter = {
  provider: 'postgres',
  adapterName: 'none',
  executeScript: async () => undefined,
  queryRaw: async () => ({ columnNames: [], columnTypes: [], rows: [] }),
  executeRaw: async () => 0,
  startTransaction: () => Promise.reject(new Error('There is no database here.')),
  dispose: async () => undefined,
};

const noDatabase: SqlMigrationAwareDriverAdapterFactory = {
  provider: 'postgres',
  adapterName: 'none',
  connect: async () => silentConnection,
  connectToShadowDb: async () => silentConnection,
};

/**
 * Prisma's driver cuts scripts at every semicolon, also inside comments and functions. PostgreSQL reads a whole script
 * by itself, and as one transaction: a migration is applied entirely or not at all.
 */
function wholeScripts(pool: Pool): SqlMigrationAwareDriverAdapterFactory {
  const driver = new PrismaPg(pool);
  const connect = async () => {
    const adapter = await driver.connect();
    adapter.executeScript = async (script) => {
      await adapter.executeRaw({ sql: script, args: [], argTypes: [] });
    };
    return adapter;
  };
  return { provider: driver.provider, adapterName: driver.adapterName, connect, connectToShadowDb: connect };
}

/** Loaded once a process: the bindings keep their instance in a global of their own. */
let engineModule: ReturnType<typeof loadEngine> | undefined;

async function loadEngine() {
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const wasmFile = path.join(
    path.dirname(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg')),
    'schema_engine_bg.wasm',
  );
  const imports = { ...bindings, ...detachedTimers(Object.keys(bindings)) };
  const { instance } = await WebAssembly.instantiate(readFileSync(wasmFile), { './schema_engine_bg.js': imports });
  bindings.__wbg_set_wasm(instance.exports);
  const { __wbindgen_start: start } = instance.exports;
  if (typeof start === 'function') start();
  return bindings;
}

/** The engine leaves a time-out of ten seconds running when it is done; that must not keep the process alive. */
function detachedTimers(names: string[]): Record<string, (callback: () => void, delayMs: number) => NodeJS.Timeout> {
  const timers = names.filter((name) => name.startsWith('__wbg_setTimeout'));
  return Object.fromEntries(timers.map((name) => [name, (callback, delayMs) => setTimeout(callback, delayMs).unref()]));
}

/** Makes an engine, connected through the given driver, and hands it to `work`. */
async function withSchemaEngine<T>(
  driver: SqlMigrationAwareDriverAdapterFactory,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  engineModule ??= loadEngine();
  const { SchemaEngine } = await engineModule;
  const datamodels: [string, string][] = [[schemaFile, readFileSync(schemaFile, 'utf8')]];
  const engine = await SchemaEngine.new({ datamodels }, () => undefined, bindMigrationAwareSqlAdapterFactory(driver));
  try {
    return await work(engine);
  } finally {
    engine.free();
  }
}

/** Applies what prisma/migrations holds beyond what the database already has; returns the new ones' names. */
export async function applyMigrations(url: string): Promise<string[]> {
  const baseDir = path.join(path.dirname(schemaFile), 'migrations');
  const names = readdirSync(baseDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const migrationDirectories = names.map((name) => {
    const value = readFileSync(path.join(baseDir, name, 'migration.sql'), 'utf8');
    return { path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value } } };
  });
  const lockfile = {
    path: 'migration_lock.toml',
    content: readFileSync(path.join(baseDir, 'migration_lock.toml'), 'utf8'),
  };
  const migrationsList = { baseDir, lockfile, shadowDbInitScript: '', migrationDirectories };
  const { appliedMigrationNames } = await withDatabase(url, (engine) =>
    engine.applyMigrations({ migrationsList, filters }),
  );
  return appliedMigrationNames;
}

/** Takes back the note that a migration was begun: it failed, and so left nothing behind, or was undone by hand. */
export async function markRolledBack(url: string, migrationName: string): Promise<void> {
  await withDatabase(url, (engine) => engine.markMigrationRolledBack({ migrationName }));
}

async function withDatabase<T>(url: string, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  const pool = new Pool({ connectionString: url });
  try {
    return await withSchemaEngine(wholeScripts(pool), work);
  } finally {
    // The engine itself leaves its connections open.
    await pool.end();
  }
}

/**
 * The statements that lead from one schema to prisma/schema.prisma.
 * @param before the text of the older schema; without one, an empty database
 */
export function schemaSql(before?: string): Promise<string> {
  const describedBy = (content: string) => ({
    tag: 'schemaDatamodel' as const,
    files: [{ path: schemaFile, content }],
  });
  return withSchemaEngine(noDatabase, async (engine) => {
    const from = before === undefined ? { tag: 'empty' as const } : describedBy(before);
    const to = describedBy(readFileSync(schemaFile, 'utf8'));
    const { stdout } = await engine.diff({ from, to, script: true, exitCode: null, filters });
    if (stdout === null) throw new Error('The schema engine answered nothing.');
    return stdout;
  });
}
