import data from 'chinese-days/dist/chinese-days.json';
import { version } from 'chinese-days/package.json';
import type { HolidayCalendar } from '../domain/calendar/working-days';

/**
 * The public holidays and moved workdays (调休) of China as the chinese-days package has them (GEN-1).
 *
 * Its data is read, not its `isWorkday`: that falls back to plain weekdays for years it knows
 * nothing of without saying so, and answers for the wrong day where the process's time zone is west
 * of UTC. A new release of the package extends the covered years by itself.
 */
export function chineseCalendar(): HolidayCalendar {
  const holidays = new Set(Object.keys(data.holidays));
  const movedWorkdays = new Set(Object.keys(data.workdays));
  const years = [...holidays].map((day) => Number(day.slice(0, 4)));
  return {
    version: `chinese-days ${version}`,
    coveredYears: { from: Math.min(...years), to: Math.max(...years) },
    isWorkday: (day) => movedWorkdays.has(day) || !(holidays.has(day) || isWeekend(day)),
  };
}

function isWeekend(day: string): boolean {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return weekday === 0 || weekday === 6;
}
