import type { ChineseCalendar } from '../../activities/calendar';
import { isWeekend } from '../../domain/calendar/holidays';
import { DAY_MS } from '../../domain/policies/duration';

/**
 * A year of the calendar as text for a terminal: twelve months, as many beside each other as fit, with what each day
 * is, how many working days each month has, and the holidays by name.
 */

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
] as const;
const WEEKDAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const;
/** As Chinese wall calendars mark them: 休 off, 班 worked. */
const MARKS = { holiday: '休', workday: '班' } as const;
const CELL = 5;
const MONTH = WEEKDAYS.length * CELL;
const GAP = '   ';

type Day = { iso: string; date: number; weekday: number; isWorkday: boolean };

/** How many columns of a terminal a text takes: Chinese characters take two. */
export function widthOf(text: string): number {
  const wide =
    /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;
  return [...text].reduce((width, character) => width + (wide.test(character) ? 2 : 1), 0);
}

const padEnd = (text: string, width: number) => text + ' '.repeat(Math.max(0, width - widthOf(text)));
const padStart = (text: string, width: number) => ' '.repeat(Math.max(0, width - widthOf(text))) + text;

/**
 * The lines of a year's table.
 * @param year a year of four digits
 * @param columns how wide the terminal is; from 110 on there are three months beside each other
 */
export function yearTable(year: number, calendar: ChineseCalendar, columns: number): string[] {
  const across = columns >= 3 * MONTH + 2 * GAP.length ? 3 : 2;
  const months = MONTHS.map((_, index) => daysOf(year, index, calendar));
  const blocks = months.map((days, index) => monthBlock(days, MONTHS[index] ?? '', calendar));
  return [
    ...heading(year, months.flat(), calendar),
    '',
    ...inRows(blocks, across).flatMap((row) => [...besideEachOther(row), '']),
    `${MARKS.holiday} public holiday   ${MARKS.workday} worked for a holiday   other Sa, Su are off`,
    ...holidayTable(months.flat(), calendar),
  ].map((line) => line.trimEnd());
}

function daysOf(year: number, month: number, calendar: ChineseCalendar): Day[] {
  const firstMs = Date.UTC(year, month, 1);
  const count = Math.round((Date.UTC(year, month + 1, 1) - firstMs) / DAY_MS);
  return Array.from({ length: count }, (_, index) => {
    const iso = new Date(firstMs + index * DAY_MS).toISOString().slice(0, 10);
    const weekday = (new Date(`${iso}T00:00:00Z`).getUTCDay() + 6) % 7;
    return { iso, date: index + 1, weekday, isWorkday: isWorkday(iso, year, calendar) };
  });
}

/** As deadlines count: of a year that is not published, plain weekdays (GEN-1). */
const isWorkday = (iso: string, year: number, calendar: ChineseCalendar): boolean =>
  isPublished(year, calendar) ? calendar.isWorkday(iso) : !isWeekend(iso);

const isPublished = (year: number, { coveredYears }: ChineseCalendar): boolean =>
  coveredYears.from <= year && year <= coveredYears.to;

const workdaysOf = (days: Day[]): number => days.filter((day) => day.isWorkday).length;

function heading(year: number, days: Day[], calendar: ChineseCalendar): string[] {
  const { from, to } = calendar.coveredYears;
  const published = isPublished(year, calendar);
  const warning = published ? [] : ['Plain weekdays are counted, and every deadline over them is provisional.'];
  const lastWeek = year === to ? [`The last week of December is settled only with the schedule of ${year + 1}.`] : [];
  return [
    `${year}: ${workdaysOf(days)} working days of ${days.length} days; ${published ? 'published' : 'NOT PUBLISHED'}`,
    ...warning,
    ...lastWeek,
    `Calendar: ${calendar.version}, years ${from} to ${to}`,
  ];
}

/** A month: its name and working days, the weekdays, and its weeks. */
function monthBlock(days: Day[], name: string, calendar: ChineseCalendar): string[] {
  const count = `${workdaysOf(days)} working days`;
  const weeks: string[][] = [];
  for (const day of days) {
    if (weeks.length === 0 || day.weekday === 0) weeks.push(WEEKDAYS.map(() => ' '.repeat(CELL)));
    const week = weeks.at(-1);
    if (week !== undefined) week[day.weekday] = cell(day, calendar);
  }
  return [
    name + padStart(count, MONTH - widthOf(name)),
    WEEKDAYS.map((weekday) => padEnd(weekday, CELL)).join(''),
    ...weeks.map((week) => week.join('')),
  ];
}

function cell({ iso, date }: Day, calendar: ChineseCalendar): string {
  const special = calendar.specialDay(iso);
  return padEnd(padStart(String(date), 2) + (special === undefined ? '' : MARKS[special.kind]), CELL);
}

function inRows(blocks: string[][], across: number): string[][][] {
  const rows = Array.from({ length: blocks.length / across }, (_, row) => row * across);
  return rows.map((first) => blocks.slice(first, first + across));
}

function besideEachOther(blocks: string[][]): string[] {
  const height = Math.max(...blocks.map((block) => block.length));
  return Array.from({ length: height }, (_, line) => blocks.map((block) => padEnd(block[line] ?? '', MONTH)).join(GAP));
}

/** The holidays by name: when they are, how many days, and which days are worked for them. */
function holidayTable(days: Day[], calendar: ChineseCalendar): string[] {
  const named = new Map<string, { off: Day[]; worked: Day[] }>();
  for (const day of days) {
    const special = calendar.specialDay(day.iso);
    if (special === undefined) continue;
    const holiday = named.get(special.name) ?? { off: [], worked: [] };
    holiday[special.kind === 'holiday' ? 'off' : 'worked'].push(day);
    named.set(special.name, holiday);
  }
  if (named.size === 0) return [];
  const firstOff = ({ off }: { off: Day[] }) => off[0]?.iso ?? '';
  const inOrder = [...named].sort(([, a], [, b]) => firstOff(a).localeCompare(firstOff(b)));
  const rows = inOrder.map(([name, { off, worked }]) => [
    name,
    String(off.length),
    rangesOf(off).join(', '),
    worked.map((day) => `${day.iso.slice(5)} ${WEEKDAYS[day.weekday]}`).join(', '),
  ]);
  return ['', ...aligned([['Holiday', 'Days', 'Off', 'Worked for it'], ...rows])];
}

/** Days in a row as `02-15 to 02-23`, single ones as they are. */
function rangesOf(days: Day[]): string[] {
  const runs: Day[][] = [];
  for (const day of days) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run === undefined || last === undefined || Date.parse(day.iso) - Date.parse(last.iso) > DAY_MS)
      runs.push([day]);
    else run.push(day);
  }
  return runs.map((run) => {
    const [first, last] = [run[0]?.iso.slice(5) ?? '', run.at(-1)?.iso.slice(5) ?? ''];
    return first === last ? first : `${first} to ${last}`;
  });
}

function aligned(rows: string[][]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? '')))) ?? [];
  return rows.map((row) => row.map((text, column) => padEnd(text, widths[column] ?? 0)).join('  '));
}
