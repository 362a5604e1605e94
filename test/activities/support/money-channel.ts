import type { PaymentChannelPort, RefundOutcome } from '../../../activities/refunds';

/** How the channel takes what it is asked for next. */
export const WAYS = ['sends', 'refuses', 'knows not yet', 'loses its answer'] as const;
export type Way = (typeof WAYS)[number];

/** What a channel says that has done as it was asked, and whose answer got lost. */
export const LOST = 'the answer of the channel was lost';

/** A payment channel that misbehaves as channels do, and keeps a list of its own of what it has sent. */
export function fickleChannel() {
  type Known = { transactionId: string; amountFen: number; outcome: RefundOutcome };
  const known = new Map<string, Known>();
  let way: Way = 'sends';
  const sentAs = (refundId: string): RefundOutcome => ({ status: 'refunded', channelRefundId: `chr_${refundId}` });

  const port: PaymentChannelPort = {
    async refund({ refundId, amountFen, payment }) {
      const before = known.get(refundId);
      if (before !== undefined && before.amountFen !== amountFen) throw new Error(`${refundId} changed its amount`);
      if (before?.outcome.status === 'refunded') return before.outcome;
      const outcomes: Record<Way, RefundOutcome> = {
        sends: sentAs(refundId),
        'loses its answer': sentAs(refundId),
        refuses: { status: 'failed', reason: 'the card is closed' },
        'knows not yet': { status: 'processing' },
      };
      const outcome = outcomes[way];
      known.set(refundId, { transactionId: payment.transactionId, amountFen, outcome });
      if (way === 'loses its answer') throw new Error(LOST);
      return outcome;
    },
    async find(refundId) {
      const found = known.get(refundId);
      if (found === undefined) return null;
      // What it did not know it finds out, either way.
      if (found.outcome.status === 'processing' && way === 'sends') found.outcome = sentAs(refundId);
      if (found.outcome.status === 'processing' && way === 'refuses') {
        found.outcome = { status: 'failed', reason: 'it did not get through' };
      }
      return found.outcome;
    },
  };
  return {
    port,
    behaves(now: Way) {
      way = now;
    },
    /** What it has sent back of each transaction, fen. */
    sent(): Map<string, number> {
      const sums = new Map<string, number>();
      for (const { transactionId, amountFen, outcome } of known.values()) {
        if (outcome.status !== 'refunded') continue;
        sums.set(transactionId, (sums.get(transactionId) ?? 0) + amountFen);
      }
      return sums;
    },
  };
}
export type FickleChannel = ReturnType<typeof fickleChannel>;
