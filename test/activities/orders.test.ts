import type { OrderTerms, PaymentFact } from '../../domain/orders/order';
import { newOrder } from '../../domain/orders/state';
import { unique } from '../factories/commands';
import { addInstance, purchaseOf } from '../factories/instances';
import { closedStep, newTerms, paidStep, paymentFor, placedStep, saasWishes } from '../factories/orders';
import { businessOf } from '../factories/rows';
import { POLICY } from '../factories/states';
import { notified } from '../support/observe';
import { run, type Store, startStore } from '../support/store';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

async function settle(terms: OrderTerms, payment: PaymentFact | null) {
  const step = payment === null ? closedStep(terms) : paidStep(terms, payment);
  const stored = await run(store.activities.recordOrderStep, step);
  if (typeof stored === 'string') throw new Error(`${terms.orderId} waits for a payment`);
  return stored;
}
const orderOf = ({ orderId }: OrderTerms) => store.db.order.findUniqueOrThrow({ where: { id: orderId } });

describe('ORD-6: recordOrderStep: an order is placed', () => {
  test('an order is stored once, however often its step is recorded', async () => {
    const terms = newTerms();
    const step = placedStep(terms);
    await run(store.activities.recordOrderStep, step);
    const before = await businessOf(store.db);
    const again = { ...step, atMs: step.atMs + 5, state: newOrder(terms, step.atMs + 2_000) };
    const stored = { sequence: 1, commandId: step.commandId, state: step.state };
    expect(await run(store.activities.recordOrderStep, again)).toEqual(stored);
    expect(await businessOf(store.db)).toEqual(before);
    expect(await orderOf(terms)).toMatchObject({ state: 'pending_payment', payBy: new Date(step.state.payByMs) });
  });
});

describe('ORD-6: recordOrderStep: an order is paid or closes, and what came first is the truth', () => {
  test('DLV-1: when it is paid, the payment counts and the delivery begins in one step', async () => {
    const terms = await store.placed();
    const payment = paymentFor(terms);
    const { state } = await settle(terms, payment);
    expect(state).toMatchObject({ payment, delivery: { stage: 'awaiting_requirement' } });
    expect(await orderOf(terms)).toMatchObject({ state: 'awaiting_start', paidFen: 200_000n, endedAt: null });
    expect(await store.db.delivery.findUniqueOrThrow({ where: { id: terms.deliveryId } })).toMatchObject({
      state: state.delivery,
      policy: POLICY,
      sequence: 1,
    });
    expect(await store.db.step.findUnique({ where: { commandId: `${terms.deliveryId}/1` } })).not.toBeNull();
  });

  test('when it closes, nothing is paid and no delivery begins', async () => {
    const terms = await store.placed();
    expect(await settle(terms, null)).toMatchObject({ state: { state: 'closed', payment: null } });
    expect(await orderOf(terms)).toMatchObject({ state: 'closed', paidFen: 0n });
    expect(await store.db.delivery.count({ where: { id: terms.deliveryId } })).toBe(0);
  });

  test('a repeated call answers what is stored, also when it proposes something else', async () => {
    const terms = await store.placed();
    const first = await settle(terms, paymentFor(terms));
    const before = await businessOf(store.db);
    expect(await settle(terms, paymentFor(terms))).toEqual(first);
    expect(await settle(terms, null)).toEqual(first);
    expect(await businessOf(store.db)).toEqual(before);
  });

  test.each([1, 2, 3])(
    'of several payments and the closing at the same time one wins, and all callers get that one (%#)',
    async () => {
      const terms = await store.placed();
      const proposals = Array.from({ length: 9 }, (_, n) => (n % 3 === 0 ? null : paymentFor(terms)));
      const [first, ...others] = await Promise.all(proposals.map((payment) => settle(terms, payment)));
      for (const other of others) expect(other).toEqual(first);
      const winner = first?.state.payment ?? null;
      const payments = await store.db.payment.findMany({ where: { orderId: terms.orderId } });
      expect(payments.map(({ id }) => id)).toEqual(winner === null ? [] : [winner.paymentId]);
      expect(await store.db.delivery.count({ where: { orderId: terms.orderId } })).toBe(winner === null ? 0 : 1);
      expect(await orderOf(terms)).toMatchObject({ state: winner === null ? 'closed' : 'awaiting_start' });
      expect(await notified(store.db, terms.orderId)).toHaveLength(winner === null ? 2 : 3);
    },
  );

  test('a transaction that another order has counted is not counted again: nothing is written', async () => {
    const [terms, another] = [await store.placed(), await store.placed()];
    const payment = paymentFor(another);
    await settle(another, payment);
    const before = await businessOf(store.db);
    await expect(settle(terms, { ...payment, paymentId: `pay_${unique()}` })).rejects.toThrow(/payments_channel/);
    expect(await businessOf(store.db)).toEqual(before);
  });
});

describe('ORD-8: handOverPurchase, cancelUndelivered: a renewal that cannot be handed over now, or any more', () => {
  /** A paid order for more of an instance that is there. */
  async function renewal() {
    const instanceId = await addInstance(store.db);
    const renews = { instanceId, scene: 'renewal' as const };
    const terms = newTerms(saasWishes('prd_demo', { payableFen: 90_000, renews }));
    await run(store.activities.recordOrderStep, placedStep(terms));
    await settle(terms, paymentFor(terms));
    const { orderId } = terms;
    const is = (state: string) => store.db.order.update({ where: { id: orderId }, data: { state } });
    const to = { workflowId: 'nobody', update: 'purchased' };
    const handOver = () => run(store.activities.handOverPurchase, { instanceId, purchase: purchaseOf(orderId), to });
    return { ...{ terms, orderId, is, handOver }, cancel: () => run(store.activities.cancelUndelivered, { orderId }) };
  }

  test('RFD-6: while a refund of it is open, it waits; given back, it is not handed over', async () => {
    const { is, handOver, cancel } = await renewal();
    await is('refunding');
    await expect(handOver()).rejects.toMatchObject({ type: 'ORDER.REFUND_OPEN', nonRetryable: false });
    expect(await cancel()).toBe('refund_open');
    await is('refunded');
    expect(await handOver()).toBe('given_back');
    expect(await cancel()).toEqual({ refundFen: 0 });
  });

  test('it is cancelled once, with one step, however often that is repeated; one that was completed is not', async () => {
    const { terms, is, cancel } = await renewal();
    for (let n = 0; n < 3; n += 1) expect(await cancel()).toEqual({ refundFen: 90_000 });
    expect(await orderOf(terms)).toMatchObject({ state: 'cancelled', sequence: 3, endedAt: expect.any(Date) });
    const steps = await store.db.step.findMany({ where: { objectId: terms.orderId, action: 'order.not_delivered' } });
    expect(steps).toHaveLength(1);
    await is('completed');
    expect(await cancel()).toEqual({ refundFen: 0 });
  });
});
