/** The areas that a provider's sub-accounts and API keys may be given permission for (SPEC section 0). */
export const AREAS = [
  'account',
  'shop',
  'products',
  'orders',
  'deliveries',
  'refunds',
  'finance',
  'coupons',
  'messages',
] as const;
export type Area = (typeof AREAS)[number];

/** Areas as they are stored, in one order; one that only a later release knows is none here. */
export const knownAreas = (stored: readonly string[]): Area[] => AREAS.filter((area) => stored.includes(area));
