import { monthsAfter } from '../calendar/shanghai';
import { DAY_MS } from '../policies/duration';
import type { Unit } from '../products/kinds';

/** What a price is for, e.g. 3 months; `time` has no end. */
export type Span = { amount: number; unit: Unit };

/** What an order bought of an instance: a span from an instant on (epoch ms), or from the end of what runs then. */
export type Grant = { orderId: string; span: Span; fromMs: number };

const HOUR_MS = 3_600_000;

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
