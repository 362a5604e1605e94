import fc from 'fast-check';
import { DAY_MS } from '../../../domain/policies/duration';
import { nextAttempt, pauseOf } from '../../../domain/webhooks/backoff';

const FIRST = Date.parse('2026-11-23T08:00:00Z');
const HOUR_MS = 3_600_000;
const retryForMs = 3 * DAY_MS;
const failureAt = (atMs: number, askedPauseMs: number | null = null) => ({
  firstTriedMs: FIRST,
  atMs,
  retryForMs,
  askedPauseMs,
});

/** All attempts at an event whose receiver never answers, in hours from the first. */
function plan(chance: number): number[] {
  const attempts = [FIRST];
  for (let at = nextAttempt(failureAt(FIRST), chance); at !== null; at = nextAttempt(failureAt(at), chance)) {
    attempts.push(at);
  }
  return attempts.map((at) => Math.round(((at - FIRST) / HOUR_MS) * 100) / 100);
}

describe('MSG-3: retries with backoff for three days', () => {
  test('an event is tried again after 5 s, 5 min, 30 min, 2 h, 5 h, then every 10 h, the last time after exactly three days', () => {
    expect(plan(0)).toEqual([0, 0, 0.08, 0.58, 2.58, 7.58, 17.58, 27.58, 37.58, 47.58, 57.58, 67.58, 72]);
  });

  test('attempts are spread by a tenth of their pause at most, and never earlier than planned', () => {
    const [early, late] = [plan(0), plan(1)];
    expect(late).toHaveLength(early.length);
    for (const [n, hours] of early.entries()) {
      expect(late[n]).toBeGreaterThanOrEqual(hours);
      expect(late[n]).toBeLessThanOrEqual(hours + 1);
    }
  });

  test('attempts that fell into an outage of ours are not made up for: the plan goes on', () => {
    expect(nextAttempt(failureAt(FIRST + 20 * HOUR_MS), 0)).toBe(Date.parse('2026-11-24T11:35:05Z'));
  });

  test('a receiver may ask for a longer pause, a day at most, and not beyond the three days', () => {
    expect(nextAttempt(failureAt(FIRST, 2 * HOUR_MS), 0)).toBe(FIRST + 2 * HOUR_MS);
    expect(nextAttempt(failureAt(FIRST, 1_000), 0)).toBe(FIRST + 5_000);
    expect(nextAttempt(failureAt(FIRST, 30 * DAY_MS), 0)).toBe(FIRST + DAY_MS);
    expect(nextAttempt(failureAt(FIRST + 2.9 * DAY_MS, DAY_MS), 0)).toBe(FIRST + 3 * DAY_MS);
  });

  test('the next attempt is always later and within the time, and there is one as long as there is time', () => {
    const offset = fc.integer({ min: 0, max: 4 * DAY_MS });
    const pause = fc.option(fc.integer({ min: 0, max: 10 * DAY_MS }));
    fc.assert(
      fc.property(offset, pause, fc.double({ min: 0, max: 1, noNaN: true }), (after, asked, chance) => {
        const next = nextAttempt(failureAt(FIRST + after, asked), chance);
        if (after >= retryForMs) return next === null;
        return next !== null && next > FIRST + after && next <= FIRST + retryForMs;
      }),
    );
  });
});

describe('Retry-After', () => {
  test.each([
    ['seconds', '120', 120_000],
    ['none', '0', 0],
    ['a date', 'Mon, 23 Nov 2026 09:00:00 GMT', HOUR_MS],
    ['a date that has passed', 'Mon, 23 Nov 2026 07:00:00 GMT', 0],
    ['a word', 'soon', null],
    ['a negative number', '-5', null],
    ['nothing', undefined, null],
  ])('%s', (_, header, expected) => {
    expect(pauseOf(header, FIRST)).toBe(expected);
  });
});
