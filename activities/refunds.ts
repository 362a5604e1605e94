import { ApplicationFailure, activityInfo, log } from '@temporalio/activity';
import type { Refund } from '../domain/refunds/refund';
import { completeRefund, recordRefusedRefund, reportStuckRefund, requestRefund } from '../prisma/store/refunds/refunds';
import type { Database } from '../prisma/store/shared/database';
import { runIdOf } from './shared/run-id';

/** A refund that nothing says is owed is asked for again after this: somebody has to look first. */
const REFUSED_PAUSE = '1 hour';

/** The payment channel as we need it: sends money back, at most once per `refundId`. */
export type PaymentChannelPort = {
  refund(refund: Refund): Promise<{ channelRefundId: string }>;
};

export type RefundActivities = ReturnType<typeof refundActivities>;

/** The activities by which money goes back to buyers. */
export function refundActivities({ db, channel }: { db: Database; channel: PaymentChannelPort }) {
  return {
    /**
     * Notes the refund, has the channel send it, notes that it was sent. Safe to repeat from any line. Money that its
     * order has earned is not returned.
     * @throws ApplicationFailure REFUND.NOT_OWED, retryable, when the database does not know the refund as owed:
     *   nothing is sent, operations are notified, and whoever asked waits until it is owed
     */
    async sendRefund(refund: Refund): Promise<void> {
      const { refundId, amountFen, reason } = refund;
      const runId = runIdOf(activityInfo());
      const standing = await requestRefund(db, refund, new Date(), runId);
      if (standing === 'earned') {
        log.info('payment not returned: its order has counted it', { refundId, reason });
        return;
      }
      if (standing === 'unknown') {
        await recordRefusedRefund(db, refund, new Date(), runId);
        log.error('refund refused: the database does not know it as owed', { refundId, amountFen, reason });
        throw ApplicationFailure.create({
          type: 'REFUND.NOT_OWED',
          message: `Refund ${refundId} of ${amountFen} fen (${reason}) is not known as owed`,
          nextRetryDelay: REFUSED_PAUSE,
        });
      }
      const { channelRefundId } = await channel.refund(refund);
      await completeRefund(db, refund, { channelRefundId, at: new Date(), runId });
      log.info('refund sent', { refundId: refund.refundId, amountFen: refund.amountFen, reason: refund.reason });
    },

    /** Notifies operations that a refund does not get through (GEN-5). */
    async reportStuckRefund(refund: Refund): Promise<void> {
      await reportStuckRefund(db, refund, new Date());
      log.warn('refund stuck', { refundId: refund.refundId });
    },
  };
}
