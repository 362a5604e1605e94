import fc from 'fast-check';
import { monthsAfter, shanghaiClock } from '../../../domain/calendar/shanghai';
import { expiryOf, type Grant, type Span } from '../../../domain/instances/term';

/** An instant in Shanghai. */
const at = (text: string) => Date.parse(`${text.replace(' ', 'T')}+08:00`);
const month = (amount = 1): Span => ({ amount, unit: 'month' });
const bought = (fromMs: number, span: Span): Grant => ({ orderId: 'ord_1', span, fromMs });
const endOf = (...grants: Grant[]) => shanghaiClock(expiryOf(grants) ?? 0);

describe('INS-4: months and years are natural ones, in Shanghai', () => {
  test.each([
    ['2026-02-01 10:30:00', 1, '2026-03-01 10:30:00'],
    ['2026-01-31 10:30:00', 1, '2026-02-28 10:30:00'],
    ['2028-01-31 00:00:00', 1, '2028-02-29 00:00:00'],
    ['2028-02-29 23:59:59', 12, '2029-02-28 23:59:59'],
    ['2026-12-31 00:00:00', 1, '2027-01-31 00:00:00'],
    ['2026-03-31 00:00:00', 1, '2026-04-30 00:00:00'],
    ['2026-11-24 12:00:00', 24, '2028-11-24 12:00:00'],
  ])('bought on %s, %i months later it is %s', (from, months, to) => {
    expect(shanghaiClock(monthsAfter(at(from), months))).toBe(to);
  });

  test('the day is the one of Shanghai, not of UTC', () => {
    // 1 March 07:00 in Shanghai is still 28 February in UTC.
    expect(shanghaiClock(monthsAfter(Date.parse('2026-02-28T23:00:00Z'), 1))).toBe('2026-04-01 07:00:00');
  });

  test('31 January renewed month by month ends on the last days of February and April, and on 31 March', () => {
    const from = at('2026-01-31 08:00:00');
    const ends = [1, 2, 3].map((n) => endOf(...Array.from({ length: n }, () => bought(from, month()))));
    expect(ends).toEqual(['2026-02-28 08:00:00', '2026-03-31 08:00:00', '2026-04-30 08:00:00']);
  });

  test('days and hours are elapsed time; what is bought for once has no end', () => {
    const from = at('2026-02-01 00:00:00');
    expect(endOf(bought(from, { amount: 30, unit: 'day' }))).toBe('2026-03-03 00:00:00');
    expect(endOf(bought(from, { amount: 36, unit: 'hour' }))).toBe('2026-02-02 12:00:00');
    expect(expiryOf([bought(from, { amount: 1, unit: 'time' })])).toBeNull();
  });
});

describe('INS-4: a renewal is added at the end', () => {
  test('while the instance runs nothing of it is lost', () => {
    const grants = [bought(at('2026-02-01 00:00:00'), month()), bought(at('2026-02-10 00:00:00'), month())];
    expect(endOf(...grants)).toBe('2026-04-01 00:00:00');
  });

  test('after it has ended the renewal counts from when it was bought', () => {
    const grants = [bought(at('2026-02-01 00:00:00'), month()), bought(at('2026-03-05 09:00:00'), month())];
    expect(endOf(...grants)).toBe('2026-04-05 09:00:00');
  });

  test('a renewal at the very instant of the end goes on from there', () => {
    const grants = [bought(at('2026-01-31 00:00:00'), month()), bought(at('2026-02-28 00:00:00'), month())];
    expect(endOf(...grants)).toBe('2026-03-28 00:00:00');
  });

  test('whatever is bought ends later than without it, and after it was bought', () => {
    const span = fc.record({
      amount: fc.integer({ min: 1, max: 40 }),
      unit: fc.constantFrom('year' as const, 'month' as const, 'day' as const, 'hour' as const),
    });
    const start = at('2026-01-01 00:00:00');
    const grants = fc
      .array(fc.tuple(span, fc.integer({ min: 0, max: 400 * 86_400_000 })), { minLength: 1, maxLength: 24 })
      .map((list) => list.map(([one, ms]) => bought(start + ms, one)).sort((a, b) => a.fromMs - b.fromMs));
    fc.assert(
      fc.property(grants, (all) => {
        const last = all.at(-1);
        const [before, after] = [expiryOf(all.slice(0, -1)) ?? 0, expiryOf(all) ?? 0];
        expect(after).toBeGreaterThan(Math.max(before, last?.fromMs ?? 0));
      }),
    );
  });

  test('any number of months keeps the time of day, and the day or the last day of its month', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 0, max: 600 }), (fromMs, months) => {
        const [from, to] = [shanghaiClock(fromMs), shanghaiClock(monthsAfter(fromMs, months))];
        expect(to.slice(11)).toBe(from.slice(11));
        const [year = 0, monthOf = 0, day = 0] = to.slice(0, 10).split('-').map(Number);
        const wanted = Number(from.slice(8, 10));
        const lastDay = new Date(Date.UTC(year, monthOf, 0)).getUTCDate();
        expect(day).toBe(Math.min(wanted, lastDay));
        const monthNumber = (text: string) => Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7));
        expect(monthNumber(to) - monthNumber(from)).toBe(months);
      }),
    );
  });
});
