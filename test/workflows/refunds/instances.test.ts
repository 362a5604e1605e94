import { paymentReceived } from '../../../domain/ledger/events';
import { DAY_MS } from '../../../domain/policies/duration';
import { postJournal } from '../../../prisma/store/ledger/post';
import { unique } from '../../factories/commands';
import { instanceInput, saasProduct, startInstance } from '../../factories/instances';
import { orderRow } from '../../factories/order-rows';
import { eventually } from '../../support/eventually';
import { refundsOf } from '../../support/refunds';
import { type SpecProvider, startSpecProvider } from '../../support/spec-provider';
import { startWorld, type World } from '../../support/world';

let world: World;
let provider: SpecProvider;
let productId: string;
beforeAll(async () => {
  world = await startWorld();
  provider = await startSpecProvider('a-token-of-tests');
  productId = await saasProduct(world.db, provider);
});
afterAll(async () => {
  await world.stop();
  await provider.stop();
});

/** A paid order of SaaS, whose instance runs: it was paid so many days ago. */
async function running(daysAgo: number) {
  const input = instanceInput(productId);
  const { orderId } = input.identity;
  const paidAt = new Date((await world.env.currentTimeMs()) - daysAgo * DAY_MS);
  const facts = {
    id: orderId,
    state: 'completed',
    fulfilment: 'instance',
    productType: 'saas',
    paidFen: 200_000n,
    paidAt,
  };
  const order = await world.db.order.create({ data: orderRow(facts) });
  const transactionId = `txn_${unique()}`;
  const payment = { id: `pay_${unique()}`, orderId, channel: 'wechat', transactionId, amountFen: 200_000n };
  await world.db.payment.create({ data: { ...payment, status: 'accepted', receivedAt: paidAt } });
  const instance = await startInstance(world, input);
  await eventually(async () => expect((await instance.state()).stage).toBe('active'));
  const { buyerId, providerId } = order;
  return { instance, terms: { orderId, deliveryId: null, buyerId, providerId, payableFen: 200_000 } };
}

test('RFD-2, INS-4: SaaS given back within the condition is refunded after 3 days, and its instance destroyed', async () => {
  const { instance, terms } = await running(1);
  const refund = await refundsOf(world).request({ terms });
  expect(await refund.view()).toMatchObject({ stage: 'requested', noReason: true });
  await world.env.sleep(3 * DAY_MS + 60_000);
  await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: 200_000 });
  expect(await refund.order()).toMatchObject({ state: 'refunded' });
  await eventually(async () => expect((await instance.row()).stage).toBe('destroyed'));
});

test('RFD-3, RFD-5: past the fifth day the provider may offer a part; the instance stays', async () => {
  const { instance, terms } = await running(6);
  const refund = await refundsOf(world).request({ terms });
  expect(await refund.view()).toMatchObject({ noReason: false });
  await refund.act('provider.offer', 50_000);
  await refund.act('buyer.accept');
  await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: 50_000 });
  expect(await refund.order()).toMatchObject({ state: 'completed', refundedFen: 50_000n });
  expect((await instance.state()).stage).toBe('active');
});

test('RFD-5a, ORD-8: a refund that is open while the instance is made delays the completion of its order, and no more', async () => {
  const input = instanceInput(productId);
  const { orderId } = input.identity;
  const paidAt = new Date(await world.env.currentTimeMs());
  const facts = { state: 'awaiting_start', fulfilment: 'instance', productType: 'saas', paidFen: 200_000n, paidAt };
  const { buyerId, providerId } = await world.db.order.create({ data: orderRow({ id: orderId, ...facts }) });
  const transactionId = `txn_${unique()}`;
  const payment = {
    paymentId: `pay_${unique()}`,
    orderId,
    channel: 'wechat',
    transactionId,
    amountFen: 200_000,
  } as const;
  const { paymentId: id, ...row } = payment;
  await world.db.payment.create({ data: { ...row, id, status: 'accepted', receivedAt: paidAt } });
  const by = { commandId: `cmd_${unique()}`, actor: 'system', runId: null, effectiveAt: paidAt };
  await postJournal(world.db, paymentReceived(payment), by);
  const terms = { orderId, deliveryId: null, buyerId, providerId, payableFen: 200_000 };
  const refund = await refundsOf(world).request({ terms });
  const instance = await startInstance(world, input);
  await eventually(async () => expect((await instance.row()).stage).toBe('active'));
  expect(await refund.order()).toMatchObject({ state: 'refunding', completedAt: null });
  await refund.act('buyer.withdraw');
  expect(await refund.order()).toMatchObject({ state: 'completed' });
  expect(await world.db.journal.count({ where: { businessKey: `order-completed/${orderId}` } })).toBe(1);
  expect(await world.db.clearingBalance.count({ where: { clearingKey: transactionId } })).toBe(0);
});
