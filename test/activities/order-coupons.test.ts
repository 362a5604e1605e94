import fc from 'fast-check';
import { newCoupon } from '../../domain/coupons/form';
import { priceWithCoupon } from '../../domain/coupons/pricing';
import type { OrderTerms } from '../../domain/orders/order';
import { type OrderState, pay, priceVersionOf } from '../../domain/orders/state';
import type { OrderStep } from '../../domain/orders/step';
import { applyOrderCommand, close } from '../../domain/orders/transitions';
import { systemCause } from '../../domain/shared/step';
import { usableClaims } from '../../prisma/store/coupons/claims';
import { createCoupon } from '../../prisma/store/coupons/coupons';
import { couponOf } from '../../prisma/store/coupons/stored';
import { unique } from '../factories/commands';
import { claimFor, couponForm, usableCoupon } from '../factories/coupons';
import { newTerms, orderCommand, paymentFor, placedStep } from '../factories/orders';
import { run, type Store, startStore } from '../support/store';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

const record = (step: OrderStep) => run(store.activities.recordOrderStep, step);
const claimRow = (id: string) => store.db.couponClaim.findUniqueOrThrow({ where: { id } });
const orderRow = ({ orderId }: OrderTerms) => store.db.order.findUnique({ where: { id: orderId } });

/** The terms of an order that uses a claim. */
async function termsWith(claimId: string, buyerId = 'usr_demo', originalFen = 200_000): Promise<OrderTerms> {
  const { coupon } = await store.db.couponClaim.findUniqueOrThrow({
    where: { id: claimId },
    include: { coupon: true },
  });
  const { id, reduction } = couponOf(coupon);
  const { payableFen, reductionFen } = priceWithCoupon(originalFen, reduction);
  return { ...newTerms(), buyerId, originalFen, payableFen, coupon: { id, claimId, reduction, reductionFen } };
}

/** An order at one of its steps, and the steps that may follow. */
type Placed = { terms: OrderTerms; state: OrderState; sequence: number };

async function placed(terms: OrderTerms): Promise<Placed> {
  const step = placedStep(terms);
  await record(step);
  return { terms, state: step.state, sequence: 1 };
}

async function next(order: Placed, step: Partial<OrderStep> & Pick<OrderStep, 'state' | 'action'>): Promise<Placed> {
  const sequence = order.sequence + 1;
  const stored = await record({ ...placedStep(order.terms), ...step, commandId: `cmd_${unique()}`, sequence });
  if (typeof stored === 'string') throw new Error(`the step must wait: ${stored}`);
  return { ...order, sequence, state: stored.state };
}

async function paid(order: Placed): Promise<Placed> {
  const payment = paymentFor(order.terms, {
    amountFen: order.state.payableFen,
    priceVersion: priceVersionOf(order.state),
  });
  const transition = pay(order.terms, order.state, payment, Date.now());
  if (transition === null) throw new Error('the payment does not fit');
  return next(order, { ...systemCause('', 'order.paid'), ...transition });
}

const closed = (order: Placed) => next(order, { ...systemCause('', 'deadline.pay_within'), ...close(order.state) });

const repriced = (order: Placed, payableFen: number) =>
  next(order, {
    action: 'provider.price',
    ...applyOrderCommand(order.terms, order.state, orderCommand('provider.price', { payableFen }), Date.now()),
  });

const taken = (order: Placed) =>
  next(order, {
    action: 'buyer.take',
    ...applyOrderCommand(order.terms, order.state, orderCommand('buyer.take'), Date.now()),
  });

async function claim(changes: Record<string, unknown> = {}): Promise<string> {
  return claimFor(store.db, await usableCoupon(store.db, changes), 'usr_demo');
}

