import { chineseCalendar } from '../activities/calendar';
import { loadHolidays } from '../config/calendar';
import { yearTable } from './parts/year-table';

/** `npm run calendar -- [year]`: what the calendar knows of a year, by default this one, as deadlines count it (GEN-1). */

const usage = 'Usage: npm run calendar -- [year], for example 2026';

/** The year as it is in Shanghai, where the business is. */
const thisYear = (): string => new Intl.DateTimeFormat('en', { timeZone: 'Asia/Shanghai', year: 'numeric' }).format();

function main([year = thisYear(), ...others]: string[]): void {
  if (!/^[12]\d{3}$/.test(year) || others.length > 0) throw new Error(usage);
  const calendar = chineseCalendar(loadHolidays({ CALENDAR_FILE: process.env.CALENDAR_FILE || undefined }));
  console.log(yearTable(Number(year), calendar, process.stdout.columns ?? 80).join('\n'));
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
