/**
 * A stoppable clock as data: how much time has counted so far and since when it counts again.
 * Clocks that pause (frozen deliveries, while the other side has to act) are these, never timers.
 */
export type Clock = { elapsedMs: number; runningSinceMs: number | null };

/** A clock at zero that counts from `nowMs`. */
export const startClock = (nowMs: number): Clock => ({ elapsedMs: 0, runningSinceMs: nowMs });

/** A clock at zero that does not count yet. */
export const stoppedClock = (): Clock => ({ elapsedMs: 0, runningSinceMs: null });

/** Stops the clock and keeps what it has counted; a stopped clock stays as it is. */
export function pauseClock(clock: Clock, nowMs: number): Clock {
  if (clock.runningSinceMs === null) return clock;
  return { elapsedMs: clock.elapsedMs + Math.max(0, nowMs - clock.runningSinceMs), runningSinceMs: null };
}

/** Lets the clock count on from what it had; a running clock stays as it is. */
export function resumeClock(clock: Clock, nowMs: number): Clock {
  return clock.runningSinceMs === null ? { ...clock, runningSinceMs: nowMs } : clock;
}

/** The instant (epoch ms) at which a running clock will have counted `afterMs`; null while it is stopped. */
export function instantOf(clock: Clock, afterMs: number): number | null {
  return clock.runningSinceMs === null ? null : clock.runningSinceMs + (afterMs - clock.elapsedMs);
}
