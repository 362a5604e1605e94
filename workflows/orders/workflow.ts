import { allHandlersFinished, condition, proxyLocalActivities, setHandler } from '@temporalio/workflow';
import type { OrderActivities } from '../../activities/orders';
import type { OrderTerms, PaymentFact } from '../../domain/orders/order';
import { close, isSettled, newOrder, pay, payDeadline, transactionOf, whyReturned } from '../../domain/orders/state';
import type { RefundReason } from '../../domain/refunds/refund';
import { type Cause, systemCause } from '../../domain/shared/step';
import { deliveryStart } from '../deliveries/start';
import { refundPayment } from '../shared/refund-payment';
import { startWorkflow } from '../shared/start-workflow';
import { supervise } from '../shared/supervision';
import { describeOrder } from './display';
import { type OrderInput, type OrderResult, type PlacedBy, paymentReceived, untilPlaced } from './messages';

const { recordOrderStep } = proxyLocalActivities<OrderActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumInterval: '10 seconds' },
});

/**
 * One order from its placing until it is paid or closed (ORD). Paid, it starts its delivery, which brings it to its end;
 * money that is not the order's goes back.
 */
export async function order({ terms, placedBy, policy }: OrderInput): Promise<OrderResult> {
  const { orderId } = terms;
  const knownPaymentIds = new Set<string>();
  const transactions = new Set<string>();
  const arrivals: Promise<void>[] = [];
  const start = newOrder(terms, Date.now() + policy.payWithinMs);
  const supervised = supervise(
    {
      id: orderId,
      nextDeadline: payDeadline,
      passDeadline: close,
      isClosed: isSettled,
      record: (step) =>
        recordOrderStep({ ...step, terms, policy: policy.delivery, knownPaymentIds: [...knownPaymentIds] }),
      describe: (state) => describeOrder(terms, state),
    },
    { state: start, sequence: 0 },
    { cause: placingOf(terms, placedBy), transition: () => ({ state: start, notices: [] }) },
  );
  setHandler(paymentReceived, (payment) => {
    arrivals.push(count(payment));
  });
  setHandler(untilPlaced, async () => {
    const refused = await supervised.opened();
    if (refused !== null) throw refused;
  });

  if ((await supervised.opened()) !== null) return end('refused');
  const settled = await supervised.untilClosed();
  supervised.disarm();
  if (settled.state !== 'awaiting_start') return end('closed');
  await startWorkflow(deliveryStart(terms, settled, policy.delivery));
  return end('paid');

  /** Counts a payment for the order, or sends it back, without keeping the order waiting for the channel (ORD-6). */
  async function count(payment: PaymentFact): Promise<void> {
    const transaction = transactionOf(payment);
    const isRepeated = transactions.has(transaction);
    transactions.add(transaction);
    const known = await supervised.learn({
      cause: systemCause(`${orderId}/${transaction}`, 'order.paid'),
      change(state, nowMs) {
        knownPaymentIds.add(payment.paymentId);
        return isRepeated ? null : pay(terms, state, payment, nowMs);
      },
    });
    const reason = known === null ? 'unknown_order' : whyReturned(terms, known, payment);
    if (!isRepeated && reason !== null) await refundPayment(payment, payment.amountFen, reason);
  }

  /** The workflow ends only when nothing that arrived is left unanswered. */
  async function end(outcome: OrderResult['outcome']): Promise<OrderResult> {
    while (arrivals.length > 0) await Promise.all(arrivals.splice(0));
    await condition(allHandlersFinished);
    return { outcome };
  }
}

const placingOf = ({ buyerId }: OrderTerms, placedBy: PlacedBy): Cause => ({
  ...placedBy,
  action: 'order.placed',
  actorRole: 'buyer',
  actorId: buyerId,
  note: '',
});

/** Returns one payment that no order takes (ORD-6); the payment inbox starts it when the order's workflow has ended. */
export async function paymentReturn(payment: PaymentFact, reason: RefundReason): Promise<void> {
  await refundPayment(payment, payment.amountFen, reason);
}
