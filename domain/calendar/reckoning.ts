import type { Deadline } from './working-days';

/** What became of a provisional deadline that was reckoned again: the last word of its step's action. */
export const RECKONINGS = ['postponed', 'advanced', 'kept'] as const;
export type Reckoning = (typeof RECKONINGS)[number];

/**
 * What reckoning a deadline again made of it (GEN-1). One that is `kept` falls on the same instant, and is surer now or
 * at least reckoned with a newer calendar.
 * @returns null when nothing at all is new
 */
export function reckoningOf(before: Deadline, after: Deadline): Reckoning | null {
  if (after.atMs > before.atMs) return 'postponed';
  if (after.atMs < before.atMs) return 'advanced';
  const isSame = after.provisional === before.provisional && after.calendarVersion === before.calendarVersion;
  return isSame ? null : 'kept';
}

/** Whether a step's action says that a deadline was reckoned again, e.g. `deadline.appeal_target.postponed`. */
export const isReckoning = (action: string): boolean => RECKONINGS.some((word) => action.endsWith(`.${word}`));
