import { createHmac } from 'node:crypto';

/**
 * The `X-Channel-Signature` of a callback: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<raw body>">`.
 * The time is signed too, so that an old callback cannot be sent again later.
 */
export function signCallback(secret: string, rawBody: string, atMs = Date.now()): string {
  const seconds = Math.floor(atMs / 1000);
  const signature = createHmac('sha256', secret).update(`${seconds}.${rawBody}`).digest('hex');
  return `t=${seconds},v1=${signature}`;
}
