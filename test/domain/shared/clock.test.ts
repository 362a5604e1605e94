import fc from 'fast-check';
import { type Clock, instantOf, pauseClock, resumeClock, startClock, stoppedClock } from '../../../domain/shared/clock';

/** What the clock shows at an instant. */
const reading = (clock: Clock, nowMs: number) => pauseClock(clock, nowMs).elapsedMs;

describe('GEN-4: clocks that stop and go on are data', () => {
  test('a started clock counts from its instant; a stopped one not at all', () => {
    expect(reading(startClock(100), 130)).toBe(30);
    expect(reading(stoppedClock(), 130)).toBe(0);
  });

  test('a paused clock keeps what it has counted, and going on adds to it', () => {
    const paused = pauseClock(startClock(100), 130);
    expect(reading(paused, 1_000)).toBe(30);
    expect(reading(resumeClock(paused, 500), 560)).toBe(90);
  });

  test('pausing a paused clock and resuming a running one change nothing', () => {
    const paused = pauseClock(startClock(100), 130);
    expect(pauseClock(paused, 170)).toEqual(paused);
    const running = startClock(100);
    expect(resumeClock(running, 170)).toEqual(running);
  });

  test('a clock never runs backwards, should the time given do so', () => {
    expect(pauseClock(startClock(100), 90)).toEqual({ elapsedMs: 0, runningSinceMs: null });
  });

  test('the instant at which it will have counted so much takes the time already counted off', () => {
    const resumed = resumeClock(pauseClock(startClock(100), 130), 500);
    expect(instantOf(resumed, 50)).toBe(520);
    expect(instantOf(pauseClock(resumed, 510), 50)).toBeNull();
  });

  test('whatever the pauses, a clock shows the sum of the times it ran, and its instants agree with that', () => {
    const phases = fc.array(fc.record({ runs: fc.boolean(), forMs: fc.nat(1_000_000) }));
    fc.assert(
      fc.property(phases, fc.nat(1_000_000), (spent, afterMs) => {
        let clock = stoppedClock();
        let nowMs = 0;
        for (const { runs, forMs } of spent) {
          clock = runs ? resumeClock(clock, nowMs) : pauseClock(clock, nowMs);
          nowMs += forMs;
        }
        const ran = spent.reduce((sum, { runs, forMs }) => sum + (runs ? forMs : 0), 0);
        expect(reading(clock, nowMs)).toBe(ran);
        const instant = instantOf(clock, afterMs);
        if (instant !== null)
          expect(pauseClock(clock, Math.max(nowMs, instant)).elapsedMs).toBe(Math.max(ran, afterMs));
      }),
    );
  });
});
