import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isSignedByChannel } from '../../codec/channel-signature';
import type { CallbackSecrets } from '../../config/callback-secrets';
import { PAYMENT_CHANNELS, type PaymentChannel } from '../../domain/orders/order';
import { REPORTED_PAYMENT } from '../../domain/orders/reported-payment';

/** One payment of an order as its channel has it; `processing`: the channel does not know itself what becomes of it. */
export type KnownPayment = z.output<typeof payment>;

/** What the payment channels know of the payments of one order (ORD-6). */
export type PaymentQueryPort = {
  /** The channels that can be asked: those whose answers can be told from anybody else's. */
  channels: readonly PaymentChannel[];
  /**
   * All payments of an order at one channel.
   * @throws Error where the channel has not answered, or what came is not its answer to this question
   */
  paymentsOf(channel: PaymentChannel, orderId: string): Promise<KnownPayment[]>;
};

const REQUEST_TIMEOUT_MS = 5_000;
const MAX_BYTES = 64 * 1024;

const payment = z.object({
  ...REPORTED_PAYMENT,
  status: z.enum(['succeeded', 'failed', 'processing']),
  paidAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
});
const answer = z.object({ orderId: z.string(), nonce: z.string(), payments: z.array(payment) });

/**
 * The payment channels behind one HTTP address. An answer names the order and the question, and is signed as callbacks
 * are; it is read up to 64 KiB, and a redirect is none.
 * @param baseUrl e.g. the sandbox's channel
 * @param secrets of the channels; one that has none is not asked
 * @param timeoutMs how long an answer may take, milliseconds
 */
export function httpPaymentQueries(
  baseUrl: string,
  secrets: CallbackSecrets,
  timeoutMs = REQUEST_TIMEOUT_MS,
): PaymentQueryPort {
  return {
    channels: PAYMENT_CHANNELS.filter((channel) => secrets[channel].length > 0),

    async paymentsOf(channel, orderId) {
      const nonce = randomUUID();
      const query = new URLSearchParams({ channel, nonce });
      const response = await fetch(new URL(`/orders/${encodeURIComponent(orderId)}/payments?${query}`, baseUrl), {
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const about = `about the payments of ${orderId}`;
      if (!response.ok) {
        await response.body?.cancel();
        throw new Error(`${channel} answered ${response.status} ${about}`);
      }
      const body = await bodyOf(response);
      const header = response.headers.get('x-channel-signature') ?? undefined;
      if (!isSignedByChannel({ header, channel, body }, secrets)) throw new Error(`Not signed by ${channel}: ${about}`);
      const said = answer.parse(JSON.parse(body.toString('utf8')));
      if (said.orderId !== orderId || said.nonce !== nonce) throw new Error(`${channel} answered another question`);
      return said.payments;
    },
  };
}

/** The body of an answer. @throws Error where it is longer than is read */
async function bodyOf(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`The answer is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
