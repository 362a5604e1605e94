import { knownAreas } from '../../domain/account/areas';
import type { Standing } from '../../domain/account/permissions';
import type { Database } from './client';

/** What a person is to a provider; `disabled` accounts may do nothing. */
export type AccountStanding = Standing & { disabled: boolean };

/** What a key says of itself, as far as its use needs. */
export type KeyStanding = Standing & {
  providerId: string;
  secretHash: string;
  expiresAt: Date | null;
  revokedAt: Date | null;
};

/** What a person is to the provider now, or null for somebody who is no account of it: one look-up a request. */
export async function findAccountStanding(
  db: Database,
  person: { id: string; providerId: string },
): Promise<AccountStanding | null> {
  const [row] = await db.$queryRaw<{ account: 'main' | 'sub'; areas: string[]; disabled: boolean }[]>`
    SELECT account, areas, disabled_at IS NOT NULL AS disabled FROM users
    WHERE id = ${person.id} AND provider_id = ${person.providerId} AND role = 'provider' AND account IS NOT NULL`;
  return row === undefined ? null : { as: row.account, areas: knownAreas(row.areas), disabled: row.disabled };
}

/** A key, revoked and expired ones too, or null. */
export async function findKeyStanding(db: Database, id: string): Promise<KeyStanding | null> {
  const [row] = await db.$queryRaw<(Omit<KeyStanding, 'as' | 'areas'> & { areas: string[] })[]>`
    SELECT provider_id AS "providerId", secret_hash AS "secretHash", areas, expires_at AS "expiresAt",
           revoked_at AS "revokedAt" FROM api_keys WHERE id = ${id}`;
  return row === undefined ? null : { ...row, as: 'key', areas: knownAreas(row.areas) };
}
