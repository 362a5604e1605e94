import { createLogger } from '../../../config/logger';
import type { PaymentFact } from '../../../domain/orders/order';
import { markHandled, storeCallback } from '../../../prisma/store/payments/callbacks';
import { startPaymentRelay } from '../../../worker/relays/payments';
import { orderWorkflowId, paymentReturnWorkflowId } from '../../../workflows/orders/messages';
import type { paymentReturn } from '../../../workflows/orders/workflow';
import { paymentFor } from '../../factories/orders';
import { eventually } from '../../support/eventually';
import { misbehave, notified, sentBack, stepsOf, wordsOf } from '../../support/observe';
import { startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => misbehave(world.channel.url));
afterAll(() => world.stop());

const orderRow = (orderId: string) => world.db.order.findUniqueOrThrow({ where: { id: orderId } });
const hours = (n: number) => n * 3_600_000;

/** Waits until the channel has sent back what was expected of a transaction, and nothing else. */
const returned = (transactionId: string, amounts: number[]) =>
  eventually(async () => expect(await sentBack(world.channel.url, transactionId)).toEqual(amounts));

/** Waits until an order has its delivery. */
const started = (orderId: string) =>
  eventually(async () => expect(await orderRow(orderId)).toMatchObject({ state: 'awaiting_start' }));

/** The refund of a payment, once it is known to have gone back: the channel has sent it a moment before. */
const refunded = ({ paymentId }: PaymentFact) =>
  eventually(async () => {
    const refund = await world.db.refund.findFirstOrThrow({ where: { paymentId } });
    expect(refund.status).toBe('refunded');
    return refund;
  });

describe('ORD-6: an order that is not paid', () => {
  test('it closes after 72 hours, and buyer and provider are notified', async () => {
    const { terms, ended } = await world.place();
    await world.env.sleep(hours(72) - 60_000);
    expect(await orderRow(terms.orderId)).toMatchObject({ state: 'pending_payment', endedAt: null });
    await world.env.sleep(61_000);
    await expect(ended()).resolves.toEqual({ outcome: 'closed' });
    const row = await orderRow(terms.orderId);
    expect(row).toMatchObject({ state: 'closed', paidFen: 0n });
    expect(row.endedAt?.getTime()).toBeGreaterThanOrEqual(row.payBy.getTime());
    expect(await notified(world.db, terms.orderId)).toEqual([
      'order.closed_unpaid → buyer',
      'order.closed_unpaid → provider',
    ]);
    expect(await world.db.delivery.count({ where: { orderId: terms.orderId } })).toBe(0);
  });

  test('GEN-3: it closes when the policy that it was started with says', async () => {
    const { terms, ended } = await world.place({ policy: { 'order.payWithin': '2 hours' } });
    await world.env.sleep(hours(2.1));
    await expect(ended()).resolves.toEqual({ outcome: 'closed' });
    const row = await orderRow(terms.orderId);
    expect(row.payBy.getTime() - row.createdAt.getTime()).toBe(hours(2));
  });
});

describe('ORD-6: a payment that was stored in time is never beaten by the closing', () => {
  /** Stored as the API stores it, and not handed over yet: the relay is away. */
  async function reported(terms: Parameters<typeof paymentFor>[0], other: Partial<PaymentFact> = {}) {
    const { paymentId, receivedAtMs, ...fact } = paymentFor(terms, other);
    await storeCallback(world.db, { id: paymentId, status: 'succeeded', ...fact });
    return { ...fact, paymentId, receivedAtMs };
  }
  /** The relay, at work until the check passes. */
  async function handedOver(check: () => Promise<void>) {
    const { db, client } = world;
    await db.paymentCallback.updateMany({ data: { nextAttemptAt: new Date(0) } });
    const logger = createLogger({ LOG_LEVEL: 'silent' }, 'test');
    const inbox = startPaymentRelay({ db, client, taskQueue: 'back-office', logger, intervalMs: 100 });
    await eventually(check).finally(() => inbox.stop());
  }

  test('the order waits past its deadline for hours, and is paid when the payment is handed over', async () => {
    const placed = await world.place();
    await reported(placed.terms);
    await world.env.sleep(hours(72 + 9.5));
    expect(await orderRow(placed.terms.orderId)).toMatchObject({ state: 'pending_payment', endedAt: null });
    await handedOver(() => started(placed.terms.orderId));
    expect(await orderRow(placed.terms.orderId)).toMatchObject({ paidFen: 200_000n, refundedFen: 0n });
    expect(await notified(world.db, placed.terms.orderId, 'order.closed_unpaid')).toEqual([]);
  });

  test('a payment that does not fit goes back, and then the order closes', async () => {
    const placed = await world.place();
    const wrong = await reported(placed.terms, { amountFen: 1 });
    await world.env.sleep(hours(72.5));
    expect(await orderRow(placed.terms.orderId)).toMatchObject({ state: 'pending_payment' });
    await handedOver(() => returned(wrong.transactionId, [1]));
    await expect(placed.ended()).resolves.toEqual({ outcome: 'closed' });
  });

  test('a payment that was sent back elsewhere keeps the order open for an hour at most', async () => {
    const placed = await world.place();
    const { paymentId } = await reported(placed.terms);
    await world.env.sleep(hours(72.1));
    await markHandled(world.db, paymentId, 'returned');
    await world.env.sleep(hours(1.1));
    await expect(placed.ended()).resolves.toEqual({ outcome: 'closed' });
  });
});

