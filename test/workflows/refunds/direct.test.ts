import { DAY_MS } from '../../../domain/policies/duration';
import { invoicesOf } from '../../factories/invoices';
import { eventually } from '../../support/eventually';
import { notified, sentBack, stepsOf } from '../../support/observe';
import { refundsOf } from '../../support/refunds';
import { startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** A paid order that the provider fulfils directly, and a request for all of it. */
async function asked() {
  const order = await world.place({ supervised: false });
  const payment = await order.pay();
  await eventually(async () => expect((await order.view()).state).toBe('awaiting_start'));
  await order.act('provider.start');
  const before = await order.view();
  const refund = await refundsOf(world).request({ terms: { ...order.terms, deliveryId: null } });
  return { order, payment, before, refund };
}

describe('RFD-6: an order that is fulfilled directly waits for its refund', () => {
  test('nothing is possible meanwhile; withdrawn, it goes on exactly where it was', async () => {
    const { order, before, refund } = await asked();
    expect(await refund.view()).toMatchObject({ noReason: true });
    expect(await order.view()).toMatchObject({ state: 'refunding', allowedActions: [], deadlines: [] });
    await expect(order.act('provider.done', { note: '做好了' })).rejects.toMatchObject({ code: 'ORDER.NOT_ALLOWED' });
    await world.env.sleep(2 * DAY_MS);
    await refund.act('buyer.withdraw');
    await refund.ended();
    const after = await order.view();
    expect(after).toMatchObject({ state: 'implementing', allowedActions: before.allowedActions });
    const later = after.deadlines.map(
      ({ at }, index) => Date.parse(at) - Date.parse(before.deadlines[index]?.at ?? ''),
    );
    expect(later.length).toBeGreaterThan(0);
    for (const ms of later) expect(Math.abs(ms - 2 * DAY_MS)).toBeLessThan(60_000);
    await order.act('provider.done', { note: '做好了' });
    expect(await order.act('buyer.confirm')).toMatchObject({ state: 'completed' });
  });

  test('refunded, it is at its end, and nothing goes back a second time', async () => {
    const { order, payment, refund } = await asked();
    await refund.act('provider.agree');
    await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: 200_000 });
    await order.ended();
    expect(await refund.order()).toMatchObject({ state: 'refunded', refundedFen: 200_000n });
    expect(await sentBack(world.channel.url, payment.transactionId)).toEqual([200_000]);
  });
});

test('ORD-3, RFD-6: one that had a part of its payment back and is never started is cancelled, and the rest goes back', async () => {
  const order = await world.place({ supervised: false });
  const payment = await order.pay();
  await eventually(async () => expect((await order.view()).state).toBe('awaiting_start'));
  const refund = await refundsOf(world).request({ terms: { ...order.terms, deliveryId: null } }, { amountFen: 50_000 });
  await refund.act('provider.agree');
  await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: 50_000 });
  expect(await order.view()).toMatchObject({ state: 'awaiting_start' });
  await world.env.sleep(16 * DAY_MS);
  await order.ended();
  expect(await refund.order()).toMatchObject({ state: 'cancelled', refundedFen: 200_000n });
  expect((await sentBack(world.channel.url, payment.transactionId)).sort()).toEqual([150_000, 50_000]);
  expect(await world.db.clearingBalance.count({ where: { clearingKey: payment.transactionId } })).toBe(0);
});

