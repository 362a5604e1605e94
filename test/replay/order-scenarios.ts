import { applyOrderCommand } from '../../domain/orders/transitions';
import { writeOrderStep } from '../../prisma/store/orders/steps';
import { markHandled, storeCallback } from '../../prisma/store/payments/callbacks';
import { BUYER, unique } from '../factories/commands';
import { claimFor, discount, usableCoupon } from '../factories/coupons';
import { saasProduct } from '../factories/instances';
import { orderCommand, paymentFor, placedStep } from '../factories/orders';
import { eventually } from '../support/eventually';
import { sentBack } from '../support/observe';
import { refundsOf } from '../support/refunds';
import { startSpecProvider } from '../support/spec-provider';
import type { World } from '../support/world';
import { invoiced } from './refund-scenarios';
import type { Scenario } from './scenarios';

const DIRECT = { supervised: false } as const;
const kept = (orderId: string) => ({ order: `order/${orderId}` });

/** A paid order that its provider fulfils directly. */
async function direct(world: World) {
  const placed = await world.place(DIRECT);
  await placed.pay();
  await eventually(async () => expect(await placed.view()).toMatchObject({ state: 'awaiting_start' }));
  return placed;
}

/** A request to give back a direct order that was started, while the order goes on. */
async function askedBack(world: World) {
  const placed = await direct(world);
  await placed.act('provider.start');
  const refund = await refundsOf(world).request({ terms: { ...placed.terms, deliveryId: null } });
  const workflows = { ...kept(placed.terms.orderId), refund: refund.workflowId };
  return { placed, refund, workflows };
}

/** Orders that other workflows have a part in, lived on the server that runs in production. */
export const ORDERS_IN_REAL_TIME: Record<string, Scenario> = {
  /** The coupon that was chosen for it is somebody else's by then (CPN-4). */
  async 'order-refused'(world) {
    const orderId = `ord_${unique()}`;
    const id = await usableCoupon(world.db, { kind: { discount: 0.5 } });
    const coupon = { id, claimId: 'ccl_gone', reduction: discount(5_000), reductionFen: 100_000 };
    await world.place({ orderId, originalFen: 200_000, payableFen: 100_000, coupon }).then(
      () => Promise.reject(new Error('it was not refused')),
      () => eventually(async () => expect(await world.db.order.count({ where: { id: orderId } })).toBe(0)),
    );
    await world.realTimeClient.workflow.getHandle(`order/${orderId}`).result();
    return kept(orderId);
  },

  /** Bought, made, given back within the condition: its instance is destroyed (INS-4). */
  async 'saas-given-back'(world) {
    const provider = await startSpecProvider('a-token-of-tests');
    try {
      const productId = await saasProduct(world.db, provider);
      const placed = await world.place({ productType: 'saas', productId, span: { amount: 1, unit: 'month' } });
      await placed.pay();
      const { orderId } = placed.terms;
      await eventually(async () =>
        expect(await world.db.order.findUniqueOrThrow({ where: { id: orderId } })).toMatchObject({
          state: 'completed',
        }),
      );
      const refund = await refundsOf(world).request({ terms: { ...placed.terms, deliveryId: null } });
      await refund.act('provider.agree');
      await refund.ended();
      const instance = `instance/${orderId.replace('ord_', 'ins_')}`;
      await world.realTimeClient.workflow.getHandle(instance).result();
      return { ...kept(orderId), refund: refund.workflowId, instance };
    } finally {
      await provider.stop();
    }
  },

  async 'direct-refund-withdrawn'(world) {
    const { placed, refund, workflows } = await askedBack(world);
    await placed.act('provider.done').catch(() => 'the order waits for the refund');
    await refund.act('buyer.withdraw');
    await refund.ended();
    await placed.act('provider.done');
    await placed.act('buyer.confirm');
    await placed.ended();
    return workflows;
  },

  /** A price that was stored by a worker that died: the payment is judged on it, though no history knows it. */
  async 'payment-at-stored-price'(world) {
    const placed = await world.place();
    const { state } = await placed.state();
    const sent = orderCommand('provider.price', { payableFen: 150_000 });
    const step = {
      ...placedStep(placed.terms, { sequence: 2, commandId: sent.commandId, action: sent.action }),
      ...applyOrderCommand(placed.terms, state, sent, Date.now()),
    };
    await writeOrderStep(world.db, step, 'a run that died');
    await placed.pay({ amountFen: 150_000, priceVersion: 2 });
    await placed.ended();
    return kept(placed.terms.orderId);
  },

  async 'direct-refunded'(world) {
    const { placed, refund, workflows } = await askedBack(world);
    await refund.act('provider.agree');
    await refund.ended();
    await placed.ended();
    return workflows;
  },
};

