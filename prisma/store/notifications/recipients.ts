import { Prisma } from '../../generated/client';

/**
 * SQL that selects whom a provider can be told through: its accounts that are not disabled, and its contacts. Where it
 * has chosen nothing, the main account and all contacts are told.
 * @param providerId SQL for the provider's id
 */
export function recipientsOf(providerId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    SELECT id, name, true AS is_account, account = 'main' AS is_main FROM users
    WHERE provider_id = ${providerId} AND role = 'provider' AND account IS NOT NULL AND disabled_at IS NULL
    UNION ALL
    SELECT id, name, false, false FROM contacts WHERE provider_id = ${providerId} AND removed_at IS NULL`;
}
