import { Prisma } from '../../generated/client';

/**
 * SQL that selects through whom a provider can be notified: its accounts that are not disabled, and its contacts. While
 * it has chosen nothing, its main account and all of its contacts are notified.
 * @param providerId SQL for the provider's id
 */
export function providerRecipients(providerId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    SELECT id, name, true AS is_account, account = 'main' AS is_main FROM users
    WHERE provider_id = ${providerId} AND role = 'provider' AND account IS NOT NULL AND disabled_at IS NULL
    UNION ALL
    SELECT id, name, false, false FROM contacts WHERE provider_id = ${providerId} AND removed_at IS NULL`;
}
