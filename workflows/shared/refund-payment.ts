import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { RefundActivities } from '../../activities/refunds';
import type { PaymentFact } from '../../domain/orders/order';
import { type RefundReason, returnOf } from '../../domain/refunds/refund';
import { STEP_ACTIVITIES } from './step-activities';

// Money goes back however long the channel is out of order; after three days operations are notified, each time.
const untilItWorks = { startToCloseTimeout: '30 seconds', retry: { maximumInterval: '10 minutes' } } as const;
const { sendRefund } = proxyActivities<RefundActivities>({ ...untilItWorks, scheduleToCloseTimeout: '3 days' });
const { reportStuckRefund } = proxyActivities<RefundActivities>(untilItWorks);

/** The payment that an order has counted. */
export const { countedPayment } = proxyLocalActivities<RefundActivities>(STEP_ACTIVITIES);

/** Sends a payment back, wholly or in part (fen), and does not give up. */
export async function refundPayment(payment: PaymentFact, amountFen: number, reason: RefundReason): Promise<void> {
  const refund = { ...returnOf(payment, reason), amountFen };
  for (;;) {
    try {
      await sendRefund(refund);
      return;
    } catch {
      await reportStuckRefund(refund);
    }
  }
}
