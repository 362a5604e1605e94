import { z } from 'zod';
import { PAYMENT_CHANNELS, type PaymentChannel } from '../domain/orders/order';

const SHORTEST = 16;
/** The secret that is used, and during a rotation the one that follows or precedes it. */
const AT_MOST = 2;

/** The secrets that each payment channel may sign its callbacks with; the first is the one that the sandbox signs with. */
export type CallbackSecrets = Record<PaymentChannel, readonly string[]>;

const entry = z.tuple([z.enum(PAYMENT_CHANNELS), z.string().min(SHORTEST)]);

/**
 * `channel:secret` pairs, comma-separated (ORD-6). A second secret of a channel is accepted during a rotation; no two
 * channels share one, or whoever knows the one could speak for the other.
 */
export const callbackSecrets = z.string().transform((text, context): CallbackSecrets => {
  const pairs = text.split(',').map((pair) => entry.safeParse(/^\s*([^:]*):(.*?)\s*$/.exec(pair)?.slice(1)));
  const read = pairs.flatMap(({ data }) => (data === undefined ? [] : [data]));
  const secrets: CallbackSecrets = { tencent_cloud: [], wechat: [], tenpay: [] };
  for (const [channel, secret] of read) secrets[channel] = [...secrets[channel], secret];
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  if (read.length < pairs.length) {
    return refuse(`must be channel:secret pairs of ${PAYMENT_CHANNELS.join(', ')} and at least ${SHORTEST} characters`);
  }
  if (new Set(read.map(([, secret]) => secret)).size < read.length) return refuse('must not name one secret twice');
  if (Object.values(secrets).some(({ length }) => length > AT_MOST)) {
    return refuse(`must name at most ${AT_MOST} secrets of a channel`);
  }
  return secrets;
});
