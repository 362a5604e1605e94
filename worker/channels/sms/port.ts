import type { Language } from '../../../domain/notifications/events';
import type { Outcome } from '../sender';

/** A short message for one telephone. */
export type Sms = {
  /** Of the message it brings; the same at every attempt. */
  messageId: string;
  /** E.164 */
  phone: string;
  language: Language;
  /** What happened, in a line. */
  title: string;
  /** The whole of it, for services that take any text. */
  text: string;
};

/** An SMS service. It never rejects: whatever happens is an outcome. */
export type SmsPort = { send(sms: Sms): Promise<Outcome> };

/** Longer than a service takes that answers at all. */
export const ANSWER_WITHIN_MS = 10_000;

/** In place of an SMS service where none is configured: every SMS is skipped, and listed as that. */
export const noSms: SmsPort = {
  send: async () => ({ result: 'skipped', error: 'No SMS service is configured.' }),
};

/** Node's and undici's words for a connection that was never made: nothing was asked of the service. */
const NEVER_CONNECTED =
  /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|connect ETIMEDOUT)\b/;

/** The outcome of a request that was not answered: only one that was never made is sure not to have arrived. */
export function unanswered(error: unknown): Outcome {
  const words = wordsOf(error);
  if (NEVER_CONNECTED.test(words)) return { result: 'unavailable', error: words };
  return { result: 'unknown', error: words };
}

/** An error's message and code, and those of its causes. */
function wordsOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const message = 'message' in error && typeof error.message === 'string' ? error.message : String(error);
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  const cause = 'cause' in error && error.cause != null ? `: ${wordsOf(error.cause)}` : '';
  return `${message}${code}${cause}`;
}
