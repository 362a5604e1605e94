import { chineseCalendar } from '../../../activities/calendar';
import { workingDayDeadline } from '../../../domain/calendar/working-days';

// The instants were computed by hand, day by day, from the holiday schedules of the State Council as the package has
// them (2026 being the last one published). `why` is that recomputation: every day after the day of the instant, numbered
// where it is worked. The deadline is 24:00 of the last numbered day, and so 00:00 of the day after it.

type Case = { what: string; from: string; days: number; at: string; provisional?: true; why: string };

const CASES: Case[] = [
  {
    what: 'Spring Festival 2023, whose two make-up days are one weekend',
    from: '2023-01-19T11:00:00+08:00',
    days: 4,
    at: '2023-01-31T00:00:00+08:00',
    why: 'Thu 19 Jan is the day. Fri 20 (1); Sat 21 – Fri 27 Spring Festival; Sat 28 (2) and Sun 29 (3) worked for it; Mon 30 (4).',
  },
  {
    what: 'Labour Day 2023, with a Sunday worked before it and a Saturday after it',
    from: '2023-04-21T17:30:00+08:00',
    days: 8,
    at: '2023-05-06T00:00:00+08:00',
    why: 'Fri 21 Apr is the day. Sat 22 off; Sun 23 worked (1); Mon 24 (2), Tue 25 (3), Wed 26 (4), Thu 27 (5), Fri 28 (6); Sat 29 Apr – Wed 3 May off; Thu 4 (7), Fri 5 (8).',
  },
  {
    what: 'Mid-Autumn and National Day 2023 in one',
    from: '2023-09-27T09:00:00+08:00',
    days: 4,
    at: '2023-10-10T00:00:00+08:00',
    why: 'Wed 27 Sep is the day. Thu 28 (1); Fri 29 Sep – Fri 6 Oct off; Sat 7 (2) and Sun 8 (3) worked for it; Mon 9 (4).',
  },
  {
    what: 'New Year 2024, across the end of the year',
    from: '2023-12-28T10:00:00+08:00',
    days: 2,
    at: '2024-01-03T00:00:00+08:00',
    why: 'Thu 28 Dec is the day. Fri 29 (1); Sat 30 and Sun 31 weekend; Mon 1 Jan off; Tue 2 (2). 2024 is published, so nothing is provisional.',
  },
  {
    what: 'Spring Festival 2024, New Year’s Eve of which was a working day, asked on a worked Sunday',
    from: '2024-02-04T12:00:00+08:00',
    days: 7,
    at: '2024-02-20T00:00:00+08:00',
    why: 'Sun 4 Feb, worked, is the day and does not count. Mon 5 (1), Tue 6 (2), Wed 7 (3), Thu 8 (4), Fri 9 (5); Sat 10 – Sat 17 off; Sun 18 worked (6); Mon 19 (7).',
  },
  {
    what: 'Labour Day 2024, asked at the last moment of the day before the worked Sunday',
    from: '2024-04-27T23:59:59.999+08:00',
    days: 4,
    at: '2024-05-07T00:00:00+08:00',
    why: 'Sat 27 Apr is still the day. Sun 28 worked (1); Mon 29 (2), Tue 30 (3); Wed 1 – Sun 5 May off; Mon 6 (4).',
  },
  {
    what: 'the same a millisecond later: the worked Sunday is the day itself',
    from: '2024-04-28T00:00:00.000+08:00',
    days: 4,
    at: '2024-05-08T00:00:00+08:00',
    why: 'Sun 28 Apr is the day now. Mon 29 (1), Tue 30 (2); Wed 1 – Sun 5 May off; Mon 6 (3), Tue 7 (4).',
  },
  {
    what: 'Mid-Autumn 2024, with the worked Saturday before it',
    from: '2024-09-13T16:00:00+08:00',
    days: 7,
    at: '2024-09-26T00:00:00+08:00',
    why: 'Fri 13 Sep is the day. Sat 14 worked (1); Sun 15 – Tue 17 off; Wed 18 (2), Thu 19 (3), Fri 20 (4); weekend 21–22; Mon 23 (5), Tue 24 (6), Wed 25 (7).',
  },
  {
    what: 'Spring Festival 2025, between two make-up days',
    from: '2025-01-24T08:00:00+08:00',
    days: 6,
    at: '2025-02-09T00:00:00+08:00',
    why: 'Fri 24 Jan is the day. Sat 25 off; Sun 26 worked (1); Mon 27 (2); Tue 28 Jan – Tue 4 Feb off; Wed 5 (3), Thu 6 (4), Fri 7 (5); Sat 8 worked (6).',
  },
  {
    what: 'Labour Day 2025, asked on the holiday’s third day',
    from: '2025-05-03T20:00:00+08:00',
    days: 2,
    at: '2025-05-08T00:00:00+08:00',
    why: 'Sat 3 May, a holiday, is the day. Sun 4 and Mon 5 off; Tue 6 (1), Wed 7 (2).',
  },
  {
    what: 'National Day and Mid-Autumn 2025 in one, seven days as the reviews have',
    from: '2025-09-26T18:00:00+08:00',
    days: 7,
    at: '2025-10-14T00:00:00+08:00',
    why: 'Fri 26 Sep is the day. Sat 27 off; Sun 28 worked (1); Mon 29 (2), Tue 30 (3); Wed 1 – Wed 8 Oct off; Thu 9 (4), Fri 10 (5); Sat 11 worked (6); Sun 12 off; Mon 13 (7).',
  },
  {
    what: 'New Year 2026, across the end of the year to a worked Sunday',
    from: '2025-12-30T15:00:00+08:00',
    days: 3,
    at: '2026-01-06T00:00:00+08:00',
    why: 'Tue 30 Dec is the day. Wed 31 (1); Thu 1 – Sat 3 Jan off; Sun 4 worked (2); Mon 5 (3).',
  },
  {
    what: 'Spring Festival 2026, nine days, a worked Saturday on either side',
    from: '2026-02-13T09:00:00+08:00',
    days: 6,
    at: '2026-03-01T00:00:00+08:00',
    why: 'Fri 13 Feb is the day. Sat 14 worked (1); Sun 15 – Mon 23 off; Tue 24 (2), Wed 25 (3), Thu 26 (4), Fri 27 (5); Sat 28 worked (6).',
  },
  {
    what: 'Labour Day 2026, asked on a worked Saturday',
    from: '2026-05-09T23:00:00+08:00',
    days: 1,
    at: '2026-05-12T00:00:00+08:00',
    why: 'Sat 9 May, worked, is the day and does not count. Sun 10 off; Mon 11 (1).',
  },
  {
    what: 'Mid-Autumn and National Day 2026, apart by a few days, with both make-up days',
    from: '2026-09-18T10:00:00+08:00',
    days: 10,
    at: '2026-10-10T00:00:00+08:00',
    why: 'Fri 18 Sep is the day. Sat 19 off; Sun 20 worked (1); Mon 21 (2), Tue 22 (3), Wed 23 (4), Thu 24 (5); Fri 25 – Sun 27 off; Mon 28 (6), Tue 29 (7), Wed 30 (8); Thu 1 – Wed 7 Oct off; Thu 8 (9), Fri 9 (10).',
  },
  {
    what: 'the end of 2026, when 2027 is not published: plain weekdays, and provisional',
    from: '2026-12-29T10:00:00+08:00',
    days: 4,
    at: '2027-01-05T00:00:00+08:00',
    provisional: true,
    why: 'Tue 29 Dec is the day. Wed 30 (1), Thu 31 (2); Fri 1 Jan (3), which will hardly stay a working day: hence provisional; weekend 2–3; Mon 4 (4).',
  },
  {
    what: 'the same instant asked from Berlin, on the evening before',
    from: '2026-12-29T03:00:00+01:00',
    days: 1,
    at: '2026-12-31T00:00:00+08:00',
    provisional: true,
    why: '03:00 in Berlin is 10:00 of Tue 29 Dec in Shanghai. Wed 30 (1): within a week of a year that is not published.',
  },
];

const calendar = chineseCalendar();

describe('GEN-1: working days recomputed by hand over the holidays of 2023 – 2026', () => {
  test.each(CASES)('$what', ({ from, days, at, provisional = false }) => {
    const deadline = workingDayDeadline(Date.parse(from), days, calendar);
    expect({ at: new Date(deadline.atMs).toISOString(), provisional: deadline.provisional }).toEqual({
      at: new Date(at).toISOString(),
      provisional,
    });
  });

  test.each(CASES)('the recomputation says what is expected: $what', ({ why, days, at }) => {
    const numbered = [...why.matchAll(/\((\d+)\)/g)].map(([, n]) => Number(n));
    expect(numbered).toEqual(Array.from({ length: days }, (_, n) => n + 1));
    const [, last = ''] = [...why.matchAll(/(\d+)(?: \w{3})?(?: worked)? \(\d+\)/g)].at(-1) ?? [];
    const dayBefore = new Date(Date.parse(at) - 1 + 8 * 3_600_000).getUTCDate();
    expect(Number(last)).toBe(dayBefore);
  });
});
