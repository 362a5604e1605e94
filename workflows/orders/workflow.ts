import { allHandlersFinished, condition, proxyLocalActivities, setHandler } from '@temporalio/workflow';
import type { OrderActivities } from '../../activities/orders';
import { ORDER_OPERATIONS, type OrderCommand } from '../../domain/orders/commands';
import { nextOrderDeadline } from '../../domain/orders/deadlines';
import type { OrderTerms, PaymentFact } from '../../domain/orders/order';
import { allowedOrderActions, judgeOrder, type OrderRules } from '../../domain/orders/rules';
import { isSettled, newOrder, type OrderState, pay, transactionOf, whyReturned } from '../../domain/orders/state';
import { applyOrderCommand, passOrderDeadline } from '../../domain/orders/transitions';
import type { RefundReason } from '../../domain/refunds/refund';
import { roleOf } from '../../domain/shared/actor';
import { type Cause, systemCause } from '../../domain/shared/step';
import type { Refused } from '../shared/failures';
import { refundPayment } from '../shared/refund-payment';
import { STEP_ACTIVITIES } from '../shared/step-activities';
import { supervise } from '../shared/supervision';
import { describeOrder } from './display';
import { handOver } from './hand-over';
import {
  type OrderInput,
  type OrderResult,
  orderState,
  orderUpdate,
  type PlacedBy,
  paymentReceived,
  type SentOrderCommand,
  untilPlaced,
} from './messages';

const { recordOrderStep, storedOrderStep } = proxyLocalActivities<OrderActivities>(STEP_ACTIVITIES);

/**
 * One order from its placing until it is paid or closed (ORD). Unpaid, its price may change. Paid, it starts its delivery,
 * which brings it to its end, or the provider fulfils it here; money that is not the order's goes back.
 */
export async function order({ terms, placedBy, policy }: OrderInput): Promise<OrderResult> {
  const { orderId } = terms;
  const knownPaymentIds = new Set<string>();
  const transactions = new Set<string>();
  const arrivals: Promise<void>[] = [];
  let isPlaced = false;
  const start = newOrder(terms, Date.now() + policy.payWithinMs);
  const rules = (): OrderRules => ({ ...terms, steps: supervised.position().sequence });
  const supervised = supervise(
    {
      id: orderId,
      commands: {
        updates: ORDER_OPERATIONS.map(orderUpdate),
        received: (sent: SentOrderCommand, commandId: string): OrderCommand => ({ ...sent, commandId }),
        judge: (state, command) => whyNotOfParty(terms, command) ?? whyNotLegal(rules(), state, command),
        apply: (state, command, nowMs) => applyOrderCommand(terms, state, command, nowMs),
      },
      nextDeadline: (state) => nextOrderDeadline(state, policy),
      passDeadline: (state, deadline) => passOrderDeadline(state, deadline, policy),
      isClosed: isSettled,
      record: (step, command) =>
        recordOrderStep({ ...step, ...filesOf(command), terms, policy, knownPaymentIds: [...knownPaymentIds] }),
      // An order has one run: none before it can have come further than the placing.
      stored: async (sequence) => (isPlaced ? storedOrderStep({ orderId, sequence }) : null),
      describe: (state) => describeOrder(terms, state, policy),
    },
    { state: start, sequence: 0 },
    { cause: placingOf(terms, placedBy), transition: () => ({ state: start, notices: [] }) },
  );
  setHandler(orderState, supervised.position);
  setHandler(paymentReceived, (payment) => {
    arrivals.push(count(payment));
  });
  setHandler(untilPlaced, async () => {
    const refused = await supervised.opened();
    if (refused !== null) throw refused;
  });

  const refused = await supervised.opened();
  if (refused !== null) {
    return { ...(await end('refused')), refusal: { code: refused.type ?? '', detail: refused.message } };
  }
  isPlaced = true;
  const settled = await supervised.untilClosed();
  supervised.disarm();
  const { state, payment, refundedFen = 0 } = settled;
  if (state === 'cancelled' && payment !== null) {
    await refundPayment(payment, payment.amountFen - refundedFen, 'order_cancelled');
  }
  if (state === 'closed' || state === 'completed' || state === 'cancelled') return end(state);
  return end(await handOver(terms, settled, policy));

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

/** The files that a command names, for its step. */
const filesOf = (command: OrderCommand | null): { attachmentIds?: string[] } =>
  command?.action === 'buyer.requirement' && command.attachmentIds !== undefined
    ? { attachmentIds: command.attachmentIds }
    : {};

function whyNotOfParty({ buyerId, providerId }: OrderTerms, { action, origin }: OrderCommand): Refused | null {
  const isParty = { buyer: origin.actorId === buyerId, provider: origin.providerId === providerId, ops: false };
  return isParty[roleOf(action)] ? null : { code: 'ORDER.NOT_FOUND', detail: 'There is no such order.' };
}

function whyNotLegal(rules: OrderRules, state: OrderState, command: OrderCommand): Refused | null {
  const refused = judgeOrder(state, command, rules);
  return refused && { ...refused, allowedActions: allowedOrderActions(state, rules) };
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
