/** Who acts on an object; `system` is a deadline, or a fact from outside. */
export type Role = 'buyer' | 'provider' | 'ops' | 'system';

/** Who sent a command, for which provider (null for others), and from where: for tenancy and the audit trail (AUD-1). */
export type Origin = { actorId: string; providerId: string | null; requestId: string; sourceIp: string };

/** The role that an action belongs to: the first part of its name. */
export function roleOf(action: `${'buyer' | 'provider' | 'ops'}.${string}`): Exclude<Role, 'system'> {
  if (action.startsWith('buyer.')) return 'buyer';
  return action.startsWith('provider.') ? 'provider' : 'ops';
}
