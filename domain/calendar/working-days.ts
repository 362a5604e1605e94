import { DAY_MS, type Duration } from '../policies/duration';
import { SHANGHAI_OFFSET_MS } from './shanghai';

/** What is known of China's public holidays and moved workdays. Days are `YYYY-MM-DD` in Shanghai. */
export type HolidayCalendar = {
  version: string;
  /** The years whose holidays are published, both included. */
  coveredYears: { from: number; to: number };
  /** Asked about days of covered years only. */
  isWorkday(day: string): boolean;
};

/** An instant something is due, and how it was computed (GEN-1). */
export type Deadline = {
  atMs: number;
  calendarVersion: string;
  /** Computed over days whose holidays were not all published: to be computed again when they are. */
  provisional: boolean;
};

/**
 * 24:00 in Shanghai of the n-th Chinese working day after the day of an instant (GEN-1).
 * @param fromMs the instant, in epoch milliseconds
 * @param days how many working days, a whole number from 1
 * @throws RangeError when an argument is not such a number.
 */
export function workingDayDeadline(fromMs: number, days: number, calendar: HolidayCalendar): Deadline {
  if (!Number.isSafeInteger(fromMs)) throw new RangeError(`${fromMs} is not an instant in milliseconds`);
  if (!Number.isSafeInteger(days) || days < 1) throw new RangeError(`${days} is not a number of working days`);
  let day = Math.floor((fromMs + SHANGHAI_OFFSET_MS) / DAY_MS);
  let provisional = false;
  for (let left = days; left > 0; ) {
    day += 1;
    if (!isSettled(day, calendar)) provisional = true;
    if (isWorkday(day, calendar)) left -= 1;
  }
  return { atMs: (day + 1) * DAY_MS - SHANGHAI_OFFSET_MS, calendarVersion: calendar.version, provisional };
}

/**
 * When a duration that begins at an instant is over (GEN-1).
 * @param fromMs the instant, in epoch milliseconds
 */
export function deadlineAfter(fromMs: number, duration: Duration, calendar: HolidayCalendar): Deadline {
  if (duration.kind === 'workingDays') return workingDayDeadline(fromMs, duration.days, calendar);
  return { atMs: fromMs + duration.ms, calendarVersion: calendar.version, provisional: false };
}

function isWorkday(day: number, calendar: HolidayCalendar): boolean {
  if (isCovered(day, calendar)) return calendar.isWorkday(isoDay(day));
  const weekday = new Date(day * DAY_MS).getUTCDay();
  return weekday !== 0 && weekday !== 6;
}

/**
 * The New Year's holiday of a year moves days of the December before (Saturday 2018-12-29 was a
 * workday for the sake of 2019), so a year's last week is settled only with the next year's schedule.
 */
function isSettled(day: number, calendar: HolidayCalendar): boolean {
  return isCovered(day, calendar) && isCovered(day + 7, calendar);
}

function isCovered(day: number, { coveredYears }: HolidayCalendar): boolean {
  const year = new Date(day * DAY_MS).getUTCFullYear();
  return coveredYears.from <= year && year <= coveredYears.to;
}

/** The day of an instant (epoch ms) in Shanghai, `YYYY-MM-DD` (GEN-1). */
export const shanghaiDay = (atMs: number): string => isoDay(Math.floor((atMs + SHANGHAI_OFFSET_MS) / DAY_MS));

function isoDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
