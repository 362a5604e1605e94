import { z } from 'zod';
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
  const row = await db.user.findFirst({
    where: { id: person.id, providerId: person.providerId, role: 'provider', account: { not: null } },
    select: { account: true, areas: true, disabledAt: true },
  });
  if (row === null) return null;
  return { as: kindOfAccount.parse(row.account), areas: knownAreas(row.areas), disabled: row.disabledAt !== null };
}

const kindOfAccount = z.enum(['main', 'sub']);

/** A key, revoked and expired ones too, or null. */
export async function findApiKeyStatus(db: Database, id: string): Promise<ApiKeyStatus | null> {
  const row = await db.apiKey.findUnique({
    where: { id },
    select: { providerId: true, secretHash: true, areas: true, expiresAt: true, revokedAt: true },
  });
  return row && { ...row, as: 'key', areas: knownAreas(row.areas) };
}
