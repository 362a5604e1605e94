import { proxyLocalActivities, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { OrderActivities } from '../../activities/orders';
import { countedPayment, refundPayment } from '../shared/refund-payment';
import { STEP_ACTIVITIES } from '../shared/step-activities';

const { cancelUndelivered } = proxyLocalActivities<OrderActivities>(STEP_ACTIVITIES);

/** How often it is looked whether a refund that somebody asked for has ended. */
const LOOK_AGAIN_MS = 3_600_000;

/**
 * Cancels one paid order whose purchase came to nothing, and sends back what is left of its payment (ORD-8, INS-4). While
 * a refund of it is open, that one decides first.
 */
export async function orderReturn(orderId: string): Promise<{ refundFen: number }> {
  let cancelled = await cancelUndelivered({ orderId });
  while (cancelled === 'refund_open') {
    setCurrentDetails('Waits for a refund of the order that is open');
    await sleep(LOOK_AGAIN_MS, { summary: 'the open refund is looked at again' });
    cancelled = await cancelUndelivered({ orderId });
  }
  const { refundFen } = cancelled;
  if (refundFen > 0) await refundPayment(await countedPayment({ orderId }), refundFen, 'not_delivered');
  return { refundFen };
}
