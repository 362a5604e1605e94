import type { z } from 'zod';

/** A field at fault, by its path, and what is wrong with it. */
export type Fault = { path: string; message: string };

/** What was read of something from outside, or everything that is wrong with its form. */
export type Reading<T> = { isRead: true; data: T } | { isRead: false; faults: Fault[] };

/**
 * Reads what came from outside by its schema; all faults are named at once, in one wording.
 * @param where what the paths begin with, e.g. `body`
 */
export function read<S extends z.ZodType>(schema: S, value: unknown, ...where: string[]): Reading<z.output<S>> {
  const { success, data, error } = schema.safeParse(value, { error: wording });
  if (success) return { isRead: true, data };
  const faults = error.issues.flatMap((issue) => {
    const path = (...further: string[]) => [...where, ...issue.path, ...further].join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: path(key), message: 'is not a known field' }));
    }
    // A rule between fields names what it asks for better than this could.
    const isAbsent = issue.code !== 'custom' && isMissing(value, issue.path);
    return [{ path: path(), message: isAbsent ? 'is required' : issue.message }];
  });
  return { isRead: false, faults };
}

/** The faults of something from outside; none where its schema takes it. */
export function faultsOf(schema: z.ZodType, value: unknown, ...where: string[]): Fault[] {
  const reading = read(schema, value, ...where);
  return reading.isRead ? [] : reading.faults;
}

function isMissing(value: unknown, path: readonly PropertyKey[]): boolean {
  const [first, ...rest] = path;
  if (value === undefined || first === undefined) return value === undefined;
  return isMissing(new Map<PropertyKey, unknown>(Object.entries(value ?? {})).get(String(first)), rest);
}

const TYPES = new Map([
  ['string', 'a string'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'an object'],
  ['record', 'an object'],
]);
const FORMATS = new Map([
  ['email', 'an e-mail address'],
  ['url', 'a URL'],
  ['datetime', 'a time as RFC 3339 has it, with its offset'],
  ['date', 'a date like 2026-01-31'],
  ['regex', 'of the form that the API documentation shows'],
]);
const SIZED = new Map([
  ['string', 'characters'],
  ['array', 'entries'],
]);

/** What a field must be, where its schema has no words of its own. */
const wording: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES.get(issue.expected) ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}`;
    case 'too_big':
      return bounded(issue.origin, issue.maximum, 'most');
    case 'too_small':
      return bounded(issue.origin, issue.minimum, 'least');
    case 'invalid_format':
      return `must be ${FORMATS.get(issue.format) ?? `of the format ${issue.format}`}`;
    case 'invalid_union':
      return `must be ${Array.isArray(issue.options) ? oneOf(issue.options) : 'of a form that the API documentation shows'}`;
    default:
      return 'is not what the API documentation shows';
  }
};

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`;

function bounded(origin: string, limit: number | bigint, end: 'most' | 'least'): string {
  const unit = SIZED.get(origin);
  return unit === undefined ? `must be ${limit} at ${end}` : `must have ${limit} ${unit} at ${end}`;
}
