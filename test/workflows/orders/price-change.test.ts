import { createLogger } from '../../../config/logger';
import { storeCallback } from '../../../prisma/store/payments/callbacks';
import { startPaymentRelay } from '../../../worker/relays/payments';
import { paymentFor } from '../../factories/orders';
import { answersFromOneBarrier } from '../../support/barrier';
import { eventually } from '../../support/eventually';
import { notified, sentBack, stepsOf, wordsOf } from '../../support/observe';
import { startWorld, type World } from '../../support/world';

let world: World;
let relay: ReturnType<typeof startPaymentRelay>;
beforeAll(async () => {
  world = await startWorld();
  const { db, client } = world;
  const logger = createLogger({ LOG_LEVEL: 'silent' }, 'test');
  relay = startPaymentRelay({ db, client, taskQueue: 'back-office', logger, intervalMs: 50 });
});
afterAll(async () => {
  await relay.stop();
  await world.stop();
});

type Placed = Awaited<ReturnType<World['place']>>;
const rowOf = ({ terms }: Placed) => world.db.order.findUniqueOrThrow({ where: { id: terms.orderId } });
const returned = (transactionId: string, amounts: number[]) =>
  eventually(async () => expect(await sentBack(world.channel.url, transactionId)).toEqual(amounts));
const paidOf = (placed: Placed) =>
  eventually(async () => {
    const row = await rowOf(placed);
    expect(row.state).toBe('awaiting_start');
    return row;
  });
const reprice = (placed: Placed, payableFen: number) =>
  placed.act('provider.price', { payableFen, note: '老客户优惠' });
const reasonOf = async (paymentId: string) => (await world.db.refund.findFirstOrThrow({ where: { paymentId } })).reason;

/** A payment as a channel reports it: stored in the inbox, from where the relay hands it over. */
async function reported({ terms }: Placed, fact: { amountFen: number; priceVersion?: number }) {
  const { paymentId, receivedAtMs: _, ...payment } = paymentFor(terms, fact);
  await storeCallback(world.db, { id: paymentId, status: 'succeeded', ...payment });
  return { paymentId, ...payment };
}

describe('ORD-5: the price of an unpaid order changes', () => {
  test('the buyer is notified, and pays the new price', async () => {
    const placed = await world.place();
    const view = await reprice(placed, 150_000);
    expect(view).toMatchObject({
      ...{ state: 'pending_payment', payableFen: 150_000, originalFen: 200_000, priceVersion: 2 },
      timeline: [{ action: 'order.placed' }, { action: 'provider.price', actor: 'provider', note: '老客户优惠' }],
    });
    expect(await notified(world.db, placed.terms.orderId)).toEqual(['order.price_changed → buyer']);
    expect(await wordsOf(world.db, placed.terms.orderId, 'order.price_changed')).toMatchObject({
      ...{ payableFen: '150000', reason: '老客户优惠' },
    });
    await placed.pay({ amountFen: 150_000, priceVersion: 2 });
    expect(await paidOf(placed)).toMatchObject({ paidFen: 150_000n, payableFen: 150_000n });
    await expect(reprice(placed, 100_000)).rejects.toMatchObject({ code: 'ORDER.NOT_ALLOWED' });
  });

  test('the time to pay goes on as it was: the order closes 72 hours after it was placed', async () => {
    const placed = await world.place();
    const { payBy } = await rowOf(placed);
    await world.env.sleep('71 hours');
    await reprice(placed, 150_000);
    expect(await rowOf(placed)).toMatchObject({ payBy, state: 'pending_payment' });
    await world.env.sleep('2 hours');
    await expect(placed.ended()).resolves.toEqual({ outcome: 'closed' });
    await expect(reprice(placed, 100_000)).rejects.toMatchObject({ code: 'ORDER.NOT_ALLOWED' });
  });

  test('of somebody else’s order it does not change', async () => {
    const placed = await world.place();
    await expect(placed.act('buyer.take', { actorId: 'usr_other' })).rejects.toMatchObject({ code: 'ORDER.NOT_FOUND' });
  });

  test('a command that is sent twice changes the price once', async () => {
    const placed = await world.place();
    const commandId = `cmd_${placed.terms.orderId}`;
    await Promise.all([1, 2, 3].map(() => placed.act('provider.price', { payableFen: 150_000, commandId })));
    expect(await rowOf(placed)).toMatchObject({ priceVersion: 2 });
  });

  test('a step that was stored and not recorded is adopted', async () => {
    const placed = await world.place();
    await reprice(placed, 150_000);
    await reprice(placed, 120_000);
    expect(await placed.state()).toMatchObject({ sequence: 3, state: { payableFen: 120_000 } });
    expect((await stepsOf(world.db, placed.terms.orderId)).map(({ action }) => action)).toEqual([
      ...['order.placed', 'provider.price', 'provider.price'],
    ]);
  });
});

