import pino from 'pino';
import { markHandled, storeCallback } from '../../../prisma/store/payments/callbacks';
import { reportWaitingCallbacks, waitingCallbacks } from '../../../prisma/store/payments/waiting';
import { startWaitingPaymentsReport } from '../../../worker/relays/payments';
import { unique } from '../../factories/commands';
import { newTerms, paymentFor } from '../../factories/orders';
import { eventually } from '../../support/eventually';
import { type Store, startStore } from '../../support/store';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
beforeEach(async () => {
  await store.db.paymentCallback.updateMany({ data: { handledAt: new Date() } });
});
afterAll(() => store.stop());

async function receivedAgo(ms: number) {
  const { orderId, channel, transactionId, amountFen } = paymentFor(newTerms());
  const id = `pay_${unique()}`;
  await storeCallback(store.db, { id, orderId, channel, transactionId, amountFen, status: 'succeeded' });
  await store.db.paymentCallback.update({ where: { id }, data: { receivedAt: new Date(Date.now() - ms) } });
  return { id, orderId };
}
const notices = () =>
  store.db.message.findMany({ where: { event: 'operations.payments_waiting' }, orderBy: { sequence: 'asc' } });

/** Runs the report for a few of its rounds. */
async function reported(): Promise<void> {
  const logged: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line: string) => logged.push(line) });
  const relay = startWaitingPaymentsReport({ db: store.db, logger, intervalMs: 10 });
  await eventually(() => expect(logged.length).toBeGreaterThanOrEqual(3));
  await relay.stop();
  expect(logged[0]).toContain('payment callbacks are not handled');
}

test('GEN-5: operations are notified once an hour of payments that wait, of the oldest and how many they are', async () => {
  await receivedAgo(11 * MINUTE);
  const { orderId } = await receivedAgo(2 * HOUR);
  await receivedAgo(MINUTE);
  await reported();
  await reported();
  const operations = await store.db.user.count({ where: { role: 'ops' } });
  const sent = await notices();
  expect(sent).toHaveLength(operations);
  expect(sent[0]).toMatchObject({ inSite: true, params: { objectId: orderId, count: '2' } });
  const emails = await store.db.notificationDelivery.count({
    where: { channel: 'email', message: { event: 'operations.payments_waiting' } },
  });
  expect(emails).toBe(operations);

  const waiting = await waitingCallbacks(store.db, new Date());
  if (waiting === null) throw new Error('nothing waits');
  await reportWaitingCallbacks(store.db, waiting, new Date(Date.now() + HOUR));
  expect(await notices()).toHaveLength(2 * operations);
});

test('GEN-5: what is being tried again, and what was handled, is not reported', async () => {
  const before = (await notices()).length;
  await receivedAgo(9 * MINUTE);
  const { id } = await receivedAgo(HOUR);
  await markHandled(store.db, id, 'signalled');
  const logger = pino({ level: 'silent' });
  const relay = startWaitingPaymentsReport({ db: store.db, logger, intervalMs: 10 });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await relay.stop();
  expect(await notices()).toHaveLength(before);
});
