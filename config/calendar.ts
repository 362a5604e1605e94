import { readFileSync } from 'node:fs';
import { type Holidays, parseHolidays } from '../domain/calendar/holidays';
import committed from './holidays.json';
import type { Config } from './index';

/**
 * The holidays by which the calendar knows more than its package (GEN-1): those of `CALENDAR_FILE`, with which operators
 * extend it without a release, else those of holidays.json beside this file.
 * @throws Error naming the file and what is wrong with it; a process must not start on guessed holidays.
 */
export function loadHolidays({ CALENDAR_FILE: file }: Pick<Config, 'CALENDAR_FILE'>): Holidays {
  if (file === undefined) return parseHolidays(committed);
  try {
    return parseHolidays(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`CALENDAR_FILE ${file}: ${reason}`, { cause: error });
  }
}
