import { z } from 'zod';
import type { PaymentChannel } from '../../domain/orders/order';

/** What a channel says of a period: what it took, and what it sent back. */
export type ChannelStatement = z.output<typeof statement>;

/** The payment channels' own lists. */
export type ChannelStatementPort = {
  statement(channel: PaymentChannel, period: { from: Date; to: Date }): Promise<ChannelStatement>;
};

const REQUEST_TIMEOUT_MS = 60_000;
const line = { amountFen: z.int().min(0), at: z.iso.datetime({ offset: true }) };
const statement = z.object({
  payments: z.array(z.object({ transactionId: z.string(), ...line })),
  refunds: z.array(z.object({ refundId: z.string(), ...line })),
});

/** The lists of the payment channels behind one HTTP address. @param baseUrl e.g. the sandbox's channel */
export function httpChannelStatements(baseUrl: string): ChannelStatementPort {
  return {
    async statement(channel, { from, to }) {
      const query = new URLSearchParams({ channel, from: from.toISOString(), to: to.toISOString() });
      const response = await fetch(new URL(`/statement?${query}`, baseUrl), {
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      if (!response.ok) throw new Error(`The payment channel answered ${response.status} to a question for its list`);
      return statement.parse(await response.json());
    },
  };
}
