import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chineseCalendar } from '../../activities/calendar';
import { parseHolidays } from '../../domain/calendar/holidays';
import { projectRoot } from '../../scripts/parts/root';
import { widthOf, yearTable } from '../../scripts/parts/year-table';

const calendar = chineseCalendar();
const table = (year: number, columns = 80, of = calendar) => yearTable(year, of, columns).join('\n');

describe('GEN-1: a year can be looked at as a table', () => {
  test('February 2026: Spring Festival off, two Saturdays worked, sixteen working days', () => {
    expect(table(2026)).toContain(
      [
        'January             21 working days   February            16 working days',
        'Mo   Tu   We   Th   Fr   Sa   Su      Mo   Tu   We   Th   Fr   Sa   Su',
        '                1休  2休  3休  4班                                   1',
        ' 5    6    7    8    9   10   11       2    3    4    5    6    7    8',
        '12   13   14   15   16   17   18       9   10   11   12   13   14班 15休',
        '19   20   21   22   23   24   25      16休 17休 18休 19休 20休 21休 22休',
        '26   27   28   29   30   31           23休 24   25   26   27   28班',
      ].join('\n'),
    );
  });

  test('the holidays by their Chinese names, in order, with the days that are worked for them', () => {
    expect(table(2025)).toContain(
      [
        'Holiday  Days  Off                             Worked for it',
        '元旦     1     01-01',
        '春节     8     01-28 to 02-04                  01-26 Su, 02-08 Sa',
        '清明     3     04-04 to 04-06',
        '劳动节   5     05-01 to 05-05                  04-27 Su',
        '端午     3     05-31 to 06-02',
        '国庆节   7     10-01 to 10-05, 10-07 to 10-08  09-28 Su, 10-11 Sa',
        '中秋     1     10-06',
      ].join('\n'),
    );
  });

  test.each([
    [2023, '2023: 249 working days of 365 days; published'],
    [2024, '2024: 251 working days of 366 days; published'],
    [2025, '2025: 248 working days of 365 days; published'],
    [2026, '2026: 248 working days of 365 days; published'],
  ])('%i has as many working days as its months', (year, heading) => {
    const text = table(year);
    expect(text.split('\n')[0]).toBe(heading);
    const ofMonths = [...text.matchAll(/(?<!: )\b(\d+) working days(?! of)/g)].map(([, n]) => Number(n));
    expect(ofMonths).toHaveLength(12);
    expect(heading).toContain(`: ${ofMonths.reduce((sum, n) => sum + n, 0)} working`);
  });

  test('it says by which calendar, and that the last week of the last published year is not settled', () => {
    expect(table(2026)).toContain(`Calendar: ${calendar.version}, years 2004 to 2026`);
    expect(table(2026)).toContain('The last week of December is settled only with the schedule of 2027.');
    expect(table(2025)).not.toContain('is settled only');
  });

  test('a year that is not published is shown as plain weekdays, and says so', () => {
    const text = table(2027);
    expect(text).toContain('2027: 261 working days of 365 days; NOT PUBLISHED');
    expect(text).toContain('every deadline over them is provisional');
    expect(text).not.toContain('Worked for it');
  });

  test('a year of our own file', () => {
    const schedule = { holidays: { '2027-10-01': '国庆节' }, workdays: { '2027-10-09': '国庆节' } };
    const extended = chineseCalendar(parseHolidays({ version: 'test', years: { '2027': schedule } }));
    expect(table(2027, 80, extended)).toContain('国庆节   1     10-01  10-09 Sa');
    expect(table(2027, 80, extended)).toContain('2027: 261 working days of 365 days; published');
  });

  test.each([
    [80, 80],
    [111, 111],
    [40, 80],
  ])('no line is wider than a terminal of %i columns, or 80', (columns, most) => {
    for (const year of [2023, 2024, 2025, 2026, 2027]) {
      for (const line of yearTable(year, calendar, columns)) expect(widthOf(line)).toBeLessThanOrEqual(most);
    }
  });

  test('every day is below its weekday, whatever wide characters are to the left of it', () => {
    const lines = table(2026, 120)
      .split('\n')
      .map((line) => line.replace(/[休班]/g, '##'));
    const weekdays = lines.find((line) => line.startsWith('Mo')) ?? '';
    const ends = [...weekdays.matchAll(/\w\w/g)].map(({ index }) => index + 2);
    const weeks = lines.filter((line) => /^[\d# ]+$/.test(line) && line !== '');
    expect([ends.length, weeks.length]).toEqual([21, 23]);
    for (const week of weeks) {
      for (const { 0: date, index } of week.matchAll(/\d+/g)) expect(ends).toContain(index + date.length);
    }
  });

  test('Chinese characters take two columns', () => {
    expect(['春节', '2月, Su', 'a（'].map(widthOf)).toEqual([4, 7, 3]);
  });
});

describe('npm run calendar', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'calendar-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  function run(args: string[], env: NodeJS.ProcessEnv = {}) {
    const script = path.join(projectRoot, 'scripts', 'run.mjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, 'scripts/calendar', ...args], {
      env: { PATH: process.env.PATH, ...env },
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  test('this year in Shanghai, unless a year is named', () => {
    const year = new Date(Date.now() + 8 * 3_600_000).getUTCFullYear();
    expect(run([])).toMatchObject({ status: 0, stdout: expect.stringMatching(new RegExp(`^${year}: `)) });
    expect(run(['2024'])).toMatchObject({ status: 0, stdout: `${table(2024)}\n` });
  });

  test('with the holidays of CALENDAR_FILE', () => {
    const file = path.join(folder, 'holidays.json');
    writeFileSync(
      file,
      '{"version": "own", "years": {"2027": {"holidays": {"2027-10-01": "国庆节"}, "workdays": {}}}}',
    );
    expect(run(['2027'], { CALENDAR_FILE: file }).stdout).toContain('260 working days of 365 days; published');
    expect(run(['2027'], { CALENDAR_FILE: folder })).toMatchObject({ status: 1, stdout: '' });
  });

  test.each([['abc'], ['20260'], ['26'], ['2026', '2027']])('%s is no year', (...args) => {
    expect(run(args)).toEqual({
      status: 1,
      stdout: '',
      stderr: 'Usage: npm run calendar -- [year], for example 2026\n',
    });
  });
});
