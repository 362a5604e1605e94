import { knownAreas } from '../../../domain/accounts/areas';
import type { AccessStatus } from '../../../domain/accounts/permissions';
import type { Database } from '../shared/database';

/** What a person is to a provider; `disabled` accounts may do nothing. */
export type AccountStatus = AccessStatus & { disabled: boolean };

/** What a key says of itself, as far as its use needs. */
export type ApiKeyStatus = AccessStatus & {
  providerId: string;
  secretHash: string;
  expiresAt: Date | null;
  revokedAt: Date | null;
};

/** What a person is to the provider now, or null for somebody who is no account of it: one look-up a request. */
export async function findAccountStatus(
  db: Database,
  person: { id: string; providerId: string },
): Promise<AccountStatus | null> {
  const [row] = await db.$queryRaw<{ account: 'main' | 'sub'; areas: string[]; disabled: boolean }[]>`
    SELECT account, areas, disabled_at IS NOT NULL AS disabled FROM users
    WHERE id = ${person.id} AND provider_id = ${person.providerId} AND role = 'provider' AND account IS NOT NULL`;
  return row === undefined ? null : { as: row.account, areas: knownAreas(row.areas), disabled: row.disabled };
}

/** A key, revoked and expired ones too, or null. */
export async function findApiKeyStatus(db: Database, id: string): Promise<ApiKeyStatus | null> {
  const [row] = await db.$queryRaw<(Omit<ApiKeyStatus, 'as' | 'areas'> & { areas: string[] })[]>`
    SELECT provider_id AS "providerId", secret_hash AS "secretHash", areas, expires_at AS "expiresAt",
           revoked_at AS "revokedAt" FROM api_keys WHERE id = ${id}`;
  return row === undefined ? null : { ...row, as: 'key', areas: knownAreas(row.areas) };
}