describe('RFD-4: what a cancelled order gives back waits for its live invoice', () => {
  const refundIdOf = ({ paymentId }: { paymentId: string }) => paymentId.replace('pay_', 'rfp_');

  test('visibly, and with one notification; once the invoice is withdrawn it goes back by itself', async () => {
    const order = await world.place({ supervised: false });
    const payment = await order.pay();
    await eventually(async () => expect((await order.view()).state).toBe('awaiting_start'));
    const { orderId } = order.terms;
    const invoice = await invoicesOf(world).ask({ amountFen: 200_000, orderIds: [orderId] });
    await world.env.sleep(15.01 * DAY_MS);
    await eventually(async () =>
      expect(await order.view()).toMatchObject({ state: 'cancelled', refundWaitsFor: ['invoice'], refundedFen: 0 }),
    );
    await world.env.sleep(2 * DAY_MS);
    expect(await sentBack(world.channel.url, payment.transactionId)).toEqual([]);
    const refundId = refundIdOf(payment);
    const waits = ['order.refund_waits → buyer', 'order.refund_waits → provider'];
    expect(await notified(world.db, refundId)).toEqual(waits);
    // Operations are notified once, when it has waited for three days.
    await eventually(async () => {
      await world.env.sleep(DAY_MS);
      expect(await notified(world.db, refundId)).toContain('order.refund_waits → ops');
    });
    await world.env.sleep(7 * DAY_MS);
    expect(await notified(world.db, refundId)).toHaveLength(3);
    // Nothing else of the order can be invoiced meanwhile.
    await expect(invoicesOf(world).ask({ amountFen: 1, orderIds: [orderId] })).rejects.toMatchObject({
      code: 'INVOICE.ORDER_NOT_INVOICEABLE',
    });
    await invoice.act('buyer.withdraw');
    await world.env.sleep(DAY_MS / 24);
    await expect(order.ended()).resolves.toEqual({ outcome: 'cancelled' });
    expect(await order.view()).toMatchObject({ refundWaitsFor: [], refundedFen: 200_000, invoicedFen: 0 });
    expect(await sentBack(world.channel.url, payment.transactionId)).toEqual([200_000]);
    const actions = (await stepsOf(world.db, refundId)).map(({ action }) => action);
    expect(actions).toEqual(['refund.waiting', 'refund.requested', 'refund.refunded']);
  });

  test('a surplus payment of an invoiced order does not wait', async () => {
    const order = await world.place({ supervised: false });
    await order.pay();
    await eventually(async () => expect((await order.view()).state).toBe('awaiting_start'));
    await invoicesOf(world).ask({ amountFen: 200_000, orderIds: [order.terms.orderId] });
    const surplus = await order.pay();
    await eventually(async () => expect(await sentBack(world.channel.url, surplus.transactionId)).toEqual([200_000]));
  });

  test('INV-1: an invoice that is asked for while the delivery is cancelled is refused or waited for, never both paid and gone', async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 4; round += 1) {
      const delivery = await world.paid();
      await delivery.acts('buyer.requirement');
      await delivery.letDaysPass(5.1);
      await delivery.act('buyer.appeals');
      const { orderId } = delivery.terms;
      const ask = () => invoicesOf(world).ask({ amountFen: 200_000, orderIds: [orderId] });
      const rule = () => delivery.act('ops.resolve', { ruling: 'cancel_and_refund' });
      const pause = () => new Promise((resolve) => setTimeout(resolve, round % 2 === 0 ? 0 : 20));
      const [asked] = await Promise.allSettled([ask(), pause().then(rule)]);
      outcomes.add(asked.status);
      if (asked.status === 'fulfilled') {
        await eventually(async () => expect((await order(orderId)).refundWaits).toBe(1));
        expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([]);
        await asked.value.act('provider.void');
        await world.env.sleep(DAY_MS / 24);
      }
      await expect(delivery.outcome()).resolves.toMatchObject({ refundFen: 200_000 });
      expect(await order(orderId)).toMatchObject({ state: 'cancelled', refundedFen: 200_000n, invoicedFen: 0n });
      expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([200_000]);
    }
    expect(outcomes).toContain('fulfilled');
  });

  const order = async (orderId: string) => ({
    ...(await world.db.order.findUniqueOrThrow({ where: { id: orderId } })),
    refundWaits: await world.db.refund.count({ where: { orderId, status: 'waiting' } }),
  });
});

describe('RFD-3, RFD-5: of what is delivered at once there is no condition', () => {
  async function delivered(productType: 'image' | 'api') {
    const order = await world.place({ productType });
    const payment = await order.pay();
    await order.ended();
    return { payment, terms: { ...order.terms, deliveryId: null } };
  }

  test.each(['image', 'api'] as const)(
    'an %s that was paid goes back with the provider’s consent, not by the time that passes',
    async (productType) => {
      const { payment, terms } = await delivered(productType);
      const unanswered = await refundsOf(world).request({ terms });
      expect(await unanswered.letPass(3 * DAY_MS - 60_000)).toMatchObject({ stage: 'requested', noReason: false });
      await world.env.sleep(61_000);
      expect(await unanswered.until('escalated')).toMatchObject({ refundedFen: 0 });
      await unanswered.act('buyer.withdraw');
      await unanswered.ended();
      const agreed = await refundsOf(world).request({ terms });
      await agreed.act('provider.agree');
      await expect(agreed.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: 200_000 });
      expect(await agreed.order()).toMatchObject({ state: 'refunded', refundedFen: 200_000n });
      expect(await sentBack(world.channel.url, payment.transactionId)).toEqual([200_000]);
    },
  );

  test('what was free has nothing to give back', async () => {
    const order = await world.place({ productType: 'api' });
    await order.act('provider.price', { payableFen: 0 });
    await order.act('buyer.take');
    await order.ended();
    const terms = { ...order.terms, deliveryId: null };
    await expect(refundsOf(world).request({ terms }, { amountFen: 1 })).rejects.toMatchObject({
      cause: { type: 'REFUND.NOT_ALLOWED' },
    });
  });
});