describe('DLV-1: an order that is paid', () => {
  test('it starts its delivery at once, and its payment is counted once', async () => {
    const placed = await world.place();
    await world.env.sleep(hours(71.9));
    const payment = await placed.pay();
    await started(placed.terms.orderId);
    expect(await orderRow(placed.terms.orderId)).toMatchObject({ paidFen: 200_000n, refundedFen: 0n, endedAt: null });
    expect(await world.db.payment.findMany({ where: { orderId: placed.terms.orderId } })).toMatchObject([
      { id: payment.paymentId, status: 'accepted', amountFen: 200_000n },
    ]);
    expect(await world.db.delivery.findMany({ where: { orderId: placed.terms.orderId } })).toMatchObject([
      { id: placed.terms.deliveryId, stage: 'awaiting_requirement', frozen: false, sequence: 1 },
    ]);
    expect((await stepsOf(world.db, placed.terms.orderId)).map(({ action }) => action)).toEqual([
      'order.placed',
      'order.paid',
    ]);
    expect(await notified(world.db, placed.terms.orderId)).toEqual([
      'delivery.started → buyer',
      'order.paid → buyer',
      'order.paid → provider',
    ]);
  });

  test('it does not close when its 72 hours are over', async () => {
    const delivery = await world.paid();
    await delivery.letDaysPass(4);
    expect(await orderRow(delivery.terms.orderId)).toMatchObject({ state: 'awaiting_start' });
  });

  test('operations are notified that a self-operated delivery awaits its dispatch', async () => {
    const { terms } = await world.paid({ flow: 'self_operated' });
    expect(await notified(world.db, terms.orderId, 'delivery.started')).toEqual(['delivery.started → ops']);
  });
});

describe('ORD-6: money that is not the order’s goes back, once', () => {
  test.each([
    { what: 'too little', fact: { amountFen: 199_999 }, reason: 'wrong_amount' },
    { what: 'too much', fact: { amountFen: 200_001 }, reason: 'wrong_amount' },
    { what: 'the amount through another channel', fact: { channel: 'tenpay' }, reason: 'wrong_channel' },
  ] as const)('a payment of $what goes back, and the order can still be paid', async ({ fact, reason }) => {
    const placed = await world.place();
    const wrong = await placed.pay(fact);
    await returned(wrong.transactionId, [wrong.amountFen]);
    expect(await orderRow(placed.terms.orderId)).toMatchObject({ state: 'pending_payment' });
    const right = await placed.pay();
    await started(placed.terms.orderId);
    const refund = await refunded(wrong);
    expect(refund).toMatchObject({ reason, amountFen: BigInt(wrong.amountFen) });
    await returned(right.transactionId, []);
    expect(await orderRow(placed.terms.orderId)).toMatchObject({ paidFen: 200_000n, refundedFen: 0n });
    expect(await notified(world.db, refund.id)).toEqual(['order.payment_returned → buyer']);
    expect(await wordsOf(world.db, refund.id, 'order.payment_returned')).toMatchObject({ reason });
  });

  test('a second payment goes back, and the delivery goes on with the first', async () => {
    const delivery = await world.paid();
    const second = await delivery.pay();
    await returned(second.transactionId, [200_000]);
    expect(await world.db.refund.findFirstOrThrow({ where: { paymentId: second.paymentId } })).toMatchObject({
      reason: 'already_paid',
    });
    await returned(delivery.payment.transactionId, []);
    expect(await orderRow(delivery.terms.orderId)).toMatchObject({ paidFen: 200_000n, refundedFen: 0n });
    expect(await delivery.act('buyer.requirement')).toMatchObject({ stage: 'awaiting_requirement_confirmation' });
  });

  test('a payment after the order closed is sent back by a workflow of its own, once however often it is started', async () => {
    const placed = await world.place();
    await world.env.sleep(hours(72.1));
    await placed.ended();
    const late = paymentFor(placed.terms);
    const start = () =>
      world.realTimeClient.workflow.execute<typeof paymentReturn>('paymentReturn', {
        workflowId: paymentReturnWorkflowId(late),
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        taskQueue: 'back-office',
        args: [late, 'order_closed'],
      });
    const starts = await Promise.allSettled([start(), start(), start()]);
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await returned(late.transactionId, [200_000]);
    expect(await orderRow(placed.terms.orderId)).toMatchObject({ state: 'closed', paidFen: 0n, refundedFen: 0n });
  });

  test('a payment that is reported twice counts once, also while it is being sent back', async () => {
    const placed = await world.place();
    const wrong = await placed.pay({ amountFen: 1 });
    await placed.pay(wrong);
    const right = await placed.pay();
    // The order may have ended by now: then a workflow of its own finds that there is nothing to send back.
    for (const again of [right, { ...right, paymentId: 'pay_same_transaction' }, wrong]) await placed.pay(again);
    await returned(wrong.transactionId, [1]);
    await returned(right.transactionId, []);
    await placed.ended();
    expect(await world.db.payment.count({ where: { orderId: placed.terms.orderId } })).toBe(2);
    expect(await world.db.refund.count({ where: { orderId: placed.terms.orderId } })).toBe(1);
    const { events } = await placed.handle.fetchHistory();
    expect((events ?? []).filter((event) => event.activityTaskScheduledEventAttributes != null)).toHaveLength(1);
  });
});

