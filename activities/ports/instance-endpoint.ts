import { createHash, randomInt } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { type Failure, type InstanceAccess, outcomeOf } from '../../domain/instances/answers';
import { whyNoDeliveryUrl } from '../../domain/instances/delivery-url';
import { type CallBody, signedText } from '../../domain/instances/protocol';
import { type OutboundAnswer, outboundHttp } from './outbound-http';

/** One call of the protocol (INS-1). */
export type EndpointCall = { url: string; token: string; body: CallBody };

/** What came of a call; `detail` says it to people, and holds nothing that was sent or answered. */
export type EndpointAnswer =
  | { is: 'created'; signId: string; access: InstanceAccess }
  | { is: 'done' }
  | { is: 'failed'; failure: Failure; detail: string };

/** The providers' servers as we need them: whatever they do is an answer, and never throws. */
export type InstanceEndpointPort = { call(call: EndpointCall): Promise<EndpointAnswer> };

/** INS-1. */
const TIMEOUT_MS = 5_000;
/** An answer is an id, two addresses and a few remarks. */
const ANSWER_MAX_BYTES = 64 * 1024;
/** A random number that every language holds exactly. */
const EVENT_ID_MAX = 2 ** 31;

/**
 * Calls delivery URLs over HTTP (INS-1). Every call is signed anew, with the time of now: its signature is fresh for 30
 * seconds only.
 * @param allowPrivate for development and tests: private addresses, and HTTP without TLS
 * @param now epoch ms, by the real clock
 */
export function instanceEndpoint({
  now = Date.now,
  ...options
}: {
  allowPrivate: boolean;
  lookUp?: LookupFunction;
  now?: () => number;
}): InstanceEndpointPort {
  const post = outboundHttp({ ...options, timeoutMs: TIMEOUT_MS, maxBytes: ANSWER_MAX_BYTES });
  return {
    async call({ url, token, body }) {
      const target = new URL(url);
      const refused = whyNoDeliveryUrl(target, options.allowPrivate);
      if (refused !== null) return failed('address', `The URL ${refused}.`);
      const sent = JSON.stringify(body);
      const headers = {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(sent)),
        accept: 'application/json',
        'user-agent': 'marketplace-instances/1',
      };
      return judge(await post({ url: signed(target, token, now()), headers, body: sent }), body);
    },
  };
}

/** The URL with its signature (INS-1). */
function signed(target: URL, token: string, nowMs: number): string {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const eventId = String(randomInt(1, EVENT_ID_MAX));
  const signature = createHash('sha256')
    .update(signedText(token, timestamp, eventId))
    .digest('hex');
  const url = new URL(target);
  url.search = new URLSearchParams({ signature, timestamp, eventId }).toString();
  return url.href;
}

const failed = (failure: Failure, detail: string): EndpointAnswer => ({ is: 'failed', failure, detail });

const FAILURE_OF = { refused: 'address', timeout: 'timeout', failed: 'unreachable' } as const;

/** What an answer means for the call (INS-2, INS-3, INS-4). */
function judge(answer: OutboundAnswer, { action, echoback }: CallBody): EndpointAnswer {
  if (answer.is !== 'answered') return failed(FAILURE_OF[answer.is], answer.error);
  const { status, isCut, body } = answer;
  if (status >= 300 && status < 400) return failed('redirect', `${status} was answered: redirects are not followed.`);
  if (status < 200 || status >= 300) return failed('status', `${status} was answered: only 2xx is taken.`);
  if (isCut) return failed('too_large', `The answer has more than ${ANSWER_MAX_BYTES} bytes.`);
  const json = parsed(body);
  if (json === undefined) return failed('malformed', 'The answer is not JSON.');
  const outcome = outcomeOf(action, json, typeof echoback === 'string' ? echoback : null);
  switch (outcome.is) {
    case 'created':
    case 'done':
      return outcome;
    case 'not_ready':
      return failed('not_ready', 'The signId is "0": the instance is not ready yet.');
    case 'declined':
      return failed('declined', 'The call was declined: success is "false".');
    case 'malformed':
      return failed('malformed', outcome.faults.map(({ path, message }) => `${path} ${message}`.trim()).join('; '));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
