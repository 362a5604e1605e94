import { z } from 'zod';
import type { PaymentChannelPort } from '../refunds';

const REQUEST_TIMEOUT_MS = 10_000;
const answer = z.object({ channelRefundId: z.string().min(1) });

/**
 * The payment channels behind one HTTP address.
 * @param baseUrl e.g. the sandbox's channel
 * @returns a port whose `refund` throws on anything but a 2xx, so that it is tried again
 */
export function httpPaymentChannel(baseUrl: string): PaymentChannelPort {
  return {
    async refund({ refundId, payment, amountFen }) {
      const response = await fetch(new URL('/refunds', baseUrl), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refundId, transactionId: payment.transactionId, channel: payment.channel, amountFen }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      if (!response.ok) throw new Error(`The payment channel answered ${response.status} to refund ${refundId}`);
      return answer.parse(await response.json());
    },
  };
}