describe('GEN-5: money goes back however long the channel is out of order', () => {
  async function overpaid() {
    const placed = await world.place();
    const wrong = await placed.pay({ amountFen: 1 });
    return { ...placed, wrong };
  }

  test('a channel that fails or loses its answers is asked again, and the money goes back once', async () => {
    await misbehave(world.channel.url, { failNextRefunds: 2, loseNextAnswers: 2 });
    const { wrong } = await overpaid();
    await world.env.sleep(hours(1));
    await returned(wrong.transactionId, [1]);
    const refund = await refunded(wrong);
    expect(refund.channelRefundId).not.toBeNull();
  });

  test('after three days operations are notified, and the refund is tried until it works', async () => {
    await misbehave(world.channel.url, { refundFailureRate: 1 });
    const { wrong, terms } = await overpaid();
    const refund = await eventually(() => world.db.refund.findFirstOrThrow({ where: { paymentId: wrong.paymentId } }));
    await world.env.sleep(hours(70));
    expect(await notified(world.db, refund.id)).toEqual([]);
    await world.env.sleep(hours(3));
    await eventually(async () => expect(await notified(world.db, refund.id)).toEqual(['order.refund_stuck → ops']));
    expect(await wordsOf(world.db, refund.id, 'order.refund_stuck')).toMatchObject({
      amountFen: '1',
      reason: 'wrong_amount',
      orderId: terms.orderId,
    });
    await misbehave(world.channel.url);
    await world.env.sleep(hours(1));
    await returned(wrong.transactionId, [1]);
    expect(await world.realTimeClient.workflow.getHandle(orderWorkflowId(terms.orderId)).describe()).toMatchObject({
      status: { name: 'COMPLETED' },
    });
  });
});

test('ORD-3: a delivery does not end cancelled while the database does not know its refund as owed', async () => {
  const delivery = await world.paid({ policy: { 'order.startWithin': '1 day' } });
  const where = { id: delivery.payment.paymentId };
  await world.db.payment.update({ where, data: { status: 'surplus' } });
  await delivery.act('buyer.requirement');
  await delivery.letDaysPass(2);
  const refundId = where.id.replace('pay_', 'rfp_');
  await eventually(async () => expect(await notified(world.db, refundId)).toContain('order.refund_refused → ops'));
  expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([]);
  expect(await delivery.workflow.describe()).toMatchObject({ status: { name: 'RUNNING' } });
  await world.db.payment.update({ where, data: { status: 'accepted' } });
  await world.env.sleep(hours(2));
  await returned(delivery.payment.transactionId, [200_000]);
  await expect(delivery.outcome()).resolves.toMatchObject({ outcome: 'cancelled_and_refunded' });
});
