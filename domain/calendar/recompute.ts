import type { Deadline } from './working-days';

/** What became of a provisional deadline that was computed again: the last word of its step's action. */
export const RECOMPUTED = ['postponed', 'advanced', 'kept'] as const;
export type Recomputed = (typeof RECOMPUTED)[number];

/**
 * What computing a deadline again made of it (GEN-1). One that is `kept` falls on the same instant, and is surer now or
 * at least computed with a newer calendar.
 * @returns null when nothing at all is new
 */
export function compareDeadlines(before: Deadline, after: Deadline): Recomputed | null {
  if (after.atMs > before.atMs) return 'postponed';
  if (after.atMs < before.atMs) return 'advanced';
  const isSame = after.provisional === before.provisional && after.calendarVersion === before.calendarVersion;
  return isSame ? null : 'kept';
}

/** Whether a step's action says that a deadline was computed again, e.g. `deadline.appeal_target.postponed`. */
export const isRecomputation = (action: string): boolean => RECOMPUTED.some((word) => action.endsWith(`.${word}`));
