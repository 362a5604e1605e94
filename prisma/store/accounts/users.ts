import { z } from 'zod';
import type { KeyRing } from '../../../codec/keys';
import { AppError } from '../../../domain/shared/errors';
import { Prisma } from '../../generated/client';
import { auditedTransaction, type Change, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { queryRow } from '../shared/query-rows';
import { personTrail } from './person-trail';

/** What somebody says of themselves: where notices reach them, and in which language. */
export type Profile = {
  id: string;
  role: string;
  providerId: string | null;
  name: string | null;
  email: string | null;
  phone: string | null;
  language: string;
  version: number;
};

const FIELDS = {
  id: true,
  role: true,
  providerId: true,
  name: true,
  email: true,
  phone: true,
  language: true,
  version: true,
};

/** What a verified token says of somebody who is no provider's. */
export type KnownPerson = { id: string; role: 'buyer' | 'ops'; permissions: readonly string[]; issuedAt: Date };

/**
 * Keeps who somebody is by their newest token, so that notices find them (MSG-2, SHOP-5). It writes only when the role or
 * the permissions have changed; of operations also when the token was issued, so that an older one brings nothing back.
 * Who was absent is notified again. Accounts of a provider stay what they are.
 */
export async function recordPerson(db: Database, { id, role, permissions, issuedAt }: KnownPerson): Promise<void> {
  // One statement, since requests of one person arrive at once: the row is locked while its token's instant is compared.
  const kept = role === 'ops' ? [...new Set(permissions)].sort() : [];
  await db.$executeRaw`
    INSERT INTO users (id, role, permissions, token_issued_at, version, updated_at)
    VALUES (${id}, ${role}, ${kept}, ${issuedAt}, 0, now())
    ON CONFLICT (id) DO UPDATE SET role = excluded.role, permissions = excluded.permissions, provider_id = NULL,
      token_issued_at = excluded.token_issued_at, disabled_at = NULL
    WHERE users.account IS NULL
      AND (users.token_issued_at IS NULL OR users.token_issued_at <= excluded.token_issued_at)
      AND ((users.role, users.permissions) IS DISTINCT FROM (excluded.role, excluded.permissions)
           OR excluded.role = 'ops' AND users.token_issued_at IS DISTINCT FROM excluded.token_issued_at)`;
}

/**
 * Ends the notices of people of operations whose newest token was issued before an instant: they have left (MSG-2). A
 * newer token brings them back.
 * @returns their ids
 */
export async function markAbsent(db: Database, before: Date): Promise<string[]> {
  // Who never showed a token was put there by hand.
  const notSeen = [{ tokenIssuedAt: { lt: before } }, { tokenIssuedAt: null, updatedAt: { lt: before } }];
  const where = { role: 'ops', disabledAt: null, OR: notSeen };
  const absent = await db.user.updateManyAndReturn({ where, data: { disabledAt: new Date() }, select: { id: true } });
  return absent.map(({ id }) => id);
}

/** A person's profile, or null when they have not said anything yet. */
export async function findProfile(db: Database, id: string): Promise<Profile | null> {
  return db.user.findUnique({ where: { id }, select: FIELDS });
}

/**
 * Replaces a person's profile, if it is still at the version that was read. An account of a provider stays what it is,
 * whatever a token says: only sub-accounts' routes make and change accounts. The trail, which is kept for good, shows
 * names and contacts masked, each with a fingerprint (AUD-1).
 * @param expectedVersion null: whatever it is now; 0: there is none yet
 * @throws AppError PRECONDITION.FAILED when somebody was faster
 */
export async function saveProfile(
  { db, keys }: { db: Database; keys: KeyRing },
  change: Change,
  profile: Omit<Profile, 'version'>,
  expectedVersion: number | null,
): Promise<Profile> {
  const saved = { ...profile, version: 0 };
  await auditedTransaction(db, change, async (tx) => {
    const row = await writeProfile(tx, profile, expectedVersion);
    if (row === null) {
      throw new AppError('PRECONDITION.FAILED', 'Read your profile again and repeat your change on that.');
    }
    const { account: _account, areas: _areas, disabledAt: _disabledAt, ...written } = row;
    Object.assign(saved, written);
    return personTrail(tx, keys, row);
  });
  return saved;
}

/** A person as they are stored; `account` and `areas` are of a provider's people, `disabledAt` also of absent operations. */
const person = z.object({
  id: z.string(),
  role: z.string(),
  providerId: z.string().nullable(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  language: z.string(),
  version: z.int(),
  account: z.string().nullable(),
  areas: z.array(z.string()),
  disabledAt: z.date().nullable(),
});
export type Person = z.output<typeof person>;

/**
 * Makes the profile or replaces it, in one statement: of those who have read the same version one writes, since the row is
 * locked while its version is compared. No row comes back where the version is another.
 */
function writeProfile(
  tx: Transaction,
  profile: Omit<Profile, 'version'>,
  expectedVersion: number | null,
): Promise<Person | null> {
  const query = Prisma.sql`
    INSERT INTO users (id, role, provider_id, name, email, phone, language, version, updated_at)
    SELECT ${profile.id}::text, ${profile.role}::text, ${profile.providerId}::text, ${profile.name}::text,
           ${profile.email}::text, ${profile.phone}::text, ${profile.language}::text, 1, now()
    WHERE ${expectedVersion}::int IS NULL OR ${expectedVersion}::int = 0
       OR EXISTS (SELECT FROM users WHERE id = ${profile.id})
    ON CONFLICT (id) DO UPDATE SET
      role = CASE WHEN users.account IS NULL THEN excluded.role ELSE users.role END,
      provider_id = CASE WHEN users.account IS NULL THEN excluded.provider_id ELSE users.provider_id END,
      name = excluded.name, email = excluded.email, phone = excluded.phone, language = excluded.language,
      version = users.version + 1, updated_at = now()
    WHERE ${expectedVersion}::int IS NULL OR users.version = ${expectedVersion}::int
    RETURNING id, role, provider_id AS "providerId", name, email, phone, language, version, account, areas,
      disabled_at AS "disabledAt"`;
  return queryRow(tx, person, query);
}
