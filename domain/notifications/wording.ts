import { shanghaiClock } from '../calendar/shanghai';
import type { MessageEvent, ParamOf } from './events';

/** A message in words: plain text, its parameters put in as they are. Empty paragraphs are left out. */
export type Words = { subject: string; body: string[] };

/** How one language words every event; `param` answers an absent parameter with an empty text. */
export type Wording = { [E in MessageEvent]: (param: (name: ParamOf<E>) => string) => Words };

/** How one language words the events of some objects, which the first part of an event's name names. */
export type WordingOf<Objects extends string> = Pick<Wording, Extract<MessageEvent, `${Objects}.${string}`>>;

/** The word for a code; a code that has none yet is shown as it is. */
export function wordOf(words: Readonly<Record<string, string>>, code: string): string {
  return Object.hasOwn(words, code) ? (words[code] ?? code) : code;
}

/** The words for a comma-separated list of codes. */
export function wordsOf(words: Readonly<Record<string, string>>, codes: string, separator: string): string {
  return codes
    .split(',')
    .map((code) => wordOf(words, code.trim()))
    .join(separator);
}

/** `label` and value, or nothing where there is no value. */
export function labelled(label: string, value: string): string {
  return value === '' ? '' : `${label}${value}`;
}

/** An amount in fen as yuan: `200000` → `¥2,000.00` (GEN-2). */
export function yuan(amountFen: string): string {
  if (!/^\d+$/.test(amountFen)) return amountFen;
  const digits = amountFen.padStart(3, '0');
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');
  return `¥${whole}.${digits.slice(-2)}`;
}

/** An instant as it reads in Shanghai, to the minute (GEN-1): `2026-02-25 00:00`. */
export function shanghaiTime(instant: string): string {
  const ms = Date.parse(instant);
  if (Number.isNaN(ms)) return instant;
  return shanghaiClock(ms).slice(0, 16);
}