describe('CPN-3: a coupon is reserved when the order is made, used when it is paid, released when it closes', () => {
  test('reserved and used, each in the step of the order', async () => {
    const claimId = await claim();
    const order = await placed(await termsWith(claimId));
    const { orderId } = order.terms;
    expect(await claimRow(claimId)).toMatchObject({ status: 'reserved', orderId });
    expect(await orderRow(order.terms)).toMatchObject({
      ...{ couponId: order.terms.coupon?.id, couponReductionFen: 1_000n, payableFen: 199_000n, originalFen: 200_000n },
    });
    await paid(order);
    expect(await claimRow(claimId)).toMatchObject({ status: 'used', orderId });
    expect(await orderRow(order.terms)).toMatchObject({ state: 'awaiting_start', paidFen: 199_000n });
  });

  test('released by the closing, and free for another order', async () => {
    const claimId = await claim();
    const order = await placed(await termsWith(claimId));
    await closed(order);
    expect(await claimRow(claimId)).toMatchObject({ status: 'claimed', orderId: null });
    const another = await placed(await termsWith(claimId));
    expect(await claimRow(claimId)).toMatchObject({ status: 'reserved', orderId: another.terms.orderId });
  });

  test('RFD-6: what was used is not given back, whatever becomes of the order', async () => {
    const claimId = await claim();
    const order = await placed(await termsWith(claimId));
    await paid(order);
    await store.db.order.update({ where: { id: order.terms.orderId }, data: { state: 'refunded' } });
    expect(await claimRow(claimId)).toMatchObject({ status: 'used', orderId: order.terms.orderId });
    await expect(placed(await termsWith(claimId))).rejects.toMatchObject({ type: 'COUPON.TAKEN' });
  });

  test('a step that is recorded again reserves, uses and releases nothing more', async () => {
    const claimId = await claim();
    const terms = await termsWith(claimId);
    const step = placedStep(terms);
    const first = await record(step);
    expect(await record({ ...step, atMs: step.atMs + 5 })).toEqual(first);
    const order = { terms, state: step.state, sequence: 1 };
    await closed(order);
    // Another order has it by now: the closing that comes again leaves it there.
    const another = await placed(await termsWith(claimId));
    await closed(order);
    expect(await claimRow(claimId)).toMatchObject({ status: 'reserved', orderId: another.terms.orderId });
  });

  test('one that is another buyer’s is reserved by nobody else', async () => {
    const terms = { ...(await termsWith(await claim())), buyerId: 'usr_other' };
    await expect(record(placedStep(terms))).rejects.toMatchObject({ type: 'COUPON.TAKEN' });
    expect(await orderRow(terms)).toBeNull();
  });

  test('an order whose reservation is gone is not paid silently: the contradiction fails loudly', async () => {
    const claimId = await claim();
    const order = await placed(await termsWith(claimId));
    await store.db.couponClaim.update({ where: { id: claimId }, data: { status: 'claimed', orderId: null } });
    await expect(paid(order)).rejects.toMatchObject({ type: 'OBJECT.INCONSISTENT' });
    expect(await orderRow(order.terms)).toMatchObject({ state: 'pending_payment', paidFen: 0n });
  });
});

