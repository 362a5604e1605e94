import type { Database } from './client';

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

/** A person's profile, or null when they have not said anything yet. */
export async function findProfile(db: Database, id: string): Promise<Profile | null> {
  return db.user.findUnique({ where: { id }, select: FIELDS });
}

/**
 * Replaces a person's profile, if it is still at the version that was read. An account of a provider stays what it is,
 * whatever a token says: only sub-accounts' routes make and change accounts.
 * @param expectedVersion null: whatever it is now; 0: there is none yet
 * @returns the new profile, or null when somebody was faster
 */
export async function saveProfile(
  db: Database,
  profile: Omit<Profile, 'version'>,
  expectedVersion: number | null,
): Promise<Profile | null> {
  const rows = await db.$queryRaw<Profile[]>`
    INSERT INTO users (id, role, provider_id, name, email, phone, language, version, updated_at)
    SELECT ${profile.id}::text, ${profile.role}::text, ${profile.providerId}::text, ${profile.name}::text,
           ${profile.email}::text, ${profile.phone}::text, ${profile.language}::text, 1, now()
    WHERE ${expectedVersion}::int IS NULL OR ${expectedVersion}::int = 0
       OR EXISTS (SELECT FROM users WHERE id = ${profile.id})
    ON CONFLICT (id) DO UPDATE SET
      role = CASE WHEN users.account IS NULL THEN excluded.role ELSE users.role END,
      provider_id = CASE WHEN users.account IS NULL THEN excluded.provider_id ELSE users.provider_id END,
      name = excluded.name, email = excluded.email, phone = excluded.phone, language = excluded.language, version = users.version + 1,
      updated_at = now()
    WHERE ${expectedVersion}::int IS NULL OR users.version = ${expectedVersion}::int
    RETURNING id, role, provider_id AS "providerId", name, email, phone, language, version`;
  return rows[0] ?? null;
}
