import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** The schema's owner and the application are different database roles. */
export const roles = { owner: 'marketplace_owner', app: 'marketplace_app' } as const;

/** The passwords of a cluster's roles. */
export interface Credentials {
  admin: string;
  owner: string;
  app: string;
}

/** The two connections of one database. */
export interface DatabaseUrls {
  ownerUrl: string;
  appUrl: string;
}

/** New passwords for a new cluster. */
export function newCredentials(): Credentials {
  const password = () => randomBytes(18).toString('base64url');
  return { admin: password(), owner: password(), app: password() };
}

/** Connection strings of a database on the loopback interface. */
export function databaseUrls(port: number, credentials: Credentials, name: string): DatabaseUrls {
  const url = (role: string, password: string) => `postgresql://${role}:${password}@127.0.0.1:${port}/${name}`;
  return { ownerUrl: url(roles.owner, credentials.owner), appUrl: url(roles.app, credentials.app) };
}

/** The superuser's connection, used for creating roles and databases only. */
export function adminUrl(port: number, credentials: Credentials): string {
  return `postgresql://postgres:${credentials.admin}@127.0.0.1:${port}/postgres`;
}

/** Does something as the superuser. */
export async function asAdmin<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A server that is killed breaks idle connections too; the next query says so.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Creates the two roles where they are missing. */
export async function createRoles(url: string, credentials: Credentials): Promise<void> {
  await asAdmin(url, async (client) => {
    const present = await client.query<{ name: string }>('SELECT rolname AS name FROM pg_roles');
    const names = new Set(present.rows.map(({ name }) => name));
    for (const [role, password] of [
      [roles.owner, credentials.owner],
      [roles.app, credentials.app],
    ] as const) {
      if (names.has(role)) continue;
      await client.query(`CREATE ROLE ${role} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
    }
  });
}

/** Creates a database of the owner's, where it is missing; from a template it is a copy of that database. */
export async function createDatabase(url: string, name: string, template?: string): Promise<void> {
  await asAdmin(url, async (client) => {
    const present = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (present.rowCount !== 0) return;
    const from = template === undefined ? '' : ` TEMPLATE ${client.escapeIdentifier(template)}`;
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)} OWNER ${roles.owner}${from}`);
  });
}

/** Drops a database, whoever is still connected to it. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  await asAdmin(url, (client) => client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`));
}
