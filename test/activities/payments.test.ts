import type { OrderTerms } from '../../domain/orders/order';
import {
  claimCallbacks,
  markHandled,
  type PaymentCallback,
  storeCallback,
} from '../../prisma/store/payments/callbacks';
import { unique } from '../factories/commands';
import { closedStep, newTerms } from '../factories/orders';
import { run, type Store, startStore } from '../support/store';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
beforeEach(() => store.db.paymentCallback.updateMany({ data: { handledAt: new Date() } }));
afterAll(() => store.stop());

const callbackFor = (terms: OrderTerms, other: Partial<PaymentCallback> = {}): PaymentCallback => ({
  id: `pay_${unique()}`,
  channel: terms.paymentChannel,
  transactionId: `txn_${unique()}`,
  orderId: terms.orderId,
  status: 'succeeded',
  amountFen: terms.payableFen,
  ...other,
});

async function stored(terms: OrderTerms, other: Partial<PaymentCallback> = {}): Promise<PaymentCallback> {
  const callback = callbackFor(terms, other);
  await storeCallback(store.db, callback);
  return callback;
}

describe('ORD-6: the claim of payment callbacks', () => {
  test.each([43, 10_000, 2_000_000_000])(
    'a callback that failed %d times keeps nobody else from being claimed, and is tried again within five minutes',
    async (attempts) => {
      const failing = await stored(newTerms());
      await store.db.paymentCallback.update({ where: { id: failing.id }, data: { attempts } });
      const fresh = await stored(newTerms());
      const claimed = await claimCallbacks(store.db, 20);
      expect(claimed.map(({ id }) => id).sort()).toEqual([failing.id, fresh.id].sort());
      const { nextAttemptAt } = await store.db.paymentCallback.findUniqueOrThrow({ where: { id: failing.id } });
      expect(nextAttemptAt.getTime() - Date.now()).toBeLessThanOrEqual(300_000);
      expect(nextAttemptAt.getTime() - Date.now()).toBeGreaterThan(290_000);
    },
  );

  test('the pauses between attempts double from two seconds to five minutes', async () => {
    const failing = await stored(newTerms());
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await claimCallbacks(store.db, 20);
      const { nextAttemptAt } = await store.db.paymentCallback.findUniqueOrThrow({ where: { id: failing.id } });
      pauses.push(Math.round((nextAttemptAt.getTime() - Date.now()) / 1_000));
      await store.db.paymentCallback.update({ where: { id: failing.id }, data: { nextAttemptAt: new Date() } });
    }
    expect(pauses).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });
});

describe('ORD-6: a payment that was stored before the deadline is never beaten by the closing', () => {
  const close = (terms: OrderTerms, knownPaymentIds: string[] = []) =>
    run(store.activities.recordOrderStep, closedStep(terms, knownPaymentIds));
  const stateOf = async ({ orderId }: OrderTerms) =>
    (await store.db.order.findUniqueOrThrow({ where: { id: orderId } })).state;

  test('the order does not close while a payment waits to be handed to it', async () => {
    const terms = await store.placed();
    await stored(terms);
    expect(await close(terms)).toBe('payment_expected');
    expect(await stateOf(terms)).toBe('pending_payment');
  });

  test('the order does not close while a payment was handed over that it has not looked at', async () => {
    const terms = await store.placed();
    const callback = await stored(terms);
    await markHandled(store.db, callback.id, 'signalled');
    expect(await close(terms)).toBe('payment_expected');
    expect(await stateOf(terms)).toBe('pending_payment');
  });

  test('the order closes when it has looked at every payment and none was its own', async () => {
    const terms = await store.placed();
    const wrong = await stored(terms, { amountFen: 1 });
    expect(await close(terms, [wrong.id])).toMatchObject({ state: { payment: null } });
    expect(await stateOf(terms)).toBe('closed');
  });

  test.each<[string, (terms: OrderTerms) => Promise<unknown>]>([
    ['a failed attempt to pay', (terms) => stored(terms, { status: 'failed' })],
    ['a payment of another order', () => stored(newTerms())],
    [
      'a payment that came after the deadline',
      async (terms) => {
        const { id } = await stored(terms);
        const { payBy } = await store.db.order.findUniqueOrThrow({ where: { id: terms.orderId } });
        const receivedAt = new Date(payBy.getTime() + 1);
        await store.db.paymentCallback.update({ where: { id }, data: { receivedAt } });
      },
    ],
    [
      'a payment that was sent back already',
      async (terms) => markHandled(store.db, (await stored(terms)).id, 'returned'),
    ],
  ])('%s does not keep an order from closing', async (_, happened) => {
    const terms = await store.placed();
    await happened(terms);
    expect(await close(terms)).toMatchObject({ state: { payment: null } });
    expect(await stateOf(terms)).toBe('closed');
  });

  test('the closing waits for a payment that is being stored', async () => {
    const terms = await store.placed();
    let closing: Promise<unknown> = Promise.resolve();
    await store.db.$transaction(async (tx) => {
      await storeCallback(tx, callbackFor(terms));
      closing = close(terms);
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    expect(await closing).toBe('payment_expected');
  });

  test('a payment that has to wait for the closing counts as received after it', async () => {
    const terms = await store.placed();
    const callback = callbackFor(terms);
    let storing: Promise<unknown> = Promise.resolve();
    let closedAt = new Date(0);
    await store.db.$transaction(async (tx) => {
      await tx.$executeRaw`UPDATE orders SET state = 'closed' WHERE id = ${terms.orderId}`;
      storing = storeCallback(store.db, callback);
      await new Promise((resolve) => setTimeout(resolve, 300));
      closedAt = new Date();
    });
    await storing;
    const { receivedAt } = await store.db.paymentCallback.findUniqueOrThrow({ where: { id: callback.id } });
    expect(receivedAt.getTime()).toBeGreaterThanOrEqual(closedAt.getTime());
  });
});
