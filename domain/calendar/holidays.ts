import { z } from 'zod';

/** A day that is no plain day: a public holiday, or a weekend's day that is worked for one (调休). */
export type SpecialDay = { kind: 'holiday' | 'workday'; name: string };

/**
 * Holidays of our own, which extend those of the package. A year that is named is named in full, and then the package
 * is not asked about it.
 */
export type Holidays = {
  version: string;
  /** The years that are named. */
  years: number[];
  /** The special days of those years by `YYYY-MM-DD`, those in the December before included. */
  days: Map<string, SpecialDay>;
};

const names = z.record(z.iso.date('is not a day'), z.string().trim().min(1, 'needs a name').max(40));
const file = z.strictObject({
  version: z.string().regex(/^[\w.-]{1,40}$/, 'must be a word of letters, digits, dots and dashes'),
  years: z.record(z.string().regex(/^\d{4}$/, 'is not a year'), z.strictObject({ holidays: names, workdays: names })),
});

/**
 * Reads a file of holidays: `{version, years: {"2027": {holidays: {"2027-01-01": "元旦"}, workdays: {…}}}}`.
 * @throws Error naming everything that is wrong with it, for the process must then not start (GEN-1)
 */
export function parseHolidays(content: unknown): Holidays {
  const result = file.safeParse(content);
  if (!result.success) {
    throw unusable(result.error.issues.map((issue) => `${issue.path.join(' › ') || 'holidays'}: ${wordsOf(issue)}`));
  }
  const days = new Map<string, SpecialDay>();
  const problems: string[] = [];
  for (const [year, schedule] of Object.entries(result.data.years)) {
    if (Object.keys(schedule.holidays).length === 0) {
      problems.push(`${year}: has no holidays; leave the year out until its schedule is published`);
    }
    for (const [kind, named] of [
      ['holiday', schedule.holidays],
      ['workday', schedule.workdays],
    ] as const) {
      for (const [day, name] of Object.entries(named)) {
        const wrong = faultOf(day, kind, year) ?? clashOf(days.get(day), kind);
        if (wrong === null) days.set(day, { kind, name });
        else problems.push(`${year} › ${kind}s › ${day}: ${wrong}`);
      }
    }
  }
  if (problems.length > 0) throw unusable(problems);
  return { version: result.data.version, years: Object.keys(result.data.years).map(Number), days };
}

/** A schedule names days of its own year, and of the last week before it: New Year moves those, too. */
function faultOf(day: string, kind: SpecialDay['kind'], year: string): string | null {
  const belongs = day.startsWith(year) || (day >= `${Number(year) - 1}-12-25` && day < `${year}-01-01`);
  if (!belongs) return `is neither in ${year} nor in the week before it`;
  if (kind === 'workday' && !isWeekend(day)) return 'is no Saturday or Sunday: it is worked anyway';
  return null;
}

const clashOf = (known: SpecialDay | undefined, kind: SpecialDay['kind']): string | null =>
  known === undefined || known.kind === kind ? null : `is named as a ${known.kind}, too`;

/** Of a key that is wrong zod says only that; why is said by the issue inside. */
const wordsOf = (issue: z.core.$ZodIssue): string =>
  (issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined) ?? issue.message;

const unusable = (problems: string[]) =>
  new Error(`The holidays are not usable:\n${problems.map((line) => `  ${line}`).join('\n')}`);

/** Whether a day, `YYYY-MM-DD`, is a Saturday or a Sunday. */
export function isWeekend(day: string): boolean {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return weekday === 0 || weekday === 6;
}
