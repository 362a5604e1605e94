import type { Area } from '../../domain/accounts/areas';
import { areasOf } from '../../domain/accounts/permissions';
import type { Scope } from '../../prisma/store/shared/scopes';
import type { Principal } from './auth';

/** What a principal may see: their own, their provider's, or, for operations, everything. */
export function scopeOf({ role, sub, providerId }: Principal): Scope {
  if (role === 'ops') return 'all';
  return role === 'provider' ? { providerId: providerId ?? '' } : { buyerId: sub };
}

/** The provider whose person or key asks, on routes that are for providers only. */
export function providerOf({ sub, providerId }: Principal): string {
  if (providerId === undefined) throw new Error(`${sub} acts for no provider`);
  return providerId;
}

/** The areas of their provider that a principal may use; none for who acts for no provider. */
export const areasOfPrincipal = ({ accessStatus }: Principal): readonly Area[] =>
  accessStatus === undefined ? [] : areasOf(accessStatus);