describe('CPN-2: usable within its validity, to the millisecond', () => {
  // Created two days ago, and ended by now.
  const begin = Date.now() - 36 * 3_600_000;
  const end = begin + 24 * 3_600_000;
  const validity = { validFrom: new Date(begin).toISOString(), validTo: new Date(end).toISOString() };
  const valid = { ...validity, perBuyer: 9 };

  test('from its first instant on, until before its last', async () => {
    const id = await usableCoupon(store.db, valid);
    await claimFor(store.db, id, 'usr_validity', new Date(begin));
    const order = { providerId: 'prv_demo', buyerId: 'usr_validity', orderId: 'ord_none' };
    const usable = [begin - 1, begin, end - 1, end].map(async (atMs) => {
      return (await usableClaims(store.db, { ...order, at: new Date(atMs) })).length;
    });
    expect(await Promise.all(usable)).toEqual([0, 1, 1, 0]);
  });

  test('claimed before it is usable, and until it ends', async () => {
    const id = await usableCoupon(store.db, valid);
    for (const atMs of [begin - 1, end - 1]) await claimFor(store.db, id, 'usr_validity', new Date(atMs));
    await expect(claimFor(store.db, id, 'usr_validity', new Date(end))).rejects.toMatchObject({
      code: 'COUPON.NOT_CLAIMABLE',
    });
    expect((await store.db.coupon.findUniqueOrThrow({ where: { id } })).claimed).toBe(2);
  });

  test('CPN-1: its validity begins a millisecond after its creation at the earliest', async () => {
    const form = newCoupon.parse(couponForm(validity));
    const created = (atMs: number) => {
      const id = `cpn_${unique()}`;
      const origin = { requestId: 'req_test', sourceIp: '127.0.0.1' };
      const cause = {
        objectId: id,
        commandId: `cmd_${id}`,
        action: 'provider.coupons',
        actorRole: 'provider' as const,
      };
      const change = { ...cause, ...origin, providerId: 'prv_demo', actorId: 'usr_provider_demo', at: new Date(atMs) };
      return createCoupon(store.db, change, form, null);
    };
    await expect(created(begin)).rejects.toMatchObject({ code: 'REQUEST.INVALID' });
    await expect(created(begin - 1)).resolves.toBeUndefined();
  });

  test('CPN-3: an order that was made in its last millisecond is paid with it, though it has ended meanwhile', async () => {
    const id = await usableCoupon(store.db, { ...valid, kind: { discount: 0.5 } });
    const claimId = await claimFor(store.db, id, 'usr_demo', new Date(end - 1));
    const order = await placed(await termsWith(claimId));
    expect(order.state.payableFen).toBe(100_000);
    await paid(order);
    expect(await claimRow(claimId)).toMatchObject({ status: 'used', orderId: order.terms.orderId });
    expect(await orderRow(order.terms)).toMatchObject({ paidFen: 100_000n, state: 'awaiting_start' });
  });
});

describe('CPN-4: a coupon is never used twice', () => {
  test('of twenty orders that reserve it at once one is placed; the others leave nothing', async () => {
    const claimId = await claim();
    const all = await Promise.all(Array.from({ length: 20 }, () => termsWith(claimId)));
    const results = await Promise.allSettled(all.map((terms) => record(placedStep(terms))));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(refused.map(({ type }) => type)).toEqual(Array(19).fill('COUPON.TAKEN'));
    const ids = all.map(({ orderId }) => orderId);
    const rows = await store.db.order.findMany({ where: { id: { in: ids } } });
    expect(rows.map(({ id }) => id)).toEqual([(await claimRow(claimId)).orderId]);
    expect(await store.db.step.count({ where: { objectId: { in: ids } } })).toBe(1);
  });

  test('of the payment and the closing at once one wins, and the coupon follows it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const claimId = await claim();
      const order = await placed(await termsWith(claimId));
      await Promise.allSettled([paid(order), closed(order)]);
      const { state } = await store.db.order.findUniqueOrThrow({ where: { id: order.terms.orderId } });
      const { status, orderId } = await claimRow(claimId);
      expect([status, orderId]).toEqual(state === 'closed' ? ['claimed', null] : ['used', order.terms.orderId]);
    }
  });
});

describe('ORD-5: a coupon is applied again to a new price', () => {
  test('down and up again: it takes off what it took before', async () => {
    const claimId = await claim({ kind: { discount: 0.5 } });
    const low = await repriced(await placed(await termsWith(claimId)), 100_001);
    expect(low.state).toMatchObject({ payableFen: 50_001, couponReductionFen: 50_000 });
    const high = await repriced(low, 200_000);
    expect(high.state).toMatchObject({ payableFen: 100_000, couponReductionFen: 100_000 });
    await paid(high);
    expect(await orderRow(high.terms)).toMatchObject({ paidFen: 100_000n, couponReductionFen: 100_000n });
    expect(await claimRow(claimId)).toMatchObject({ status: 'used' });
  });

  test.each([
    ['at its threshold', 5_000, paid],
    ['of nothing', 0, taken],
  ] as const)('one that takes nothing off the price that is paid, %s, is free again', async (_, priceFen, settle) => {
    const claimId = await claim();
    const order = await repriced(await placed(await termsWith(claimId)), priceFen);
    expect(order.state).toMatchObject({ payableFen: priceFen, couponReductionFen: 0 });
    expect(await claimRow(claimId)).toMatchObject({ status: 'reserved' });
    await settle(order);
    expect(await claimRow(claimId)).toMatchObject({ status: 'claimed', orderId: null });
    expect(await orderRow(order.terms)).toMatchObject({ state: 'awaiting_start', couponReductionFen: 0n });
  });
});

