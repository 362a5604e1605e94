import { DAY_MS } from '../../../domain/policies/duration';
import { eventually } from '../../support/eventually';
import { sentBack } from '../../support/observe';
import { refundsOf } from '../../support/refunds';
import { startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** A paid order that the provider fulfils directly, and a request for all of it. */
async function asked() {
  const order = await world.place({ supervised: false });
  const payment = await order.pay();
  await eventually(async () => expect((await order.view()).state).toBe('awaiting_start'));
  await order.act('provider.start');
  const before = await order.view();
  const refund = await refundsOf(world).request({ terms: { ...order.terms, deliveryId: null } });
  return { order, payment, before, refund };
}

describe('RFD-6: an order that is fulfilled directly waits for its refund', () => {
  test('nothing is possible meanwhile; withdrawn, it goes on exactly where it was', async () => {
    const { order, before, refund } = await asked();
    expect(await refund.view()).toMatchObject({ noReason: true });
    expect(await order.view()).toMatchObject({ state: 'refunding', allowedActions: [], deadlines: [] });
    await expect(order.act('provider.done', { note: '做好了' })).rejects.toMatchObject({ code: 'ORDER.NOT_ALLOWED' });
    await world.env.sleep(2 * DAY_MS);
    await refund.act('buyer.withdraw');
    await refund.ended();
    const after = await order.view();
    expect(after).toMatchObject({ state: 'implementing', allowedActions: before.allowedActions });
    const later = after.deadlines.map(
      ({ at }, index) => Date.parse(at) - Date.parse(before.deadlines[index]?.at ?? ''),
    );
    expect(later.length).toBeGreaterThan(0);
    for (const ms of later) expect(Math.abs(ms - 2 * DAY_MS)).toBeLessThan(60_000);
    await order.act('provider.done', { note: '做好了' });
    expect(await order.act('buyer.confirm')).toMatchObject({ state: 'completed' });
  });

  test('refunded, it is at its end, and nothing goes back a second time', async () => {
    const { order, payment, refund } = await asked();
    await refund.act('provider.agree');
    await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: 200_000 });
    await order.ended();
    expect(await refund.order()).toMatchObject({ state: 'refunded', refundedFen: 200_000n });
    expect(await sentBack(world.channel.url, payment.transactionId)).toEqual([200_000]);
  });
});

test('ORD-3, RFD-6: one that had a part of its payment back and is never started is cancelled, and the rest goes back', async () => {
  const order = await world.place({ supervised: false });
  const payment = await order.pay();
  await eventually(async () => expect((await order.view()).state).toBe('awaiting_start'));
  const refund = await refundsOf(world).request({ terms: { ...order.terms, deliveryId: null } }, { amountFen: 50_000 });
  await refund.act('provider.agree');
  await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: 50_000 });
  expect(await order.view()).toMatchObject({ state: 'awaiting_start' });
  await world.env.sleep(16 * DAY_MS);
  await order.ended();
  expect(await refund.order()).toMatchObject({ state: 'cancelled', refundedFen: 200_000n });
  expect((await sentBack(world.channel.url, payment.transactionId)).sort()).toEqual([150_000, 50_000]);
  expect(await world.db.clearingBalance.count({ where: { clearingKey: payment.transactionId } })).toBe(0);
});
