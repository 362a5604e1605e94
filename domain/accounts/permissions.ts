import { AREAS, type Area } from './areas';

/**
 * What somebody is to the provider they act for: its main account, a sub-account, or a key of its programs; the
 * latter two with the areas they were given.
 */
export type AccessStatus = { as: 'main' | 'sub' | 'key'; areas: readonly Area[] };

/** What a route asks of a provider's: an area, the main account, a person (of whatever areas), or nothing more. */
export type Need = Area | 'main' | 'person' | 'any';

/** Whether the need is met: the main account may do everything, nobody else what is the main account's (ACC-0). */
export function isPermitted({ as, areas }: AccessStatus, need: Need): boolean {
  if (as === 'main' || need === 'any') return true;
  if (need === 'person') return as === 'sub';
  return need !== 'main' && areas.includes(need);
}

/** Every area that somebody may use: all of them as the main account. */
export const areasOf = ({ as, areas }: AccessStatus): readonly Area[] => (as === 'main' ? AREAS : areas);

/** What to do about a need that is not met, for the reader of the refusal. */
export function askFor(need: Need): string {
  if (need === 'main') return 'Only the main account may do this.';
  if (need === 'person') return 'This is for people; an API key has no profile and no messages.';
  return `This needs the permission for the area "${need}"; ask the main account for it.`;
}
