import { askFor, isPermitted, type Need } from '../../domain/accounts/permissions';
import { AppError } from '../../domain/shared/errors';
import type { Principal, PrincipalRole } from './auth';

/** What operations may be permitted beyond what all of them may. */
export type OpsPermission = 'appeals.rule' | 'payloads.read';

/**
 * Who may use a route; every route says it, and the OpenAPI document shows it (`x-access`). A provider's main
 * account may do everything; `main` is what only it may do, `person` what no API key may, `any` what everybody and
 * every key of the provider may.
 */
export type Access = {
  buyer?: 'any' | undefined;
  provider?: Need | undefined;
  ops?: OpsPermission | 'any' | undefined;
};

/** The roles that a route is open to. */
export function rolesOf({ buyer, provider, ops }: Access): PrincipalRole[] {
  return [
    ...(buyer === undefined ? [] : (['buyer'] as const)),
    ...(provider === undefined ? [] : (['provider'] as const)),
    ...(ops === undefined ? [] : (['ops'] as const)),
  ];
}

/** Whether there are API keys that may use the route. */
export const takesKeys = ({ provider }: Access): boolean =>
  provider !== undefined && provider !== 'main' && provider !== 'person';

/** @throws AppError AUTH.FORBIDDEN when the route is not for the principal's role, or needs what they may not do */
export function requireAccess(principal: Principal, access: Access): void {
  const needed = access[principal.role];
  if (needed === undefined) {
    const roles = rolesOf(access).join(' or ');
    throw new AppError('AUTH.FORBIDDEN', `This route is for ${roles}; the token is a ${principal.role}'s.`);
  }
  if (principal.role === 'provider') {
    requirePermitted(principal, access.provider ?? 'main');
    return;
  }
  if (needed === 'any' || principal.permissions.includes(needed)) return;
  throw new AppError('AUTH.FORBIDDEN', `This needs the permission "${needed}"; ask an operations manager.`);
}

function requirePermitted({ accessStatus }: Principal, need: Need): void {
  if (accessStatus !== undefined && isPermitted(accessStatus, need)) return;
  throw new AppError('AUTH.FORBIDDEN', askFor(need));
}