describe('CPN-4: over random histories of claiming, ordering, repricing, paying and closing', () => {
  const BUYERS = ['usr_a', 'usr_b', 'usr_c'];
  const index = fc.nat({ max: 7 });
  const action = fc.oneof(
    fc.record({ does: fc.constant('claim' as const), buyer: fc.nat({ max: 2 }) }),
    fc.record({ does: fc.constant('place' as const), claim: index, times: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ does: fc.constantFrom('pay' as const, 'close' as const), order: index }),
    fc.record({ does: fc.constant('reprice' as const), order: index, priceFen: fc.integer({ min: 1, max: 200_000 }) }),
  );
  const quantities = fc.record({ quantity: fc.integer({ min: 2, max: 5 }), perBuyer: fc.integer({ min: 1, max: 2 }) });
  /** A model of its own: who has what, and where it is. */
  type Held = { id: string; buyer: string; at: 'free' | 'used' | Placed };

  test('none is over-issued, none is on two orders, none is used twice, and each is where the history says', async () => {
    await fc.assert(
      fc.asyncProperty(quantities, fc.array(action, { maxLength: 25 }), async (issue, actions) => {
        const couponId = await usableCoupon(store.db, {
          ...issue,
          kind: { reductionFen: 40_000, thresholdFen: 90_000 },
        });
        const held: Held[] = [];
        const open = () => held.flatMap((one) => (typeof one.at === 'object' ? [{ one, order: one.at }] : []));
        for (const did of actions) {
          if (did.does === 'claim') {
            const buyer = BUYERS[did.buyer] ?? 'usr_a';
            const isIssued =
              held.length < issue.quantity && held.filter((one) => one.buyer === buyer).length < issue.perBuyer;
            const id = await claimFor(store.db, couponId, buyer).catch(() => null);
            expect(id !== null).toBe(isIssued);
            if (id !== null) held.push({ id, buyer, at: 'free' });
          } else if (did.does === 'place') {
            const one = held[did.claim % Math.max(held.length, 1)];
            if (one === undefined) continue;
            const tries = Array.from({ length: did.times }, async () => placed(await termsWith(one.id, one.buyer)));
            const done = (await Promise.allSettled(tries)).flatMap((result) =>
              result.status === 'fulfilled' ? [result.value] : [],
            );
            expect(done).toHaveLength(one.at === 'free' ? 1 : 0);
            one.at = done[0] ?? one.at;
          } else {
            const all = open();
            const found = all[did.order % Math.max(all.length, 1)];
            if (found === undefined) continue;
            const { one, order } = found;
            if (did.does === 'reprice') {
              one.at = await repriced(order, did.priceFen);
              expect(one.at.state.payableFen).toBe(did.priceFen > 90_000 ? did.priceFen - 40_000 : did.priceFen);
            } else if (did.does === 'pay') {
              const reduces = order.terms.originalFen !== order.state.payableFen && order.state.couponReductionFen;
              await paid(order);
              one.at = reduces ? 'used' : 'free';
            } else {
              await closed(order);
              one.at = 'free';
            }
          }
        }
        const rows = await store.db.couponClaim.findMany({ where: { couponId }, orderBy: { issueNumber: 'asc' } });
        const { claimed } = await store.db.coupon.findUniqueOrThrow({ where: { id: couponId } });
        expect([rows.length, claimed]).toEqual([held.length, held.length]);
        expect(rows.map(({ id, status }) => [id, status])).toEqual(
          held.map(({ id, at }) => [id, at === 'free' ? 'claimed' : at === 'used' ? 'used' : 'reserved']),
        );
        // What was taken off paid orders is what was used, one coupon each.
        const reduced = await store.db.order.findMany({
          where: { couponId, paidAt: { not: null }, couponReductionFen: { gt: 0 } },
        });
        expect(reduced.map(({ id }) => id).sort()).toEqual(
          rows.flatMap(({ status, orderId }) => (status === 'used' ? [orderId] : [])).sort(),
        );
        for (const order of reduced) expect(order.paidFen).toBe(order.payableFen);
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});
