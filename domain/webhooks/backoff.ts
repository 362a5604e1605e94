import { DAY_MS } from '../policies/duration';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** The pauses between the attempts of an event; the last one repeats. */
const PAUSES_MS = [5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS];
/** How much later than planned an attempt may be made, as a part of its pause: so that receivers are not called all at the same moment. */
const JITTER = 0.1;
/** A receiver may ask for a longer pause, but not for ever. */
const LONGEST_ASKED_MS = DAY_MS;

/** A failed attempt at an instant, for an event that was first tried at another (epoch ms). */
export type Failure = { firstTriedMs: number; atMs: number; retryForMs: number; askedPauseMs: number | null };

/**
 * When a failed event is tried again (MSG-3): after growing pauses, the last time when it has been tried for
 * `retryForMs`; null when that was it. The plan follows from the first attempt alone, so that nothing needs counting.
 * @param chance from 0 to 1, spreads the attempts
 */
export function nextAttempt({ firstTriedMs, atMs, retryForMs, askedPauseMs }: Failure, chance: number): number | null {
  const endsMs = firstTriedMs + retryForMs;
  if (atMs >= endsMs) return null;
  let plannedMs = firstTriedMs;
  let pauseMs = 0;
  for (let n = 0; plannedMs <= atMs; n += 1) {
    pauseMs = PAUSES_MS[Math.min(n, PAUSES_MS.length - 1)] ?? DAY_MS;
    plannedMs += pauseMs;
  }
  const askedMs = atMs + Math.min(askedPauseMs ?? 0, LONGEST_ASKED_MS);
  return Math.min(endsMs, Math.max(plannedMs, askedMs) + Math.round(pauseMs * JITTER * chance));
}

/**
 * The pause that a `Retry-After` header asks for, in milliseconds: seconds, or an HTTP date.
 * @returns null when there is none that can be read
 */
export function pauseOf(retryAfter: string | undefined, nowMs: number): number | null {
  if (retryAfter === undefined) return null;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * SECOND_MS;
  const untilMs = retryAfter.endsWith(' GMT') ? Date.parse(retryAfter) : Number.NaN;
  return Number.isNaN(untilMs) ? null : Math.max(0, untilMs - nowMs);
}
