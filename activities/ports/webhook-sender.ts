import { lookup as nameService } from 'node:dns';
import { type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPublicAddress, whyNotCallable } from '../../domain/webhooks/address';

/** One request; its signature covers the body as it is. */
export type WebhookRequest = { url: string; headers: Record<string, string>; body: string };

/** What a receiver answered, or why there is no answer. */
export type WebhookAnswer =
  | { status: number; retryAfter: string | undefined; error: null }
  | { status: null; retryAfter: undefined; error: string };

/** The receivers of webhooks as we need them: whatever they do is an answer, and never throws. */
export type WebhookPort = { send(request: WebhookRequest): Promise<WebhookAnswer> };

/** How long a receiver may take, and how much it may answer: nothing of that is kept. */
const TIMEOUT_MS = 15_000;
const ANSWER_MAX_BYTES = 16 * 1024;

/**
 * Sends events over HTTP. A redirect is an answer like any other: it is not followed.
 * @param allowPrivate whether addresses that are not public may be called; if not, they are refused at the moment of
 *   connecting, whatever the name meant when the endpoint was made
 * @param lookUp the name service
 * @param timeoutMs for the whole exchange
 */
export function webhookSender({
  allowPrivate,
  lookUp = nameService,
  timeoutMs = TIMEOUT_MS,
}: {
  allowPrivate: boolean;
  lookUp?: LookupFunction;
  timeoutMs?: number;
}): WebhookPort {
  const lookup = allowPrivate ? lookUp : publicOnly(lookUp);
  return {
    async send({ url, headers, body }) {
      const target = new URL(url);
      const refused = whyNotCallable(target, allowPrivate);
      if (refused !== null) return noAnswer(`The URL ${refused}.`);
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const { statusCode = 0, headers: answered } = await exchange(target, { headers, body, lookup, signal });
        return { status: statusCode, retryAfter: answered['retry-after'], error: null };
      } catch (error) {
        if (signal.aborted) return noAnswer(`No answer within ${timeoutMs / 1_000} seconds.`);
        return noAnswer(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

const noAnswer = (error: string): WebhookAnswer => ({ status: null, retryAfter: undefined, error });

/** The name service, but for private addresses: a name that has any is not called, and the error does not name it. */
function publicOnly(lookUp: LookupFunction): LookupFunction {
  return (hostname, options, answer) =>
    lookUp(hostname, options, (error, found, family) => {
      const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address);
      if (error !== null || addresses.every(isPublicAddress)) answer(error, found, family);
      else answer(new Error(`${hostname} is not on the public internet.`), []);
    });
}

type Exchange = Pick<WebhookRequest, 'headers' | 'body'> & { lookup: LookupFunction; signal: AbortSignal };

/** Posts the body; resolves when the answer has ended, or is longer than is read. */
function exchange(target: URL, { headers, body, lookup, signal }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = target.protocol === 'https:' ? overHttps : overHttp;
    // A connection of its own, made now, so that its address is the one that was looked at.
    const request = send(target, { method: 'POST', headers, lookup, signal, agent: false }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_MAX_BYTES) response.destroy();
      });
      // The status has come: how the rest of the answer ends changes nothing.
      response.on('error', () => undefined);
      response.once('close', () => resolve(response));
    });
    request.once('error', reject);
    request.end(body);
  });
}
