import { monthsAfter } from '../../../domain/calendar/shanghai';
import { paymentReceived } from '../../../domain/ledger/events';
import { DAY_MS } from '../../../domain/policies/duration';
import { postJournal } from '../../../prisma/store/ledger/post';
import { instanceState, instanceWorkflowId, orderRefunded } from '../../../workflows/instances/messages';
import { unique } from '../../factories/commands';
import { instanceInput, saasProduct, startInstance } from '../../factories/instances';
import { orderRow } from '../../factories/order-rows';
import { saasWishes, type TermsWishes } from '../../factories/orders';
import { eventually } from '../../support/eventually';
import { notified, sentBack } from '../../support/observe';
import { refundsOf } from '../../support/refunds';
import { answering, type SpecProvider, startSpecProvider, wellBehaved } from '../../support/spec-provider';
import { startWorld, type World } from '../../support/world';

let world: World;
let provider: SpecProvider;
let productId: string;
beforeAll(async () => {
  world = await startWorld();
  provider = await startSpecProvider('a-token-of-tests');
  productId = await saasProduct(world.db, provider);
});
beforeEach(() => {
  provider.behave(wellBehaved);
  provider.calls.length = 0;
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
  return { instance, transactionId, terms: { orderId, deliveryId: null, buyerId, providerId, payableFen: 200_000 } };
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

test('RFD-2: withdrawn a moment before the 3 days are over, nothing goes back and the product stays in use', async () => {
  const { instance, terms, transactionId } = await running(1);
  const refund = await refundsOf(world).request({ terms });
  expect(await refund.letPass(3 * DAY_MS - 60_000)).toMatchObject({ stage: 'requested' });
  expect((await instance.row()).stage).toBe('active');
  await refund.act('buyer.withdraw');
  await expect(refund.ended()).resolves.toEqual({ outcome: 'withdrawn', refundedFen: 0 });
  await world.env.sleep(DAY_MS);
  expect(await refund.order()).toMatchObject({ state: 'completed', refundedFen: 0n, refundReservedFen: 0n });
  expect(await instance.row()).toMatchObject({ stage: 'active', signId: 'spec-1' });
  expect(await sentBack(world.channel.url, transactionId)).toEqual([]);
});

test('RFD-8: the provider refunds by itself past the condition, and not within it', async () => {
  const own = { initiatedBy: 'provider', amountFen: 30_000 } as const;
  const within = await running(1);
  await expect(refundsOf(world).request({ terms: within.terms }, own)).rejects.toMatchObject({
    cause: { type: 'REFUND.NOT_ALLOWED' },
  });
  const { instance, terms, transactionId } = await running(6);
  const refund = await refundsOf(world).request({ terms }, own);
  await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: 30_000 });
  expect(await refund.order()).toMatchObject({ state: 'completed', refundedFen: 30_000n });
  expect(await sentBack(world.channel.url, transactionId)).toEqual([30_000]);
  expect((await instance.row()).stage).toBe('active');
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

const silentOn = (...actions: string[]) =>
  provider.behave((received, response) =>
    actions.includes(received.action) ? answering(503, '')(received, response) : null,
  );

/** An order of the product that was placed and paid (or taken, where it costs nothing); and its instance, once that runs. */
async function ordered(changes: TermsWishes = {}) {
  const placed = await world.place(saasWishes(productId, changes));
  const { orderId } = placed.terms;
  if (placed.terms.payableFen === 0) await placed.act('buyer.take');
  else await placed.pay();
  const row = () => world.db.order.findUniqueOrThrow({ where: { id: orderId } });
  const payment = () => world.db.payment.findFirstOrThrow({ where: { orderId } });
  return {
    ...{ ...placed, orderId, row, payment },
    reaches: (state: string) => eventually(async () => expect(await row()).toMatchObject({ state }), 20_000),
    refundsOf: async () => world.db.refund.findMany({ where: { orderId }, select: { amountFen: true, status: true } }),
    sentBack: async () => sentBack(world.channel.url, (await payment()).transactionId),
    journals: async () => (await world.db.journal.findMany({ where: { objectId: orderId } })).map(({ kind }) => kind),
  };
}

/** A first purchase whose instance runs. */
async function begun(changes: TermsWishes = {}) {
  const order = await ordered(changes);
  await order.reaches('completed');
  const instanceId = order.orderId.replace('ord_', 'ins_');
  const handle = world.client.workflow.getHandle(instanceWorkflowId(instanceId));
  return {
    ...{ ...order, instanceId, handle },
    state: async () => (await handle.query(instanceState)).state,
    givenBack: (orderId: string) => handle.signal(orderRefunded, { orderId, refundId: `rfd_${unique()}` }),
    renewal: (more: TermsWishes = {}) =>
      ordered({ renews: { instanceId, scene: 'renewal' }, payableFen: 90_000, ...more }),
    destroyed: () =>
      eventually(async () => {
        await world.env.sleep('10 minutes');
        expect((await handle.describe()).status.name).toBe('COMPLETED');
      }, 20_000),
  };
}

describe('INS-4, ORD-8: an order for more of an instance', () => {
  test('its payment hands it over; the provider’s answer completes it, and earns its provider the price', async () => {
    const first = await begun();
    const from = (await first.state()).grants[0]?.fromMs ?? 0;
    const renewal = await first.renewal();
    await renewal.reaches('completed');
    expect(await renewal.ended()).toEqual({ outcome: 'paid' });
    expect(await first.state()).toMatchObject({ expiresAtMs: monthsAfter(from, 2), calls: [] });
    expect(await renewal.row()).toMatchObject({ scene: 'renewal', renewsInstanceId: first.instanceId });
    expect((await renewal.journals()).sort()).toEqual(['order_completed', 'payment_received']);
    expect(await world.db.instance.count({ where: { orderId: renewal.orderId } })).toBe(0);
    await first.givenBack(first.orderId);
    await first.destroyed();
  });

  test('a free trial becomes formal by one: its time counts anew, and its refund destroys the instance', async () => {
    const trial = await begun({ isTrial: true, payableFen: 0, span: { amount: 7, unit: 'day' } });
    expect(await trial.state()).toMatchObject({ purchase: { isTrial: true } });
    expect(await trial.journals()).toEqual([]);
    const formal = await trial.renewal({ renews: { instanceId: trial.instanceId, scene: 'trial_to_formal' } });
    await formal.reaches('completed');
    const state = await trial.state();
    expect(state).toMatchObject({ purchase: { isTrial: false, orderId: formal.orderId } });
    expect(state.expiresAtMs).toBe(monthsAfter(state.grants[0]?.fromMs ?? 0, 1));
    expect(provider.calls.map(({ action }) => action)).toEqual(['createInstance', 'modifyInstance']);
    // The other way to pay for the same trial is not what was agreed any more: it is formal already.
    const second = await trial.renewal({ renews: { instanceId: trial.instanceId, scene: 'trial_to_formal' } });
    await second.reaches('cancelled');
    await eventually(async () => expect(await second.sentBack()).toEqual([90_000]));
    const refund = await refundsOf(world).request({ terms: { ...formal.terms, deliveryId: null } });
    await refund.act('provider.agree');
    await refund.ended();
    await trial.destroyed();
  });

  test('RFD-2: a refunded renewal takes back the time that it had added, and the instance stays', async () => {
    const first = await begun();
    const before = (await first.state()).expiresAtMs;
    const renewal = await first.renewal();
    await renewal.reaches('completed');
    const refund = await refundsOf(world).request({ terms: { ...renewal.terms, deliveryId: null } });
    await refund.act('provider.agree');
    await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: 90_000 });
    await eventually(async () => expect(await first.state()).toMatchObject({ stage: 'active', expiresAtMs: before }));
    expect(await first.row()).toMatchObject({ state: 'completed', refundedFen: 0n });
    await first.givenBack(first.orderId);
    await first.destroyed();
  });

  test('paid when its instance is destroyed, it is cancelled and its money goes back, visibly', async () => {
    const first = await begun();
    const late = await world.place(
      saasWishes(productId, { payableFen: 90_000, renews: { instanceId: first.instanceId, scene: 'renewal' } }),
    );
    await first.givenBack(first.orderId);
    await first.destroyed();
    const { transactionId } = await late.pay();
    await expect(late.ended()).resolves.toEqual({ outcome: 'cancelled' });
    await eventually(async () => {
      expect(await sentBack(world.channel.url, transactionId)).toEqual([90_000]);
      expect(await late.view()).toMatchObject({ state: 'cancelled', paidFen: 90_000, refundedFen: 90_000 });
    });
    expect((await late.view()).timeline.at(-1)).toMatchObject({ action: 'order.not_delivered', actor: 'system' });
    expect((await notified(world.db, late.terms.orderId, 'order.not_delivered')).sort()).toEqual([
      'order.not_delivered → buyer',
      'order.not_delivered → provider',
    ]);
  });

  test('handed over and not carried out when its instance is given up, its money goes back, not to the provider', async () => {
    const first = await begun();
    silentOn('renewInstance');
    const renewal = await first.renewal();
    await expect(renewal.ended()).resolves.toEqual({ outcome: 'paid' });
    await first.givenBack(first.orderId);
    await renewal.reaches('cancelled');
    await eventually(async () =>
      expect(await renewal.refundsOf()).toEqual([{ amountFen: 90_000n, status: 'refunded' }]),
    );
    expect((await renewal.journals()).sort()).not.toContain('order_completed');
    await first.destroyed();
    expect(await renewal.row()).toMatchObject({ state: 'cancelled', refundedFen: 90_000n });
  });

  test('RFD-6: refunded before it could be handed over, it buys nothing', async () => {
    const first = await begun();
    const before = (await first.state()).expiresAtMs;
    const renewal = await world.place(
      saasWishes(productId, { payableFen: 90_000, renews: { instanceId: first.instanceId, scene: 'renewal' } }),
    );
    const { orderId } = renewal.terms;
    await first.givenBack(orderId);
    await renewal.pay();
    await expect(renewal.ended()).resolves.toEqual({ outcome: 'cancelled' });
    expect((await first.state()).expiresAtMs).toBe(before);
    await eventually(async () => expect(await renewal.view()).toMatchObject({ refundedFen: 90_000 }));
    await first.givenBack(first.orderId);
    await first.destroyed();
  });
});
