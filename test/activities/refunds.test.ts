import { refundActivities } from '../../activities/refunds';
import type { PaymentFact } from '../../domain/orders/order';
import { type Refund, returnOf } from '../../domain/refunds/refund';
import { readTimeline } from '../../prisma/store/audit/entries';
import { newTerms, paymentFor } from '../factories/orders';
import { notified, stepsOf, wordsOf } from '../support/observe';
import { countingChannel, dyingAt, run, type Store, startStore } from '../support/store';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

const send = (refund: Refund) => run(store.activities.sendRefund, refund);
const cancelled = (payment: PaymentFact, amountFen = payment.amountFen): Refund => ({
  ...returnOf(payment, 'delivery_cancelled'),
  amountFen,
});
const orderOf = (orderId: string) => store.db.order.findUniqueOrThrow({ where: { id: orderId } });
const refundOf = ({ refundId }: Refund) => store.db.refund.findUnique({ where: { id: refundId } });
const sentFor = ({ refundId }: Refund) => store.channel.sent.get(refundId);
const asked = ({ refundId }: Refund) => store.channel.calls.filter((id) => id === refundId).length;

describe('ORD-6: sendRefund', () => {
  test('for a cancelled delivery the money goes back, the order counts it and both sides are notified', async () => {
    const { terms, payment } = await store.paid();
    const refund = cancelled(payment);
    await send(refund);
    expect(sentFor(refund)).toBe(200_000);
    expect(await refundOf(refund)).toMatchObject({ status: 'refunded', channelRefundId: `chr_${refund.refundId}` });
    expect(await orderOf(terms.orderId)).toMatchObject({ paidFen: 200_000n, refundedFen: 200_000n });
    expect(await notified(store.db, refund.refundId)).toEqual(['order.refunded → buyer', 'order.refunded → provider']);
    const where = { objectId: refund.refundId };
    const messages = await store.db.message.findMany({ where, include: { notificationDeliveries: true } });
    expect(messages.map(({ eventGroup }) => eventGroup)).toEqual(['refunds', 'refunds']);
    expect(
      messages.flatMap(({ notificationDeliveries }) => notificationDeliveries.map(({ channel }) => channel)),
    ).toEqual(['email', 'email']);
    expect(await wordsOf(store.db, refund.refundId, 'order.refunded')).toMatchObject({ amountFen: '200000' });
  });

  test('a part of the payment goes back, and the order counts that part', async () => {
    const { terms, payment } = await store.paid();
    await send(cancelled(payment, 1));
    expect(await orderOf(terms.orderId)).toMatchObject({ paidFen: 200_000n, refundedFen: 1n });
  });

  test('a payment that its order did not take goes back, and the order counts nothing', async () => {
    const { terms } = await store.paid();
    const surplus = paymentFor(terms);
    const refund = returnOf(surplus, 'already_paid');
    await send(refund);
    expect(sentFor(refund)).toBe(200_000);
    expect(await store.db.payment.findUnique({ where: { id: surplus.paymentId } })).toMatchObject({
      status: 'surplus',
    });
    expect(await orderOf(terms.orderId)).toMatchObject({ paidFen: 200_000n, refundedFen: 0n });
    expect(await notified(store.db, refund.refundId)).toEqual(['order.payment_returned → buyer']);
  });

  test('money for an order that does not exist goes back', async () => {
    const refund = returnOf(paymentFor(newTerms()), 'unknown_order');
    await send(refund);
    expect(sentFor(refund)).toBe(200_000);
    expect(await refundOf(refund)).toMatchObject({ status: 'refunded' });
    expect(await notified(store.db, refund.refundId)).toEqual([]);
  });
});

