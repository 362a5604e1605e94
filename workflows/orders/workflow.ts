import {
  ApplicationFailure,
  allHandlersFinished,
  type ChildWorkflowHandle,
  condition,
  ParentClosePolicy,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  startChild,
} from '@temporalio/workflow';
import type { OrderActivities } from '../../activities/orders';
import type { RefundActivities } from '../../activities/refunds';
import { type DeliveryState, newDelivery } from '../../domain/deliveries/state';
import { type OrderPhase, type PaymentFact, type RefundReason, returnOf, whyReturned } from '../../domain/orders/order';
import type { Settled, Settlement } from '../../domain/orders/step';
import { initialSearchAttributes } from '../deliveries/display';
import { type DeliveryResult, deliveryWorkflowId } from '../deliveries/messages';
import type { delivery } from '../deliveries/workflow';
import { asRefusal } from '../shared/failures';
import { type OrderInput, type OrderResult, paymentReceived, untilPlaced } from './messages';

const { recordPlaced, recordSettled } = proxyLocalActivities<OrderActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumInterval: '10 seconds' },
});

// Money goes back however long the channel is out of order; after three days operations are told, each time.
const untilItWorks = { startToCloseTimeout: '30 seconds', retry: { maximumInterval: '10 minutes' } } as const;
const { sendRefund } = proxyActivities<RefundActivities>({ ...untilItWorks, scheduleToCloseTimeout: '3 days' });
const { reportStuckRefund } = proxyActivities<RefundActivities>(untilItWorks);

/** Sends a payment back, wholly or in part, and does not give up. */
async function refundPayment(payment: PaymentFact, amountFen: number, reason: RefundReason): Promise<void> {
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

/** Returns one payment that no order takes (ORD-6); the inbox starts it when the order's process has ended. */
export async function paymentReturn(payment: PaymentFact, reason: RefundReason): Promise<void> {
  await refundPayment(payment, payment.amountFen, reason);
}

/**
 * One order from its placing to its end (ORD). Unpaid, it closes; paid, it starts its
 * delivery and waits for what becomes of it; money that is not the order's goes back.
 */
export async function order({ terms, placedBy, policy }: OrderInput): Promise<OrderResult> {
  const payByMs = Date.now() + policy.payWithinMs;
  const arrived: PaymentFact[] = [];
  const counted = new Set<string>();
  const knownPaymentIds = new Set<string>();
  const goingBack: Promise<void>[] = [];
  const isPaymentThere = () => arrived.length > 0;
  let isPlaced = false;
  let refused: ApplicationFailure | null = null;

  setHandler(paymentReceived, (payment) => {
    knownPaymentIds.add(payment.paymentId);
    const transaction = `${payment.channel}/${payment.transactionId}`;
    if (counted.has(transaction)) return;
    counted.add(transaction);
    arrived.push(payment);
  });
  setHandler(untilPlaced, async () => {
    await condition(() => isPlaced || refused !== null);
    if (refused !== null) throw refused;
  });

  try {
    await recordPlaced({ ...placedBy, terms, atMs: Date.now(), payByMs }).catch(asRefusal);
    isPlaced = true;
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    // The command that was to place this order has placed another one.
    refused = error;
    await condition(allHandlersFinished);
    return { outcome: 'refused' };
  }

  setCurrentDetails(`Awaiting payment of ${terms.payableFen} fen until ${new Date(payByMs).toISOString()} (UTC)`);
  const { payment, delivery: state } = await settlement();
  if (payment === null) return end('closed');

  const child = await startDelivery(payment, state);
  setCurrentDetails(`Paid; supervised by ${child.workflowId}`);
  const result = await endOf(child);
  if (result.refundFen > 0) await refundPayment(payment, result.refundFen, 'delivery_cancelled');
  return end(result.outcome === 'cancelled_and_refunded' ? 'cancelled' : 'completed');

  /**
   * Pays or closes the order. While a payment was received in time and has not been signalled yet, the order waits for
   * it past its deadline (ORD-6), and asks now and then, should it have gone back elsewhere.
   */
  async function settlement(): Promise<Settled> {
    for (;;) {
      const settled = await settle(await fittingPayment());
      if (settled !== 'payment_expected') return settled;
      setCurrentDetails('Unpaid, but a payment was received in time: the order waits until it is handed over');
      await condition(isPaymentThere, '1 hour', { summary: 'payment_expected: asks whether it still is' });
    }
  }

  /** The payment the order takes, or null when none came in time. */
  async function fittingPayment(): Promise<PaymentFact | null> {
    const untilClosed = () => Math.max(1, payByMs - Date.now());
    while (await condition(isPaymentThere, untilClosed(), { summary: 'pay_within: closed' })) {
      const next = arrived.find((candidate) => whyReturned(terms, 'unpaid', candidate) === null);
      if (next === undefined) sendBackWhatArrived('unpaid');
      else return arrived.splice(arrived.indexOf(next), 1)[0] ?? null;
    }
    return null;
  }

  /** Starts sending back everything that arrived, without keeping the order waiting for the channel. */
  function sendBackWhatArrived(phase: OrderPhase): void {
    for (const payment of arrived.splice(0)) {
      const reason = whyReturned(terms, phase, payment);
      if (reason !== null) goingBack.push(refundPayment(payment, payment.amountFen, reason));
    }
  }

  /** Records that the order is paid or closes; should the table know better already, it wins. */
  async function settle(offered: PaymentFact | null): Promise<Settlement> {
    const atMs = Date.now();
    const proposed = {
      terms,
      payment: offered,
      knownPaymentIds: [...knownPaymentIds],
      delivery: newDelivery(terms.flow, atMs),
      policy: policy.delivery,
      atMs,
    };
    const settlement = await recordSettled(proposed);
    if (settlement === 'payment_expected') return settlement;
    if (offered !== null && settlement.payment?.paymentId !== offered.paymentId) arrived.push(offered);
    return settlement;
  }

  async function startDelivery(paid: PaymentFact, state: DeliveryState): Promise<ChildWorkflowHandle<typeof delivery>> {
    const { deliveryId, orderId, buyerId, providerId, productName, flow } = terms;
    const input = { deliveryId, buyerId, providerId, paidFen: paid.amountFen };
    return startChild<typeof delivery>('delivery', {
      workflowId: deliveryWorkflowId(deliveryId),
      args: [{ ...input, policy: policy.delivery, state, sequence: 1 }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      typedSearchAttributes: initialSearchAttributes(input, state, policy.delivery),
      staticSummary: `Delivery of "${productName}" (${flow.replace('_', ' ')})`,
      staticDetails: `Order ${orderId}, paid ${paid.amountFen} fen`,
    });
  }

  async function endOf(child: ChildWorkflowHandle<typeof delivery>): Promise<DeliveryResult> {
    const ending = child.result();
    for (;;) {
      const ended = await Promise.race([ending, condition(isPaymentThere)]);
      if (ended !== undefined) return ended;
      sendBackWhatArrived('paid');
    }
  }

  /** The process ends only when nothing that arrived is left unanswered. */
  async function end(outcome: OrderResult['outcome']): Promise<OrderResult> {
    const phase = outcome === 'closed' ? 'closed' : 'paid';
    for (sendBackWhatArrived(phase); goingBack.length > 0; sendBackWhatArrived(phase)) {
      await Promise.all(goingBack.splice(0));
    }
    await condition(allHandlersFinished);
    return { outcome };
  }
}
