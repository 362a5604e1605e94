import { Prisma } from '../../generated/client';

/** Whose rows a reader may see: a buyer's, a provider's, or all of them (operations). */
export type Scope = { buyerId: string } | { providerId: string } | 'all';

/** The SQL condition of a scope, on a table that has buyer_id and provider_id. */
export function within(scope: Scope): Prisma.Sql {
  if (scope === 'all') return Prisma.sql`true`;
  return 'buyerId' in scope ? Prisma.sql`buyer_id = ${scope.buyerId}` : Prisma.sql`provider_id = ${scope.providerId}`;
}