/** Orders whose price changes, and that their provider fulfils directly (ORD-2 … ORD-5), lived with skipped time. */
export const ORDERS_WITH_SKIPPED_TIME: Record<string, Scenario> = {
  async 'price-changed'(world) {
    const placed = await world.place();
    await placed.act('provider.price', { payableFen: 150_000 });
    await placed.act('provider.price', { payableFen: 200_000 });
    await placed.act('provider.price', { payableFen: 200_001 }).catch(() => 'a refusal leaves no trace');
    const old = await placed.pay({ priceVersion: 1 });
    await eventually(async () => expect(await sentBack(world.channel.url, old.transactionId)).toEqual([200_000]));
    await placed.pay({ priceVersion: 3 });
    await placed.ended();
    return kept(placed.terms.orderId);
  },

  async 'coupon-repriced'(world) {
    const id = await usableCoupon(world.db, { kind: { discount: 0.5 } });
    const claimId = await claimFor(world.db, id, BUYER);
    const coupon = { id, claimId, reduction: discount(5_000), reductionFen: 100_000 };
    const placed = await world.place({ originalFen: 200_000, payableFen: 100_000, coupon });
    await placed.act('provider.price', { payableFen: 100_001 });
    await placed.pay({ amountFen: 50_001, priceVersion: 2 });
    await placed.ended();
    return kept(placed.terms.orderId);
  },

  async 'taken-for-nothing'(world) {
    const placed = await world.place();
    await placed.act('provider.price', { payableFen: 0 });
    await placed.act('buyer.take');
    await placed.ended();
    return kept(placed.terms.orderId);
  },

  async 'direct-confirmed'(world) {
    const placed = await direct(world);
    for (const action of ['buyer.requirement', 'provider.start', 'provider.done', 'buyer.confirm'] as const) {
      await placed.act(action);
    }
    await placed.ended();
    return kept(placed.terms.orderId);
  },

  async 'direct-auto-confirmed'(world) {
    const placed = await direct(world);
    await placed.act('provider.start');
    await world.env.sleep('31 days');
    await placed.act('provider.done');
    await world.env.sleep('16 days');
    await placed.ended();
    return kept(placed.terms.orderId);
  },

  async 'direct-not-started'(world) {
    const placed = await direct(world);
    await world.env.sleep('16 days');
    await placed.ended();
    return kept(placed.terms.orderId);
  },

  /** Nothing was paid, so nothing goes back. */
  async 'direct-taken-not-started'(world) {
    const placed = await world.place(DIRECT);
    await placed.act('provider.price', { payableFen: 0 });
    await placed.act('buyer.take');
    await world.env.sleep('16 days');
    await placed.ended();
    return kept(placed.terms.orderId);
  },

  /** A payment was stored in time and is under way: the order closes only when that has gone back (ORD-6). */
  async 'closing-postponed'(world) {
    const placed = await world.place();
    const { paymentId, receivedAtMs: _, ...fact } = paymentFor(placed.terms);
    await storeCallback(world.db, { id: paymentId, status: 'succeeded', ...fact });
    await world.env.sleep('74 hours');
    await markHandled(world.db, paymentId, 'returned');
    await world.env.sleep('2 hours');
    await placed.ended();
    return kept(placed.terms.orderId);
  },

  async 'cancelled-waits-for-invoice'(world) {
    const placed = await direct(world);
    invoiced.add(placed.terms.orderId);
    await world.env.sleep('16 days');
    await eventually(async () => expect(await placed.view()).toMatchObject({ refundWaitsFor: ['invoice'] }));
    await world.env.sleep('4 days');
    invoiced.delete(placed.terms.orderId);
    await world.env.sleep('1 hour');
    await placed.ended();
    return kept(placed.terms.orderId);
  },

  async 'direct-nothing-to-implement'(world) {
    const placed = await world.place({ ...DIRECT, needsImplementation: false });
    await placed.pay();
    await eventually(async () => expect(await placed.view()).toMatchObject({ state: 'awaiting_confirmation' }));
    await world.env.sleep('16 days');
    await placed.ended();
    return kept(placed.terms.orderId);
  },

  async 'direct-nothing-to-confirm'(world) {
    const placed = await world.place({ ...DIRECT, needsBuyerConfirmation: false });
    await placed.pay();
    await eventually(async () => expect(await placed.view()).toMatchObject({ state: 'awaiting_start' }));
    for (const action of ['provider.start', 'provider.done'] as const) await placed.act(action);
    await placed.ended();
    return kept(placed.terms.orderId);
  },

  async immediate(world) {
    const placed = await world.place({ productType: 'api' });
    await placed.pay();
    await placed.ended();
    return kept(placed.terms.orderId);
  },
};
