import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CallbackSecrets } from '../config/callback-secrets';
import type { PaymentChannel } from '../domain/orders/order';

/** A signature older or newer than this is a replay. */
const TOLERANCE_SECONDS = 300;

/** What a channel is said to have sent, and the header that is to prove it. */
export type Signed = { header: string | undefined; channel: PaymentChannel; body: Buffer };

/**
 * Checks `X-Channel-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<channel>.<body>">` with the secrets of the
 * channel: two during a rotation, none when it is not configured (ORD-6).
 */
export function isSignedByChannel({ header, channel, body }: Signed, secrets: CallbackSecrets): boolean {
  const [, time, signature] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (time === undefined || signature === undefined) return false;
  if (Math.abs(Date.now() / 1000 - Number(time)) > TOLERANCE_SECONDS) return false;
  const given = Buffer.from(signature, 'hex');
  return secrets[channel].some((secret) =>
    timingSafeEqual(createHmac('sha256', secret).update(`${time}.${channel}.`).update(body).digest(), given),
  );
}
