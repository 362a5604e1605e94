/** The areas that a provider's sub-accounts and API keys may be given permission for (ACC-0). */
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

/** The area that an object belongs to, by the beginning of its id; the rest is the account's. */
const OBJECT_AREAS: Record<string, Area> = {
  ord: 'orders',
  ins: 'orders',
  rfp: 'orders',
  dlv: 'deliveries',
  rfd: 'refunds',
  prd: 'products',
  app: 'products',
  inv: 'finance',
  shp: 'shop',
  srv: 'shop',
  cpn: 'coupons',
  ccl: 'coupons',
  sub: 'messages',
  whk: 'messages',
};
export const areaOfObject = (objectId: string): Area => OBJECT_AREAS[objectId.slice(0, 3)] ?? 'account';

/**
 * Which objects somebody with these areas sees: either those whose ids begin so and no others, or all others, since
 * every beginning that is not known is the account's.
 */
export function objectsOf(areas: readonly Area[]): { beginning: string[]; are: 'seen' | 'hidden' } {
  const known = Object.entries(OBJECT_AREAS);
  const beginningWhere = (isWanted: (area: Area) => boolean) =>
    known.filter(([, area]) => isWanted(area)).map(([beginning]) => beginning);
  return areas.includes('account')
    ? { beginning: beginningWhere((area) => !areas.includes(area)), are: 'hidden' }
    : { beginning: beginningWhere((area) => areas.includes(area)), are: 'seen' };
}
