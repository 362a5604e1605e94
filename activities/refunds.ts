import { log } from '@temporalio/activity';
import type { Refund } from '../domain/orders/order';
import type { Database } from '../prisma/store/client';
import { completeRefund, reportStuckRefund, requestRefund } from '../prisma/store/refunds';

/** The payment channel as we need it: sends money back, at most once per `refundId`. */
export type PaymentChannelPort = {
  refund(refund: Refund): Promise<{ channelRefundId: string }>;
};

export type RefundActivities = ReturnType<typeof refundActivities>;

/** The activities by which money goes back to buyers. */
export function refundActivities({ db, channel }: { db: Database; channel: PaymentChannelPort }) {
  return {
    /** Notes the refund, has the channel send it, notes that it was sent. Safe to repeat from any line. */
    async sendRefund(refund: Refund): Promise<void> {
      const isOwed = await requestRefund(db, refund, new Date());
      if (!isOwed) return;
      const { channelRefundId } = await channel.refund(refund);
      await completeRefund(db, refund, channelRefundId, new Date());
      log.info('refund sent', { refundId: refund.refundId, amountFen: refund.amountFen, reason: refund.reason });
    },

    /** Tells operations that a refund does not get through (GEN-5). */
    async reportStuckRefund(refund: Refund): Promise<void> {
      await reportStuckRefund(db, refund, new Date());
      log.warn('refund stuck', { refundId: refund.refundId });
    },
  };
}
