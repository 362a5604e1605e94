import { lookup as nameService } from 'node:dns';
import { type IncomingHttpHeaders, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPublicAddress, whyNotCallable } from '../../domain/webhooks/address';

/** One POST to somebody else's server. */
export type OutboundRequest = { url: string; headers: Record<string, string>; body: string };

/** What was answered (`isCut`: more than is read), or why there is no answer. */
export type OutboundAnswer =
  | { is: 'answered'; status: number; headers: IncomingHttpHeaders; body: string; isCut: boolean }
  | { is: 'refused' | 'timeout' | 'failed'; error: string };

export type OutboundOptions = {
  /** Whether addresses that are not public may be called; if not, they are refused at the moment of connecting. */
  allowPrivate: boolean;
  /** The name service. */
  lookUp?: LookupFunction;
  /** For the whole exchange. */
  timeoutMs: number;
  /** How much of an answer is read. */
  maxBytes: number;
};

/**
 * Posts to servers whose owners we do not know: whatever they do is an answer, and never throws. A redirect is an answer
 * like any other: it is not followed.
 */
export function outboundHttp({ allowPrivate, lookUp = nameService, timeoutMs, maxBytes }: OutboundOptions) {
  const lookup = allowPrivate ? lookUp : publicOnly(lookUp);
  return async ({ url, headers, body }: OutboundRequest): Promise<OutboundAnswer> => {
    const target = new URL(url);
    const refused = whyNotCallable(target, allowPrivate);
    if (refused !== null) return { is: 'refused', error: `The URL ${refused}.` };
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await exchange(target, { headers, body, lookup, signal, maxBytes });
    } catch (error) {
      if (signal.aborted) return { is: 'timeout', error: `No answer within ${timeoutMs / 1_000} seconds.` };
      return { is: 'failed', error: error instanceof Error ? error.message : String(error) };
    }
  };
}

/** The name service, but for private addresses: a name that has any is not called, and the error does not name it. */
function publicOnly(lookUp: LookupFunction): LookupFunction {
  return (hostname, options, answer) =>
    lookUp(hostname, options, (error, found, family) => {
      const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address);
      if (error !== null || addresses.every(isPublicAddress)) answer(error, found, family);
      else answer(new Error(`${hostname} is not on the public internet.`), []);
    });
}

type Exchange = Omit<OutboundRequest, 'url'> & { lookup: LookupFunction; signal: AbortSignal; maxBytes: number };

/**
 * Posts the body; resolves when the answer has ended, or is longer than is read: one that says so is not read at all.
 * An answer that breaks off is none, unless its status and headers are all that was wanted (`maxBytes` 0).
 */
function exchange(target: URL, { headers, body, lookup, signal, maxBytes }: Exchange): Promise<OutboundAnswer> {
  return new Promise((resolve, reject) => {
    const send = target.protocol === 'https:' ? overHttps : overHttp;
    // A connection of its own, made now, so that its address is the one that was looked at.
    const request = send(target, { method: 'POST', headers, lookup, signal, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const answer = (isCut: boolean): OutboundAnswer => {
        const { statusCode: status = 0, headers: answered } = response;
        return { is: 'answered', status, headers: answered, body: Buffer.concat(chunks).toString('utf8'), isCut };
      };
      const cut = () => {
        resolve(answer(true));
        response.destroy();
      };
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) cut();
        else chunks.push(chunk);
      });
      response.once('end', () => resolve(answer(false)));
      response.on('error', (error) => (maxBytes === 0 ? resolve(answer(true)) : reject(error)));
      response.once('close', () => reject(new Error('The answer broke off.')));
      if (maxBytes === 0 || Number(response.headers['content-length'] ?? 0) > maxBytes) cut();
    });
    request.once('error', reject);
    request.end(body);
  });
}
