import { createHash } from 'node:crypto';
import data from 'chinese-days/dist/chinese-days.json';
import { version } from 'chinese-days/package.json';
import { loadHolidays } from '../config/calendar';
import { type Holidays, isWeekend, type SpecialDay } from '../domain/calendar/holidays';
import type { HolidayCalendar } from '../domain/calendar/working-days';

/** The calendar, and what makes days of it special: for people to look at. */
export type ChineseCalendar = HolidayCalendar & { specialDay(day: string): SpecialDay | undefined };

/**
 * The public holidays and moved workdays (调休) of China: as the chinese-days package has them, and for the years that
 * our own file names as that has them (GEN-1).
 *
 * The package's data is read, not its `isWorkday`: that falls back to plain weekdays for years it knows
 * nothing of without saying so, and answers for the wrong day where the time zone of the operating system is west
 * of UTC. A new release of the package extends the covered years by itself.
 * @throws Error when our own years leave a gap: the years between would have to be guessed
 */
export function chineseCalendar(own: Holidays = loadHolidays({ CALENDAR_FILE: undefined })): ChineseCalendar {
  const ofPackage = packageDays();
  const years = new Set([...ofPackage.keys()].map((day) => Number(day.slice(0, 4))));
  const named = new Set(own.years);
  const days = new Map([...[...ofPackage].filter(([day]) => !named.has(Number(day.slice(0, 4)))), ...own.days]);
  return {
    version: `chinese-days ${version} + ${own.version} (${hashOf(own)})`,
    coveredYears: withoutGap([...years, ...named]),
    isWorkday: (day) => days.get(day)?.kind === 'workday' || !(days.has(day) || isWeekend(day)),
    specialDay: (day) => days.get(day),
  };
}

/** The package names a day `English,中文,days off`. */
function packageDays(): Map<string, SpecialDay> {
  const named = (kind: SpecialDay['kind'], days: Record<string, string>) =>
    Object.entries(days).map(([day, names]) => [day, { kind, name: names.split(',')[1] ?? names }] as const);
  return new Map([...named('holiday', data.holidays), ...named('workday', data.workdays)]);
}

function withoutGap(years: number[]): HolidayCalendar['coveredYears'] {
  const [from, to] = [Math.min(...years), Math.max(...years)];
  for (let year = from; year <= to; year += 1) {
    if (!years.includes(year)) throw new Error(`The holidays of ${to} are named, but those of ${year} are not`);
  }
  return { from, to };
}

/** A file that was changed is another calendar, also where its version was forgotten. */
const hashOf = (own: Holidays): string =>
  createHash('sha256')
    .update(JSON.stringify([own.years, [...own.days]]))
    .digest('hex')
    .slice(0, 8);
