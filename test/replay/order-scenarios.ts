import { BUYER } from '../factories/commands';
import { claimFor, discount, usableCoupon } from '../factories/coupons';
import { eventually } from '../support/eventually';
import { sentBack } from '../support/observe';
import type { World } from '../support/world';
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

  async immediate(world) {
    const placed = await world.place({ productType: 'api' });
    await placed.pay();
    await placed.ended();
    return kept(placed.terms.orderId);
  },
};