describe('ORD-6: money goes back once, wherever the worker dies', () => {
  type Crash = { where: string; write?: number; channel?: 'before' | 'after' };

  /** The activity in an operating-system process that dies at one point. */
  function dying({ write, channel }: Crash) {
    const port = {
      async refund(refund: Refund) {
        if (channel === 'before') throw new Error('died before asking the channel');
        const answer = await store.channel.port.refund(refund);
        if (channel === 'after') throw new Error('died before the channel’s answer');
        return answer;
      },
      find: store.channel.port.find,
    };
    const db = write === undefined ? store.db : dyingAt(store.db, write);
    return refundActivities({ ...store.outside, db, channel: port }).sendRefund;
  }

  test.each<Crash & { requests: number }>([
    { where: 'before anything is written', write: 1, requests: 1 },
    { where: 'before the refund is noted', write: 2, requests: 1 },
    { where: 'before the channel is asked', channel: 'before', requests: 1 },
    { where: 'before the channel’s answer arrives', channel: 'after', requests: 1 },
    { where: 'before the end is noted', write: 3, requests: 1 },
  ])('a worker that dies $where does not send it twice', async ({ requests, ...crash }) => {
    const { terms, payment } = await store.paid();
    const refund = cancelled(payment);
    await expect(run(dying(crash), refund)).rejects.toThrow('died');
    expect(await orderOf(terms.orderId)).toMatchObject({ refundedFen: 0n });
    await send(refund);
    expect(asked(refund)).toBe(requests);
    expect(sentFor(refund)).toBe(200_000);
    expect(await orderOf(terms.orderId)).toMatchObject({ refundedFen: 200_000n });
    expect(await notified(store.db, refund.refundId)).toHaveLength(2);
  });

  test('a refund that was sent is not sent again, also by many calls at the same time', async () => {
    const { terms, payment } = await store.paid();
    const refund = cancelled(payment, 150_000);
    await send(refund);
    await Promise.all(Array.from({ length: 8 }, () => send(refund)));
    expect(sentFor(refund)).toBe(150_000);
    expect(await orderOf(terms.orderId)).toMatchObject({ refundedFen: 150_000n });
    expect(await store.db.refund.count({ where: { paymentId: payment.paymentId } })).toBe(1);
    expect(await notified(store.db, refund.refundId)).toHaveLength(2);
  });
});

describe('money that was earned stays', () => {
  test.each(['already_paid', 'order_closed', 'wrong_amount', 'wrong_channel', 'unknown_order'] as const)(
    'a payment that its order has counted is not returned as "%s": the channel is not even asked',
    async (reason) => {
      const { payment } = await store.paid();
      const refund = returnOf(payment, reason);
      await send(refund);
      expect(asked(refund)).toBe(0);
      expect(await refundOf(refund)).toBeNull();
    },
  );

  test('a payment that its order has counted is not returned under another id of the same transaction', async () => {
    const { payment } = await store.paid();
    const refund = returnOf({ ...payment, paymentId: 'pay_same_transaction' }, 'already_paid');
    await send(refund);
    expect(asked(refund)).toBe(0);
  });

  test.each([70_000, 200_000])(
    'a payment is not returned after %d fen of it went back with the delivery',
    async (amountFen) => {
      const { terms, payment } = await store.paid();
      const refund = cancelled(payment, amountFen);
      await send(refund);
      await send(returnOf(payment, 'order_closed'));
      expect(asked(refund)).toBe(1);
      expect(await orderOf(terms.orderId)).toMatchObject({ refundedFen: BigInt(amountFen) });
    },
  );

  test('a payment that was returned is not refunded a second time when the delivery is cancelled', async () => {
    const { terms } = await store.paid();
    const surplus = paymentFor(terms);
    const refund = returnOf(surplus, 'already_paid');
    await send(refund);
    await expect(send(cancelled(surplus))).rejects.toMatchObject({ type: 'REFUND.NOT_OWED' });
    expect(asked(refund)).toBe(1);
    expect(await orderOf(terms.orderId)).toMatchObject({ refundedFen: 0n });
  });

  test('a surplus payment that two workflows return goes back once', async () => {
    const { terms } = await store.paid();
    const surplus = paymentFor(terms);
    await Promise.all([send(returnOf(surplus, 'already_paid')), send(returnOf(surplus, 'order_closed'))]);
    expect(await store.db.refund.findMany({ where: { paymentId: surplus.paymentId } })).toMatchObject([
      { status: 'refunded', amountFen: 200_000n },
    ]);
    expect(sentFor(returnOf(surplus, 'already_paid'))).toBe(200_000);
  });

  test('no order ever gives back more than it took: the rules and the database refuse it', async () => {
    const { terms, payment } = await store.paid();
    await send(cancelled(payment, 150_000));
    const more = { ...cancelled(payment, 50_001), refundId: 'rfp_more' };
    const { sendRefund } = refundActivities({ ...store.outside, channel: countingChannel().port });
    await expect(run(sendRefund, more)).rejects.toThrow('more than the 50000 that are left');
    const forced = { where: { id: terms.orderId }, data: { refundedFen: { increment: 50_001 } } };
    await expect(store.db.order.update(forced)).rejects.toThrow(/orders_refund_within_payment/);
    expect(await orderOf(terms.orderId)).toMatchObject({ refundedFen: 150_000n });
  });
});

