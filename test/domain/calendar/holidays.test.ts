import { chineseCalendar } from '../../../activities/calendar';
import { loadHolidays } from '../../../config/calendar';
import { parseHolidays } from '../../../domain/calendar/holidays';
import { workingDayDeadline } from '../../../domain/calendar/working-days';

// No year here is a real schedule: tests make up what the State Council has not published.
const MADE_UP = {
  version: '2027-test',
  years: {
    '2027': {
      holidays: { '2027-01-01': '元旦', '2026-12-31': '元旦', '2027-10-01': '国庆节' },
      workdays: { '2026-12-26': '元旦', '2027-10-09': '国庆节' },
    },
  },
};
const year = (name: string, changes: Record<string, unknown>) => ({
  version: '1',
  years: { [name]: { holidays: { [`${name}-10-01`]: '国庆节' }, workdays: {}, ...changes } },
});

const extended = chineseCalendar(parseHolidays(MADE_UP));
const published = chineseCalendar();
const deadline = (from: string, days: number, calendar = extended) => {
  const { atMs, provisional } = workingDayDeadline(Date.parse(from), days, calendar);
  return { at: new Date(atMs).toISOString(), provisional };
};

describe('GEN-1: a file of our own extends the package’s calendar', () => {
  test('the committed one names no year: nothing is made up', () => {
    expect(loadHolidays({ CALENDAR_FILE: undefined })).toMatchObject({ years: [] });
    expect(published.coveredYears.to).toBe(2026);
  });

  test('a year that it names is covered, in its own words', () => {
    expect(extended.coveredYears).toEqual({ from: 2004, to: 2027 });
    expect(extended.isWorkday('2027-10-01')).toBe(false);
    expect(extended.isWorkday('2027-10-09')).toBe(true);
    expect(extended.specialDay('2027-10-01')).toEqual({ kind: 'holiday', name: '国庆节' });
    expect(extended.isWorkday('2027-02-09')).toBe(true);
    expect(extended.isWorkday('2027-02-07')).toBe(false);
  });

  test('its New Year moves days of the December before', () => {
    // Thu 31 Dec off, Fri 1 Jan off, weekend, Mon 4 Jan is the 1st; the Saturday before was worked.
    expect(deadline('2026-12-30T10:00:00+08:00', 1)).toEqual({ at: '2027-01-04T16:00:00.000Z', provisional: false });
    expect(deadline('2026-12-25T10:00:00+08:00', 1)).toEqual({ at: '2026-12-26T16:00:00.000Z', provisional: false });
    expect(deadline('2026-12-25T10:00:00+08:00', 1, published).provisional).toBe(true);
  });

  test('where it names a year that the package has, too, it wins for that year, and for no other', () => {
    const corrected = chineseCalendar(parseHolidays(year('2026', { workdays: { '2026-10-11': '国庆节' } })));
    // Worked on Sunday 11 instead of Saturday 10, and Spring Festival is not named at all.
    const days = ['2026-10-10', '2026-10-11', '2026-02-17'];
    expect(days.map(corrected.isWorkday)).toEqual([false, true, true]);
    expect(days.map(published.isWorkday)).toEqual([true, false, false]);
    expect(corrected.isWorkday('2025-10-11')).toBe(published.isWorkday('2025-10-11'));
    expect(corrected.coveredYears).toEqual(published.coveredYears);
  });

  test('the version names both, and changes with every change of the file', () => {
    const versionOf = (content: unknown) => chineseCalendar(parseHolidays(content)).version;
    expect(extended.version).toMatch(/^chinese-days \d+\.\d+\.\d+ \+ 2027-test \([0-9a-f]{8}\)$/);
    expect(versionOf(MADE_UP)).toBe(extended.version);
    expect(versionOf({ ...MADE_UP, version: '2027-test2' })).not.toBe(extended.version);
    const versionForgotten = { ...MADE_UP, years: { '2027': { ...MADE_UP.years['2027'], workdays: {} } } };
    expect(versionOf(versionForgotten)).not.toBe(extended.version);
  });
});

describe('GEN-1: holidays that cannot be meant are refused, and what is wrong is said', () => {
  test.each<[string, unknown, string]>([
    ['nothing', null, 'holidays:'],
    ['no version', { years: {} }, 'version:'],
    ['a version that is none', { version: 'as of today', years: {} }, 'version: must be a word'],
    ['no years', { version: '1' }, 'years:'],
    ['something else beside', { version: '1', years: {}, note: '' }, 'holidays: Unrecognized key: "note"'],
    ['a year that is none', year('27', {}), 'years › 27: is not a year'],
    ['a year without workdays', { version: '1', years: { '2027': { holidays: {} } } }, 'years › 2027 › workdays:'],
    ['a year without holidays', year('2027', { holidays: {} }), '2027: has no holidays; leave the year out'],
    ['a day that is none', year('2027', { holidays: { '2027-02-29': '春节' } }), '2027-02-29: is not a day'],
    ['a day badly written', year('2027', { holidays: { '2027-2-9': '春节' } }), '2027-2-9: is not a day'],
    ['a day without a name', year('2027', { holidays: { '2027-01-01': ' ' } }), '2027-01-01: needs a name'],
    [
      'a day of another year',
      year('2027', { holidays: { '2028-01-01': '元旦' } }),
      '2027 › holidays › 2028-01-01: is neither in 2027 nor in the week before it',
    ],
    ['a day long before the year', year('2027', { workdays: { '2026-12-20': '元旦' } }), 'is neither in 2027'],
    [
      'a worked day that is worked anyway',
      year('2027', { workdays: { '2027-10-08': '国庆节' } }),
      '2027 › workdays › 2027-10-08: is no Saturday or Sunday',
    ],
    [
      'a day off and worked',
      year('2027', { holidays: { '2027-10-09': '国庆节' }, workdays: { '2027-10-09': '国庆节' } }),
      '2027 › workdays › 2027-10-09: is named as a holiday, too',
    ],
  ])('%s', (_, content, fault) => {
    expect(() => parseHolidays(content)).toThrow('The holidays are not usable:');
    expect(() => parseHolidays(content)).toThrow(fault);
  });

  test('two schedules that contradict each other about the days between the years', () => {
    const content = {
      version: '1',
      years: {
        '2026': { holidays: { '2026-12-26': '中秋' }, workdays: {} },
        '2027': MADE_UP.years['2027'],
      },
    };
    expect(() => parseHolidays(content)).toThrow('2027 › workdays › 2026-12-26: is named as a holiday, too');
  });

  test('everything that is wrong is named at once', () => {
    const content = year('2027', { workdays: { '2027-10-08': '国庆节', '2029-10-06': '国庆节' } });
    expect(() => parseHolidays(content)).toThrow(/2027-10-08[\s\S]*2029-10-06/);
  });

  test('a gap between the years: the one between would have to be guessed', () => {
    expect(() => chineseCalendar(parseHolidays(year('2028', {})))).toThrow(
      'The holidays of 2028 are named, but those of 2027 are not',
    );
  });
});
