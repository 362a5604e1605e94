/** Durations as policies write them: `"5 days"`, `"7 working days"`, `"72 hours"` (GEN-1, GEN-3). */

/** A length of time that runs on, day and night: calendar days are 24 hours each (GEN-1). */
export type Elapsed = { kind: 'elapsed'; ms: number };

/** Chinese working days, counted by the calendar (GEN-1). */
export type WorkingDays = { kind: 'workingDays'; days: number };

export type Duration = Elapsed | WorkingDays;

export const DAY_MS = 86_400_000;

const UNIT_MS: Readonly<Record<string, number>> = {
  day: DAY_MS,
  hour: 3_600_000,
  minute: 60_000,
  second: 1_000,
  millisecond: 1,
};

/** A century is beyond any business deadline, and keeps every instant a safe integer. */
const MAX_ELAPSED_MS = 36_500 * DAY_MS;
const MAX_WORKING_DAYS = 2_500;

const PATTERN = /^(\d{1,15}) (working day|day|hour|minute|second|millisecond)s?$/;

/**
 * Reads a duration.
 * @param text a whole number, one space and a unit: days, working days, hours, minutes, seconds or
 *   milliseconds; the singular is accepted too.
 * @throws RangeError when the text is no duration, is zero, or is longer than a century (2,500 working days).
 */
export function parseDuration(text: string): Duration {
  const [, count, unit] = PATTERN.exec(text) ?? [];
  if (count === undefined || unit === undefined) {
    throw new RangeError(`"${text}" is not a duration; write it like "5 days", "7 working days" or "72 hours"`);
  }
  const amount = Number(count);
  if (unit === 'working day') {
    checkBounds(text, amount, MAX_WORKING_DAYS);
    return { kind: 'workingDays', days: amount };
  }
  const ms = amount * (UNIT_MS[unit] ?? Number.NaN);
  checkBounds(text, ms, MAX_ELAPSED_MS);
  return { kind: 'elapsed', ms };
}

function checkBounds(text: string, amount: number, max: number): void {
  if (amount <= 0) throw new RangeError(`"${text}" must be longer than nothing`);
  if (!(amount <= max)) throw new RangeError(`"${text}" is too long`);
}