describe('ORD-5: a payment made at an old price is sent back', () => {
  test('it names its version: it goes back, and the order waits for the new price', async () => {
    const placed = await world.place();
    await reprice(placed, 150_000);
    const old = await reported(placed, { amountFen: 200_000, priceVersion: 1 });
    await returned(old.transactionId, [200_000]);
    expect(await reasonOf(old.paymentId)).toBe('old_price');
    expect(await rowOf(placed)).toMatchObject({ state: 'pending_payment', paidFen: 0n });
    await reported(placed, { amountFen: 150_000, priceVersion: 2 });
    expect(await paidOf(placed)).toMatchObject({ paidFen: 150_000n, refundedFen: 0n });
  });

  test('a price moved up and down again does not revive a payment made at the first one, named or not', async () => {
    const placed = await world.place();
    await reprice(placed, 150_000);
    await reprice(placed, 200_000);
    for (const fact of [{ priceVersion: 1 }, {}]) {
      const old = await reported(placed, { amountFen: 200_000, ...fact });
      await returned(old.transactionId, [200_000]);
      expect(await reasonOf(old.paymentId)).toBe('old_price');
    }
    await reported(placed, { amountFen: 200_000, priceVersion: 3 });
    expect(await paidOf(placed)).toMatchObject({ paidFen: 200_000n, priceVersion: 3 });
  });

  test('repriced to nothing: the buyer takes it without a channel, and a late payment goes back', async () => {
    const placed = await world.place();
    await expect(placed.act('buyer.take')).rejects.toMatchObject({ code: 'ORDER.NOT_ALLOWED' });
    expect(await reprice(placed, 0)).toMatchObject({ allowedActions: ['provider.price', 'buyer.take'] });
    expect(await placed.act('buyer.take')).toMatchObject({ state: 'awaiting_start', payableFen: 0, paidFen: 0 });
    const late = await reported(placed, { amountFen: 200_000, priceVersion: 1 });
    await returned(late.transactionId, [200_000]);
    expect(await world.db.delivery.count({ where: { orderId: placed.terms.orderId } })).toBe(1);
    expect(await rowOf(placed)).toMatchObject({ paidFen: 0n, refundedFen: 0n });
    await expect(placed.act('buyer.take')).rejects.toMatchObject({ code: 'ORDER.NOT_ALLOWED' });
  });
});

describe('ORD-5: price change and payment at the same time', () => {
  test('from one barrier: the order is paid at the old price and keeps it, or the payment goes back; both are seen', async () => {
    const seen = new Set<string>();
    for (let looks = 0; looks < 12 && seen.size < 2; looks += 1) {
      const placed = await world.place();
      let payment: Awaited<ReturnType<typeof reported>> | undefined;
      let change = '';
      const paying = async () => {
        // The buyer looks so often before paying: no clock decides who is first.
        for (let n = 0; n < looks * 4; n += 1) await rowOf(placed);
        payment = await reported(placed, { amountFen: 200_000, priceVersion: 1 });
      };
      const repricing = async () => {
        change = await reprice(placed, 150_000).then(
          () => 'changed',
          ({ code }: { code: string }) => code,
        );
      };
      await answersFromOneBarrier([paying, repricing], () => rowOf(placed));
      if (payment === undefined) throw new Error('it was paid');
      seen.add(change);
      if (change === 'changed') {
        await returned(payment.transactionId, [200_000]);
        expect(await reasonOf(payment.paymentId)).toBe('old_price');
        expect(await rowOf(placed)).toMatchObject({ state: 'pending_payment', payableFen: 150_000n, paidFen: 0n });
      } else {
        expect(await paidOf(placed)).toMatchObject({ payableFen: 200_000n, paidFen: 200_000n, priceVersion: 1 });
        expect(await sentBack(world.channel.url, payment.transactionId)).toEqual([]);
      }
    }
    expect([...seen].sort()).toEqual(['ORDER.NOT_ALLOWED', 'changed']);
  });

  test('a payment that was received and not handed over keeps its price', async () => {
    const placed = await world.place();
    await relay.stop();
    try {
      await reported(placed, { amountFen: 200_000, priceVersion: 1 });
      await expect(reprice(placed, 150_000)).rejects.toMatchObject({ code: 'ORDER.NOT_ALLOWED' });
      expect(await rowOf(placed)).toMatchObject({ state: 'pending_payment', priceVersion: 1 });
    } finally {
      const { db, client } = world;
      const logger = createLogger({ LOG_LEVEL: 'silent' }, 'test');
      relay = startPaymentRelay({ db, client, taskQueue: 'back-office', logger, intervalMs: 50 });
    }
    expect(await paidOf(placed)).toMatchObject({ paidFen: 200_000n });
  });

  test('one of an older version does not: it goes back whatever happens', async () => {
    const placed = await world.place();
    await reprice(placed, 150_000);
    await relay.stop();
    const old = await reported(placed, { amountFen: 200_000, priceVersion: 1 });
    expect(await reprice(placed, 120_000)).toMatchObject({ priceVersion: 3 });
    const { db, client } = world;
    const logger = createLogger({ LOG_LEVEL: 'silent' }, 'test');
    relay = startPaymentRelay({ db, client, taskQueue: 'back-office', logger, intervalMs: 50 });
    await returned(old.transactionId, [200_000]);
  });

  test('ten changes at the same time are ten versions', async () => {
    const placed = await world.place();
    await Promise.all(Array.from({ length: 10 }, (_, n) => reprice(placed, 100_000 + n)));
    const row = await rowOf(placed);
    expect(row.priceVersion).toBe(11);
    expect(await placed.state()).toMatchObject({ state: { payableFen: Number(row.payableFen) } });
  });
});
