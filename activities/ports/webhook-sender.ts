import type { LookupFunction } from 'node:net';
import { type OutboundRequest, outboundHttp } from './outbound-http';

/** One request; its signature covers the body as it is. */
export type WebhookRequest = OutboundRequest;

/** What a receiver answered, or why there is no answer. */
export type WebhookAnswer =
  | { status: number; retryAfter: string | undefined; error: null }
  | { status: null; retryAfter: undefined; error: string };

/** The receivers of webhooks as we need them: whatever they do is an answer, and never throws. */
export type WebhookPort = { send(request: WebhookRequest): Promise<WebhookAnswer> };

/** How long a receiver may take. Nothing is read of what it answers: the status is all. */
const TIMEOUT_MS = 15_000;
const ANSWER_MAX_BYTES = 0;

/**
 * Sends events over HTTP.
 * @param allowPrivate whether addresses that are not public may be called; if not, they are refused at the moment of
 *   connecting, whatever the name meant when the endpoint was made
 * @param lookUp the name service
 * @param timeoutMs for the whole exchange
 */
export function webhookSender({
  allowPrivate,
  timeoutMs = TIMEOUT_MS,
  ...options
}: {
  allowPrivate: boolean;
  lookUp?: LookupFunction;
  timeoutMs?: number;
}): WebhookPort {
  const post = outboundHttp({ ...options, allowPrivate, timeoutMs, maxBytes: ANSWER_MAX_BYTES });
  return {
    async send(request) {
      const answer = await post(request);
      if (answer.is !== 'answered') return { status: null, retryAfter: undefined, error: answer.error };
      return { status: answer.status, retryAfter: answer.headers['retry-after'], error: null };
    },
  };
}
