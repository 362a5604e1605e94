import { setTimeout as sleep } from 'node:timers/promises';
import type { RefundOperation } from '../../domain/refunds/commands';
import { invoiceSettled } from '../../workflows/refunds/messages';
import { misbehave } from '../support/observe';
import { type RefundHandle, type RefundWishes, refundsOf } from '../support/refunds';
import type { Delivery, World } from '../support/world';

type Scenario = (world: World) => Promise<Record<string, string>>;

/** The orders with a live invoice, in a world that records. */
export const invoiced = new Set<string>();
export const recordingInvoices = async (_: unknown, orderId: string) => (invoiced.has(orderId) ? 'inv_1' : null);

const workflowsOf = ({ workflowId }: RefundHandle, { id }: Delivery) => ({
  refund: workflowId,
  delivery: `delivery/${id}`,
});

const ACCEPTED = [
  'buyer.requirement',
  'provider.requirement.confirm',
  'provider.implementation.submit',
  'buyer.acceptance.accept',
] as const;

/** A refund of an order that was accepted, and what people do to it. */
const decided =
  (wishes: RefundWishes, ...actions: RefundOperation[]): Scenario =>
  async (world) => {
    const delivery = await world.paid();
    await delivery.acts(...ACCEPTED);
    const refund = await refundsOf(world).request(delivery, wishes);
    for (const action of actions) await refund.act(action);
    await refund.ended();
    return { refund: refund.workflowId };
  };

/** Recorded in real time, on the server that runs in production. */
export const REFUNDS_IN_REAL_TIME: Record<string, Scenario> = {
  'refund-offered-accepted': decided({}, 'provider.offer', 'buyer.accept'),
  'refund-declined-rejected': decided({}, 'provider.decline', 'buyer.escalate', 'ops.reject'),
  'refund-escalated-approved': decided({}, 'provider.offer', 'buyer.escalate', 'ops.approve'),
  'refund-by-provider': decided({ initiatedBy: 'provider', amountFen: 1_000 }),
  'refund-declined-for-good': decided({ policy: { 'refund.buyerAnswerWithin': '1 second' } }, 'provider.decline'),

  async 'refund-offer-unanswered'(world) {
    const delivery = await world.paid();
    await delivery.acts(...ACCEPTED);
    const policy = { 'refund.buyerAnswerWithin': '1 second' };
    const refund = await refundsOf(world).request(delivery, { policy });
    await refund.act('provider.offer', 1);
    await refund.until('escalated');
    await refund.act('ops.reject');
    await refund.ended();
    return { refund: refund.workflowId };
  },

  async 'refund-waiting-withdrawn'(world) {
    const delivery = await world.paid();
    invoiced.add(delivery.terms.orderId);
    const refund = await refundsOf(world).request(delivery);
    await refund.act('provider.agree');
    await refund.act('buyer.withdraw');
    await refund.ended();
    return { refund: refund.workflowId };
  },

  async 'refund-agreed'(world) {
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    const refund = await refundsOf(world).request(delivery);
    await delivery.act('provider.requirement.confirm').catch(() => 'the delivery waits for the refund');
    await refund.act('provider.agree');
    await refund.ended();
    await delivery.outcome();
    return workflowsOf(refund, delivery);
  },

  async 'refund-withdrawn'(world) {
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'provider.requirement.confirm');
    const refund = await refundsOf(world).request(delivery);
    await refund.act('buyer.withdraw');
    await refund.ended();
    await delivery.acts('provider.implementation.submit', 'buyer.acceptance.accept');
    await delivery.outcome();
    return workflowsOf(refund, delivery);
  },

  async 'refund-automatic-waits-for-invoice'(world) {
    const delivery = await world.paid();
    invoiced.add(delivery.terms.orderId);
    const policy = { 'refund.autoExecuteAfter': '1 second', 'refund.invoiceReminders': ['1 second'] };
    const refund = await refundsOf(world).request(delivery, { policy });
    await sleep(3_500);
    invoiced.delete(delivery.terms.orderId);
    await refund.workflow.signal(invoiceSettled);
    await refund.ended();
    return { refund: refund.workflowId };
  },

  async 'refund-unanswered'(world) {
    const delivery = await world.paid();
    await delivery.acts(...ACCEPTED);
    const policy = { 'refund.answerWithin': '1 second', 'refund.operationsReminders': ['1 second', '2 seconds'] };
    const refund = await refundsOf(world).request(delivery, { policy });
    await sleep(4_500);
    return { refund: refund.workflowId };
  },

  async 'refund-refused-by-channel'(world) {
    const delivery = await world.paid();
    const refund = await refundsOf(world).request(delivery);
    await misbehave(world.channel.url, { refuseNextRefunds: 1 });
    await refund.act('provider.agree');
    await refund.until('escalated');
    await refund.act('ops.approve', delivery.terms.payableFen);
    await refund.ended();
    return { refund: refund.workflowId };
  },

  async 'refund-refused'(world) {
    const placed = await world.place();
    const before = Date.now();
    const unpaid = refundsOf(world).request(placed, { refundId: `rfd_refused${before}` });
    await unpaid.catch(() => 'the workflow ends at once');
    return { refund: `refund/rfd_refused${before}` };
  },
};

/** Lived with skipped time: what is looked for every few hours, and what takes days. */
export const REFUNDS_WITH_SKIPPED_TIME: Record<string, Scenario> = {
  /** Nobody says that the invoice is settled. */
  async 'refund-invoice-found-settled'(world) {
    const delivery = await world.paid();
    invoiced.add(delivery.terms.orderId);
    const refund = await refundsOf(world).request(delivery);
    await refund.act('provider.agree');
    await world.env.sleep('3 hours');
    invoiced.delete(delivery.terms.orderId);
    await world.env.sleep('7 hours');
    await refund.ended();
    return { refund: refund.workflowId };
  },

  async 'refund-channel-out-of-order'(world) {
    const delivery = await world.paid();
    const refund = await refundsOf(world).request(delivery);
    await misbehave(world.channel.url, { refundFailureRate: 1 });
    await refund.act('provider.agree');
    await world.env.sleep('73 hours');
    await misbehave(world.channel.url);
    await world.env.sleep('1 hour');
    await refund.ended();
    return { refund: refund.workflowId };
  },
};