describe('GEN-5: a refund that the database does not know as owed', () => {
  test('AUD-1: it fails, is not sent, stands in the trail, and operations are notified once a day', async () => {
    const refund = cancelled(paymentFor(await store.placed()));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const failure = { type: 'REFUND.NOT_OWED', nonRetryable: false, nextRetryDelay: '1 hour' };
      await expect(send(refund)).rejects.toMatchObject(failure);
    }
    expect(asked(refund)).toBe(0);
    expect(await notified(store.db, refund.refundId)).toEqual(['order.refund_refused → ops']);
    expect((await stepsOf(store.db, refund.refundId)).map(({ action }) => action)).toEqual(['refund.refused']);
  });

  test('a refund of another amount than was noted is not sent', async () => {
    const { payment } = await store.paid();
    await send(cancelled(payment, 70_000));
    await expect(send(cancelled(payment, 70_001))).rejects.toMatchObject({ type: 'REFUND.NOT_OWED' });
    expect(sentFor(cancelled(payment))).toBe(70_000);
  });
});

describe('AUD-1: the trail shows that money goes back', () => {
  test.each([['delivery_cancelled'], ['already_paid']] as const)(
    'a refund leaves a step when it is asked for and when it is sent (%s)',
    async (reason) => {
      const { terms, payment } = await store.paid();
      const refund = reason === 'already_paid' ? returnOf(paymentFor(terms), reason) : cancelled(payment, 150_000);
      await send(refund);
      await send(refund);
      const steps = await store.db.step.findMany({
        where: { objectId: refund.refundId },
        orderBy: { sequence: 'asc' },
      });
      const money = { orderId: terms.orderId, channel: 'wechat', amountFen: refund.amountFen, reason };
      expect(steps).toMatchObject([
        { action: 'refund.requested', providerId: terms.providerId, stateAfter: { ...money, state: 'requested' } },
        { action: 'refund.refunded', providerId: terms.providerId, stateAfter: { ...money, state: 'refunded' } },
      ]);
      const timeline = await readTimeline(store.db, 'all', terms.orderId, { limit: 20, after: null });
      expect(timeline.map(({ action }) => action)).toEqual(
        expect.arrayContaining(['order.paid', 'refund.requested', 'refund.refunded']),
      );
    },
  );
});

describe('GEN-5: a refund that does not get through', () => {
  const report = (refund: Refund) => run(store.activities.reportStuckRefund, refund);

  test('operations are notified of it once a day', async () => {
    const { payment } = await store.paid();
    const refund = cancelled(payment);
    await report(refund);
    await report(refund);
    expect(await notified(store.db, refund.refundId)).toEqual(['order.refund_stuck → ops']);
    jest.useFakeTimers({ now: Date.now() + 86_400_000, doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] });
    await report(refund).finally(() => jest.useRealTimers());
    expect(await notified(store.db, refund.refundId)).toHaveLength(2);
  });

  test('operations are notified of it also when the order does not exist', async () => {
    const refund = returnOf(paymentFor(newTerms()), 'unknown_order');
    await report(refund);
    expect(await notified(store.db, refund.refundId)).toEqual(['order.refund_stuck → ops']);
  });
});
