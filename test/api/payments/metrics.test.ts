import { Registry } from 'prom-client';
import { paymentMetrics } from '../../../api/payments/metrics';
import { returnOf } from '../../../domain/refunds/refund';
import { markHandled, storeCallback } from '../../../prisma/store/payments/callbacks';
import { openDatabase } from '../../../prisma/store/shared/database';
import { unique } from '../../factories/commands';
import { newTerms, paymentFor } from '../../factories/orders';
import { testDatabase } from '../../support/database';
import { run, type Store, startStore } from '../../support/store';

const MINUTE = 60_000;

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

/** What a scrape reads. */
async function scraped(name: string, db = store.db): Promise<number> {
  const registry = new Registry();
  paymentMetrics(registry, db);
  const line = (await registry.metrics()).split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

async function receivedAgo(ms: number): Promise<string> {
  const { orderId, channel, transactionId, amountFen } = paymentFor(newTerms());
  const id = `pay_${unique()}`;
  await storeCallback(store.db, { id, orderId, channel, transactionId, amountFen, status: 'succeeded' });
  await store.db.paymentCallback.update({ where: { id }, data: { receivedAt: new Date(Date.now() - ms) } });
  return id;
}

test('ORD-6: the API says how old the oldest unhandled payment callback is, without any worker', async () => {
  const oldestSeconds = () => scraped('payment_callback_oldest_unhandled_seconds');
  expect(await oldestSeconds()).toBe(0);
  await receivedAgo(5 * MINUTE);
  const oldest = await receivedAgo(90 * MINUTE);
  expect(await oldestSeconds()).toBeGreaterThanOrEqual(5_400);
  expect(await oldestSeconds()).toBeLessThan(5_500);
  await markHandled(store.db, oldest, 'signalled');
  expect(await oldestSeconds()).toBeLessThan(400);
});

test('GEN-5: the API says how old the oldest refund is that its channel has not taken', async () => {
  expect(await scraped('refund_oldest_unsent_seconds')).toBe(0);
  const refund = returnOf(paymentFor(newTerms()), 'unknown_order');
  await run(store.activities.sendRefund, refund);
  expect(await scraped('refund_oldest_unsent_seconds')).toBe(0);
  const requestedAt = new Date(Date.now() - 90 * MINUTE);
  await store.db.refund.update({ where: { id: refund.refundId }, data: { status: 'requested', requestedAt } });
  expect(await scraped('refund_oldest_unsent_seconds')).toBeGreaterThanOrEqual(5_400);
});

test('GEN-5: the API counts the refunds that were refused as not owed, until they are sent', async () => {
  const terms = await store.placed();
  const payment = paymentFor(terms);
  const refund = { ...returnOf(payment, 'delivery_cancelled'), refundId: `rfd_${unique()}` };
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expect(run(store.activities.sendRefund, refund)).rejects.toMatchObject({ type: 'REFUND.NOT_OWED' });
  }
  expect(await scraped('refunds_refused')).toBe(1);
  await store.db.payment.update({ where: { id: payment.paymentId }, data: { status: 'accepted' } });
  await store.db.order.update({ where: { id: terms.orderId }, data: { paidFen: payment.amountFen } });
  await run(store.activities.sendRefund, refund);
  expect(await scraped('refunds_refused')).toBe(0);
});

test('what a database that is away does not answer is NaN, so that the other metrics are still served', async () => {
  const gone = await testDatabase();
  const db = openDatabase(gone.appUrl, 1);
  await gone.drop();
  expect(await scraped('payment_callback_oldest_unhandled_seconds', db)).toBeNaN();
  expect(await scraped('refunds_refused', db)).toBeNaN();
  await db.$disconnect();
});
