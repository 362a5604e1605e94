import { shanghaiDay, startOfShanghaiDay } from '../calendar/shanghai';

/** What an order is searched by (ORD-1): when it was placed, or when it was completed. */
export const TIME_TYPES = ['purchased', 'completed'] as const;
export type TimeType = (typeof TIME_TYPES)[number];

/** The ranges that a search has names for. */
export const PRESETS = ['today', 'yesterday', 'last_7_days', 'last_30_days', 'this_month', 'last_month'] as const;
export type Preset = (typeof PRESETS)[number];

/** A half-open range of instants in epoch milliseconds: the end is not in it. */
export type TimeRange = { fromMs: number; toMs: number };

/**
 * What a named range is at an instant, in days of Asia/Shanghai (ORD-1): the last 7 and 30 days end with today, the
 * whole of it included, and months are those of the calendar.
 * @param nowMs the instant, in epoch milliseconds
 */
export function presetRange(preset: Preset, nowMs: number): TimeRange {
  const { year, month, day } = shanghaiDay(nowMs);
  const days = (from: number, to: number): TimeRange => ({
    fromMs: startOfShanghaiDay({ year, month, day: day + from }),
    toMs: startOfShanghaiDay({ year, month, day: day + to }),
  });
  const monthFrom = (first: number): TimeRange => ({
    fromMs: startOfShanghaiDay({ year, month: first, day: 1 }),
    toMs: startOfShanghaiDay({ year, month: first + 1, day: 1 }),
  });
  switch (preset) {
    case 'today':
      return days(0, 1);
    case 'yesterday':
      return days(-1, 0);
    case 'last_7_days':
      return days(-6, 1);
    case 'last_30_days':
      return days(-29, 1);
    case 'this_month':
      return monthFrom(month);
    case 'last_month':
      return monthFrom(month - 1);
  }
}
