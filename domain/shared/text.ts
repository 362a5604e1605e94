import { z } from 'zod';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/** As `text`, but may be empty. */
export const words = (max: number) =>
  z
    .string()
    .trim()
    .max(max, `must have ${max} characters at most`)
    .refine((value) => !CONTROL.test(value), 'must not hold control characters')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');

/** Words of a person: trimmed, not empty, `max` characters at most; emoji are welcome, control characters are not. */
export const text = (max: number) => words(max).min(1, 'must not be empty');

/** As `text`, but may be left out. */
export const optionalText = (max: number) => words(max).default('');

/** An id of ours with its prefix. */
export const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}_[0-9A-Za-z_]{1,60}$`), `must be a ${prefix}_ id`);

/** For `refine`: whether a list names nothing twice. */
export const namesNothingTwice = (list: readonly string[]): boolean => new Set(list).size === list.length;
