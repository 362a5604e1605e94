import { DAY_MS } from '../policies/duration';
import type { Unit } from '../products/kinds';

/** What a price is for, e.g. 3 months; `time` has no end. */
export type Span = { amount: number; unit: Unit };

/** What an order bought of an instance: a span from an instant on (epoch ms), or from the end of what runs then. */
export type Grant = { orderId: string; span: Span; fromMs: number };

/** Asia/Shanghai has had no summer time since 1991: a fixed UTC+8. */
const SHANGHAI_MS = 8 * 3_600_000;
const HOUR_MS = 3_600_000;

/**
 * The same time of day in Shanghai, whole months later (INS-4): bought on 1 February for a month → 1 March. Where that
 * month has no such day it is the month's last one: 31 January → 28 or 29 February.
 * @param fromMs epoch ms
 * @param months whole months, 12 a year
 */
export function monthsAfter(fromMs: number, months: number): number {
  const local = new Date(fromMs + SHANGHAI_MS);
  const month = local.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(local.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const day = Math.min(local.getUTCDate(), lastDay);
  const timeOfDay = (fromMs + SHANGHAI_MS) % DAY_MS;
  return Date.UTC(local.getUTCFullYear(), month, day) + ((timeOfDay + DAY_MS) % DAY_MS) - SHANGHAI_MS;
}

/**
 * Months are counted from where they began, not from one end to the next: 31 January, renewed month by month, ends on
 * 28 February, 31 March, 30 April.
 */
type Term = { anchorMs: number; months: number };

const endOf = ({ anchorMs, months }: Term): number => monthsAfter(anchorMs, months);

/** A term by so much longer; null where it has no end. */
function extended(term: Term, { amount, unit }: Span): Term | null {
  switch (unit) {
    case 'year':
      return { ...term, months: term.months + 12 * amount };
    case 'month':
      return { ...term, months: term.months + amount };
    case 'day':
      return { anchorMs: endOf(term) + amount * DAY_MS, months: 0 };
    case 'hour':
      return { anchorMs: endOf(term) + amount * HOUR_MS, months: 0 };
    case 'time':
      return null;
  }
}

/**
 * When what was bought ends (INS-4). What is bought while the instance runs is added at its end; what is bought after
 * it has ended counts from when it was bought.
 * @param grants in the order in which they were bought
 * @returns epoch ms; null where it has no end
 */
export function expiryOf(grants: readonly Grant[]): number | null {
  let term: Term | null = null;
  for (const { span, fromMs } of grants) {
    const runs: Term = term === null || endOf(term) <= fromMs ? { anchorMs: fromMs, months: 0 } : term;
    term = extended(runs, span);
    if (term === null) return null;
  }
  return term === null ? null : endOf(term);
}

/** An instant as the protocol writes it (INS-4): `yyyy-MM-dd HH:mm:ss` in Shanghai. */
export const protocolTime = (atMs: number): string =>
  new Date(atMs + SHANGHAI_MS).toISOString().slice(0, 19).replace('T', ' ');
