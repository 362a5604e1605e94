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
