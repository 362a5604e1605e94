import { z } from 'zod';
import type { PaymentChannelPort, RefundOutcome } from '../refunds';

const REQUEST_TIMEOUT_MS = 10_000;
const answer: z.ZodType<RefundOutcome> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('refunded'), channelRefundId: z.string().min(1) }),
  z.object({ status: z.literal('failed'), reason: z.string() }),
  z.object({ status: z.literal('processing') }),
]);

/**
 * The payment channels behind one HTTP address.
 * @param baseUrl e.g. the sandbox's channel
 * @param timeoutMs how long a request may take, milliseconds
 * @returns a port that throws where nothing is known of the outcome: it is asked for then, under the same id
 */
export function httpPaymentChannel(baseUrl: string, timeoutMs = REQUEST_TIMEOUT_MS): PaymentChannelPort {
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, baseUrl), { ...init, signal: AbortSignal.timeout(timeoutMs) });
  return {
    async refund({ refundId, payment, amountFen }) {
      const response = await ask('/refunds', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refundId, transactionId: payment.transactionId, channel: payment.channel, amountFen }),
      });
      if (!response.ok) throw new Error(`The payment channel answered ${response.status} to refund ${refundId}`);
      return answer.parse(await response.json());
    },

    async find(refundId) {
      const response = await ask(`/refunds/${encodeURIComponent(refundId)}`);
      if (response.status === 404) return null;
      if (!response.ok) throw new Error(`The payment channel answered ${response.status} about refund ${refundId}`);
      return answer.parse(await response.json());
    },
  };
}
