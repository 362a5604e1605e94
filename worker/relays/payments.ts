import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from '../../config/logger';
import type { PaymentFact } from '../../domain/orders/order';
import type { RefundReason } from '../../domain/refunds/refund';
import { findOrder, type OrderRow } from '../../prisma/store/orders/orders';
import {
  type ClaimedCallback,
  claimCallbacks,
  type Handling,
  markHandled,
} from '../../prisma/store/payments/callbacks';
import { reportWaitingCallbacks, waitingCallbacks } from '../../prisma/store/payments/waiting';
import type { Database } from '../../prisma/store/shared/database';
import { orderWorkflowId, paymentReceived, paymentReturnWorkflowId } from '../../workflows/orders/messages';
import { type Relay, startRelay } from './loop';

const BATCH = 20;

/** What the relay of payment callbacks needs. */
export type PaymentRelay = { db: Database; client: Client; taskQueue: string; logger: Logger; intervalMs: number };

/**
 * Passes stored payment callbacks to their orders (ORD-6): signalled to the running workflow, or, when it has ended or
 * never was, sent back by a workflow of their own. None is dropped, none counts twice.
 */
export function startPaymentRelay(relay: PaymentRelay): Relay {
  return startRelay('payments', relay.logger, relay.intervalMs, async () => {
    const callbacks = await claimCallbacks(relay.db, BATCH);
    await Promise.all(callbacks.map((callback) => handle(relay, callback)));
    return callbacks.length;
  });
}

/** A callback that is tried again is so within five minutes: one that has waited for longer than two attempts is stuck. */
const STUCK_AFTER_MS = 600_000;

/**
 * Notifies operations, once an hour, for as long as payment callbacks wait that should long have been handled (GEN-5).
 * A relay of its own: it goes on when the other fails, or Temporal is away.
 */
export function startWaitingPaymentsReport({
  db,
  logger,
  intervalMs,
}: Omit<PaymentRelay, 'client' | 'taskQueue'>): Relay {
  return startRelay('waiting payments', logger, intervalMs, async () => {
    const now = new Date();
    const waiting = await waitingCallbacks(db, new Date(now.getTime() - STUCK_AFTER_MS));
    if (waiting === null) return 0;
    logger.error({ count: waiting.count, ...waiting.oldest }, 'payment callbacks are not handled');
    await reportWaitingCallbacks(db, waiting, now);
    return 0;
  });
}

async function handle(relay: PaymentRelay, callback: ClaimedCallback): Promise<void> {
  const { orderId, transactionId } = callback;
  try {
    // A failed attempt, or one of nothing, changes nothing: the order goes on waiting, and nothing is there to give back.
    const isPayment = callback.status === 'succeeded' && callback.amountFen > 0;
    const handling = isPayment ? await handOver(relay, factOf(callback)) : 'ignored';
    await markHandled(relay.db, callback.id, handling);
    relay.logger.info({ orderId, transactionId, handling }, 'payment callback handled');
  } catch (error) {
    relay.logger.warn(
      { err: error, orderId, transactionId },
      'payment callback not handled yet; it will be tried again',
    );
  }
}

function factOf(callback: ClaimedCallback): PaymentFact {
  const { id, orderId, channel, transactionId, amountFen, priceVersion, receivedAt } = callback;
  const fact = { paymentId: id, orderId, channel, transactionId, amountFen, receivedAtMs: receivedAt.getTime() };
  return priceVersion == null ? fact : { ...fact, priceVersion };
}

/** Why a payment goes back whose order has no running workflow: it was paid by another payment, closed, or never was. */
function reasonOf(order: OrderRow | null): RefundReason {
  if (order === null) return 'unknown_order';
  return order.paidAt === null ? 'order_closed' : 'already_paid';
}

/** Hands a payment to its order's workflow, or has it sent back where none takes it any more. */
export async function handOver(
  { db, client, taskQueue }: Pick<PaymentRelay, 'db' | 'client' | 'taskQueue'>,
  payment: PaymentFact,
): Promise<Handling> {
  try {
    await client.workflow.getHandle(orderWorkflowId(payment.orderId)).signal(paymentReceived, payment);
    return 'signalled';
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  const reason = reasonOf(await findOrder(db, payment.orderId, 'all'));
  try {
    await client.workflow.start('paymentReturn', {
      workflowId: paymentReturnWorkflowId(payment),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      taskQueue,
      args: [payment, reason],
      staticSummary: `Sends back a payment of ${payment.amountFen} fen for ${payment.orderId}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  return 'returned';
}
