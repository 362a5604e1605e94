/** Asia/Shanghai has had no summer time since 1991: a fixed UTC+8 (GEN-1). */
export const SHANGHAI_OFFSET_MS = 8 * 3_600_000;

/** A day of the calendar; `month` runs from 0. Days and months beyond their ends count on, as in `Date.UTC`. */
export type CalendarDay = { year: number; month: number; day: number };

/** The day that it is in Shanghai at an instant (epoch milliseconds). */
export function shanghaiDay(atMs: number): CalendarDay {
  const there = new Date(atMs + SHANGHAI_OFFSET_MS);
  return { year: there.getUTCFullYear(), month: there.getUTCMonth(), day: there.getUTCDate() };
}

/** The instant (epoch milliseconds) at which a day begins in Shanghai. */
export const startOfShanghaiDay = ({ year, month, day }: CalendarDay): number =>
  Date.UTC(year, month, day) - SHANGHAI_OFFSET_MS;

/** An instant as clocks in Shanghai show it, to the second: `2026-02-25 00:00:00`. */
export const shanghaiClock = (atMs: number): string =>
  new Date(atMs + SHANGHAI_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');

const A_DAY_MS = 86_400_000;

/**
 * The same time of day in Shanghai, whole months later (INS-4, RFD-7): bought on 1 February for a month → 1 March. Where that
 * month has no such day it is the month's last one: 31 January → 28 or 29 February.
 * @param fromMs epoch ms
 * @param months whole months, 12 a year
 */
export function monthsAfter(fromMs: number, months: number): number {
  const local = new Date(fromMs + SHANGHAI_OFFSET_MS);
  const month = local.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(local.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const day = Math.min(local.getUTCDate(), lastDay);
  const timeOfDay = (fromMs + SHANGHAI_OFFSET_MS) % A_DAY_MS;
  return Date.UTC(local.getUTCFullYear(), month, day) + ((timeOfDay + A_DAY_MS) % A_DAY_MS) - SHANGHAI_OFFSET_MS;
}

/** When a day in Shanghai (`YYYY-MM-DD`) begins, and when the next one does, in epoch milliseconds. */
export function dayBounds(day: string): { fromMs: number; toMs: number } {
  const fromMs = Date.parse(`${day}T00:00:00+08:00`);
  return { fromMs, toMs: fromMs + A_DAY_MS };
}

/** The day after a day, `YYYY-MM-DD`. */
export const dayAfter = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + A_DAY_MS).toISOString().slice(0, 10);
