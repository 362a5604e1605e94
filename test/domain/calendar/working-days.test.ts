import { chineseCalendar } from '../../../activities/calendar';
import { deadlineAfter, type HolidayCalendar, workingDayDeadline } from '../../../domain/calendar/working-days';

const calendar = chineseCalendar();

/** The deadline as it reads in Shanghai; 24:00 of a day is 00:00 of the next. */
function deadline(from: string, days: number): { at: string; provisional: boolean } {
  const { atMs, provisional } = workingDayDeadline(Date.parse(from), days, calendar);
  return { at: `${new Date(atMs + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`, provisional };
}

describe('GEN-1: n working days end at 24:00 in Shanghai of the n-th one after the day of the instant', () => {
  test.each([
    {
      // Mid-Autumn and National Day: Fri 29 Sep – Fri 6 Oct off; Sat 7 (1st) and Sun 8 (2nd) worked; Mon 9 (3rd).
      from: '2023-09-28T10:00:00+08:00',
      days: 3,
      at: '2023-10-10T00:00:00+08:00',
    },
    {
      // Fri 9 Feb, New Year's Eve, was no public holiday in 2024 (1st); 10–17 off; Sun 18 worked (2nd); Mon 19 (3rd).
      from: '2024-02-08T18:30:00+08:00',
      days: 3,
      at: '2024-02-20T00:00:00+08:00',
    },
    {
      // Sat 25 Jan off; Sun 26 worked (1st); Mon 27 (2nd); Spring Festival 28 Jan – 4 Feb; Wed 5 Feb (3rd).
      from: '2025-01-24T15:00:00+08:00',
      days: 3,
      at: '2025-02-06T00:00:00+08:00',
    },
    {
      // Tue 30 Sep (1st); 1–8 Oct off; Thu 9, Fri 10, worked Sat 11 (4th); Sun 12 off; Mon 13, Tue 14, Wed 15 (7th).
      from: '2025-09-29T09:00:00+08:00',
      days: 7,
      at: '2025-10-16T00:00:00+08:00',
    },
    {
      // Sat 14 Feb worked (1st); Spring Festival Sun 15 – Mon 23; Tue 24 (2nd).
      from: '2026-02-13T12:00:00+08:00',
      days: 2,
      at: '2026-02-25T00:00:00+08:00',
    },
    {
      // 1–7 Oct off; Thu 8 (1st), Fri 9 (2nd), Sat 10 worked (3rd).
      from: '2026-09-30T23:59:59.999+08:00',
      days: 3,
      at: '2026-10-11T00:00:00+08:00',
    },
    {
      // Asked in the middle of a holiday: Dragon Boat Fri 19 – Sun 21 Jun 2026; Mon 22 is the 1st.
      from: '2026-06-20T08:00:00+08:00',
      days: 1,
      at: '2026-06-23T00:00:00+08:00',
    },
    {
      // No holiday near: Thu 17, Fri 18, (weekend), Mon 21, Tue 22, Wed 23.
      from: '2024-10-16T00:00:00+08:00',
      days: 5,
      at: '2024-10-24T00:00:00+08:00',
    },
  ])('$days from $from: $at', ({ from, days, at }) => {
    expect(deadline(from, days)).toEqual({ at, provisional: false });
  });

  test('the day of the instant is Shanghai’s, whatever the server’s zone: it begins at 16:00 UTC', () => {
    // Still Friday 10 May 2024: Saturday 11 was worked for the May holiday and is the 1st.
    expect(deadline('2024-05-10T15:59:59.999Z', 1).at).toBe('2024-05-12T00:00:00+08:00');
    // Already Saturday 11: Sunday is off, Monday 13 is the 1st.
    expect(deadline('2024-05-10T16:00:00.000Z', 1).at).toBe('2024-05-14T00:00:00+08:00');
  });
});

describe('GEN-1: holidays not yet published are not guessed silently', () => {
  test('over the end of the published years plain weekdays count, and the deadline is provisional', () => {
    // Thu 31 Dec (1st); Fri 1 Jan 2027 counts as a plain weekday (2nd); weekend; Mon 4 (3rd).
    expect(deadline('2026-12-30T12:00:00+08:00', 3)).toEqual({ at: '2027-01-05T00:00:00+08:00', provisional: true });
  });

  test('wholly beyond them too', () => {
    // Fri 1 Oct 2027 counts as a plain weekday.
    expect(deadline('2027-09-30T12:00:00+08:00', 1)).toEqual({ at: '2027-10-02T00:00:00+08:00', provisional: true });
  });

  test('the last week of the last published year waits for the next schedule, which may move its days', () => {
    // Mon 21 – Thu 24 Dec 2026 are settled; Fri 25 is within a week of a year not published.
    expect(deadline('2026-12-20T12:00:00+08:00', 4)).toEqual({ at: '2026-12-25T00:00:00+08:00', provisional: false });
    expect(deadline('2026-12-20T12:00:00+08:00', 5)).toEqual({ at: '2026-12-26T00:00:00+08:00', provisional: true });
    // As it did: Sat 29 Dec 2018 was worked, Mon 31 off, for the New Year of 2019; Wed 2 Jan is the 3rd.
    expect(deadline('2018-12-27T12:00:00+08:00', 3).at).toBe('2019-01-03T00:00:00+08:00');
  });

  test('once they are published the same deadline is recomputed with them', () => {
    const extended: HolidayCalendar = {
      version: 'next',
      coveredYears: { from: 2004, to: 2027 },
      isWorkday: (day) => day !== '2027-01-01' && calendar.isWorkday(day),
    };
    expect(workingDayDeadline(Date.parse('2026-12-30T12:00:00+08:00'), 3, extended)).toEqual({
      atMs: Date.parse('2027-01-06T00:00:00+08:00'),
      calendarVersion: 'next',
      provisional: false,
    });
  });

  test('the deadline names the calendar it came from', () => {
    expect(workingDayDeadline(0, 1, calendar).calendarVersion).toMatch(
      /^chinese-days \d+\.\d+\.\d+ \+ [\w.-]+ \([0-9a-f]{8}\)$/,
    );
    expect(calendar.coveredYears).toEqual({ from: 2004, to: 2026 });
  });
});

describe('GEN-1: deadlineAfter', () => {
  const from = Date.parse('2023-09-28T10:00:00+08:00');

  test('n days are n × 24 hours from the instant, over any holiday', () => {
    expect(deadlineAfter(from, { kind: 'elapsed', ms: 5 * 86_400_000 }, calendar)).toEqual({
      atMs: Date.parse('2023-10-03T10:00:00+08:00'),
      calendarVersion: calendar.version,
      provisional: false,
    });
  });

  test('n working days ask the calendar', () => {
    const duration = { kind: 'workingDays', days: 3 } as const;
    expect(deadlineAfter(from, duration, calendar)).toEqual(workingDayDeadline(from, 3, calendar));
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('%p working days are refused', (days) => {
    expect(() => workingDayDeadline(from, days, calendar)).toThrow(RangeError);
  });
});
