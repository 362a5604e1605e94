import { priceWithCoupon } from '../../domain/coupons/pricing';
import type { OrderTerms } from '../../domain/orders/order';
import type { OrderStep } from '../../domain/orders/step';
import { applyOrderCommand } from '../../domain/orders/transitions';
import { claimCoupon } from '../../prisma/store/coupons/claims';
import { couponOf } from '../../prisma/store/coupons/stored';
import { allActivities } from '../../worker/worker';
import { claimFor, claiming, usableCoupon } from '../factories/coupons';
import { closedStep, newTerms, orderCommand, paidStep, paymentFor, placedStep } from '../factories/orders';
import { dyingAt, run, STATEMENTS, type Store, startStore } from '../support/store';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

const LIST_FEN = 200_000;
const record = (step: OrderStep) => run(store.activities.recordOrderStep, step);

/** The terms of an order that uses a coupon which was claimed just now. */
async function termsWithCoupon(): Promise<OrderTerms & { claimId: string }> {
  const id = await usableCoupon(store.db);
  const claimId = await claimFor(store.db, id, 'usr_demo');
  const { reduction } = couponOf(await store.db.coupon.findUniqueOrThrow({ where: { id } }));
  const { payableFen, reductionFen } = priceWithCoupon(LIST_FEN, reduction);
  const coupon = { id, claimId, reduction, reductionFen };
  return { ...newTerms({ payableFen, originalFen: LIST_FEN, coupon }), claimId };
}

/** The step by which a command follows another one. */
function commanded(before: OrderStep, command: ReturnType<typeof orderCommand>): OrderStep {
  const { terms, state, sequence } = before;
  const transition = applyOrderCommand(terms, state, command, Date.now());
  const { commandId, action } = command;
  return { ...before, ...transition, commandId, action, sequence: sequence + 1, atMs: Date.now() };
}

/** All that a step of an order with a coupon may change. */
const traces = async (orderId: string, claimId: string) => ({
  claim: await store.db.couponClaim.findUniqueOrThrow({ where: { id: claimId } }),
  order: await store.db.order.findUnique({ where: { id: orderId } }),
  steps: await store.db.step.count({ where: { objectId: orderId } }),
  messages: await store.db.message.count({ where: { objectId: orderId } }),
  payments: await store.db.payment.count({ where: { orderId } }),
  entries: await store.db.entry.count({ where: { journal: { objectId: orderId } } }),
});

/** Records a step by workers that die before each of its statements in turn; the answer of the last one gets lost. */
async function recordThroughDeaths(step: OrderStep, claimId: string) {
  const { orderId } = step.terms;
  const before = await traces(orderId, claimId);
  for (let statement = 1; ; statement += 1) {
    const dying = allActivities({ ...store.outside, db: dyingAt(store.db, statement, STATEMENTS) });
    const died = await run(dying.recordOrderStep, step).then(
      () => null,
      (error) => String(error),
    );
    if (died === null) break;
    expect(died).toMatch(/died at write/);
    expect(await traces(orderId, claimId)).toEqual(before);
  }
  const after = await traces(orderId, claimId);
  expect(after.steps).toBe(before.steps + 1);
  expect(await record({ ...step, atMs: step.atMs + 5 })).toMatchObject({ commandId: step.commandId });
  expect(await traces(orderId, claimId)).toEqual(after);
  return after;
}

describe('CPN-3: the worker dies between any two lines, and another one does it again', () => {
  test('while the order is placed: nothing is reserved without an order, and the coupon once', async () => {
    const { claimId, ...terms } = await termsWithCoupon();
    const { claim } = await recordThroughDeaths(placedStep(terms), claimId);
    expect(claim).toMatchObject({ status: 'reserved', orderId: terms.orderId });
  });

  test.each([
    ['is paid', ({ terms }: OrderStep) => paidStep(terms, paymentFor(terms)), 'used', 2],
    ['closes', ({ terms }: OrderStep) => closedStep(terms), 'claimed', 0],
    [
      'gets another price',
      (placed: OrderStep) => commanded(placed, orderCommand('provider.price', { payableFen: 100_000 })),
      'reserved',
      0,
    ],
  ] as const)(
    'while it %s: coupon, price and money follow at once or not at all',
    async (_, following, status, entries) => {
      const { claimId, ...terms } = await termsWithCoupon();
      const placed = placedStep(terms);
      await record(placed);
      const after = await recordThroughDeaths(following(placed), claimId);
      expect(after).toMatchObject({ claim: { status }, entries });
    },
  );

  test('while it is taken for nothing: the coupon is free again', async () => {
    const { claimId, ...terms } = await termsWithCoupon();
    const placed = placedStep(terms);
    const free = commanded(placed, orderCommand('provider.price', { payableFen: 0 }));
    await record(placed);
    await record(free);
    const after = await recordThroughDeaths(commanded(free, orderCommand('buyer.take')), claimId);
    expect(after).toMatchObject({ claim: { status: 'claimed', orderId: null }, entries: 0, payments: 0 });
  });

  test('CPN-4: while it is claimed: it is counted with its claim or not at all, and once for its command', async () => {
    const couponId = await usableCoupon(store.db, { quantity: 5, perBuyer: 5 });
    const counted = async () => {
      const { claimed } = await store.db.coupon.findUniqueOrThrow({ where: { id: couponId } });
      return [claimed, await store.db.couponClaim.count({ where: { couponId } })];
    };
    const change = claiming('usr_demo');
    for (let statement = 1; ; statement += 1) {
      const dying = dyingAt(store.db, statement, STATEMENTS);
      const died = await claimCoupon(dying, change, { id: couponId }).then(
        () => false,
        () => true,
      );
      const [claimed, claims] = await counted();
      expect(claimed).toBe(claims);
      expect(claims).toBeLessThanOrEqual(1);
      if (!died) break;
    }
    expect(await claimCoupon(store.db, change, { id: couponId })).toMatchObject({ id: change.objectId });
    expect(await counted()).toEqual([1, 1]);
  });
});
