import { createHmac } from 'node:crypto';

/** The callback of a channel, and the secret that it signs with. */
export type Signing = { secret: string; channel: string; rawBody: string; atMs?: number };

/**
 * The `X-Channel-Signature` of a callback: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<channel>.<raw body>">`.
 * The time is signed too, so that an old callback cannot be sent again later, and the channel, so that it is not good
 * for another one.
 */
export function signCallback({ secret, channel, rawBody, atMs = Date.now() }: Signing): string {
  const seconds = Math.floor(atMs / 1000);
  const signature = createHmac('sha256', secret).update(`${seconds}.${channel}.${rawBody}`).digest('hex');
  return `t=${seconds},v1=${signature}`;
}
