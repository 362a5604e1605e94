import { eventually } from '../../support/eventually';
import { notified, sentBack, stepsOf } from '../../support/observe';
import { startWorld, type Wishes, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const DAY_MS = 86_400_000;

/** A paid order that the provider fulfils directly. */
async function bought(wishes: Wishes = {}) {
  const placed = await world.place({ supervised: false, ...wishes });
  const payment = await placed.pay();
  const row = () => world.db.order.findUniqueOrThrow({ where: { id: placed.terms.orderId } });
  await eventually(async () => expect(await row()).toMatchObject({ state: 'awaiting_start' }));
  const days = (n: number) => world.env.sleep(Math.round(n * DAY_MS));
  return { ...placed, payment, row, days };
}
const journalsOf = (objectId: string) => world.db.journal.findMany({ where: { objectId }, orderBy: { kind: 'asc' } });

describe('ORD-2: an unsupervised order of human service', () => {
  test('the buyer states the requirement, the provider starts and is done, the buyer confirms', async () => {
    const order = await bought();
    const { orderId } = order.terms;
    expect(await order.view()).toMatchObject({
      ...{ state: 'awaiting_start', deliveryId: null, allowedActions: ['buyer.requirement', 'provider.start'] },
    });
    await order.act('buyer.requirement', { note: '三个页面' });
    expect(await order.act('provider.start')).toMatchObject({
      state: 'implementing',
      allowedActions: ['provider.done'],
    });
    const done = await order.act('provider.done', { note: '账号 admin，密码 Pa55-word' });
    expect(done).toMatchObject({ state: 'awaiting_confirmation', allowedActions: ['buyer.confirm'] });
    expect(done.timeline.at(-1)).toMatchObject({ action: 'provider.done', note: '账号 admin，密码 Pa55-word' });
    expect(await order.act('buyer.confirm')).toMatchObject({ state: 'completed', allowedActions: [], deadlines: [] });
    await expect(order.ended()).resolves.toEqual({ outcome: 'completed' });
    expect((await order.row()).endedAt).not.toBeNull();
    expect(await world.db.delivery.count({ where: { orderId } })).toBe(0);
    expect((await notified(world.db, orderId)).sort()).toEqual([
      ...['order.completed → buyer', 'order.completed → provider', 'order.done → buyer', 'order.paid → buyer'],
      ...['order.paid → provider', 'order.requirement_stated → provider', 'order.started → buyer'],
    ]);
  });

  test.each([
    ['implementation', { needsImplementation: false }, ['buyer.confirm']],
    ['confirmation', { needsBuyerConfirmation: false }, ['provider.start', 'provider.done']],
    ['either', { needsImplementation: false, needsBuyerConfirmation: false }, []],
  ] as const)(
    'PRD-2: without %s it is completed, and earned, as soon as what is left is done',
    async (_, flags, actions) => {
      const placed = await world.place({ supervised: false, ...flags });
      await placed.pay();
      const isPaid = async () => expect((await placed.view()).paidAt).not.toBeNull();
      await eventually(isPaid);
      for (const action of actions) await placed.act(action);
      await expect(placed.ended()).resolves.toEqual({ outcome: 'completed' });
      expect(await placed.view()).toMatchObject({ state: 'completed', paidFen: 200_000 });
      const kinds = (await journalsOf(placed.terms.orderId)).map(({ kind }) => kind);
      expect(kinds).toEqual(['order_completed', 'payment_received']);
    },
  );

  test('the details are nowhere in plain: neither in the steps nor in the history', async () => {
    const order = await bought();
    await order.act('provider.start');
    await order.act('provider.done', { note: 'Pa55-word-9' });
    const steps = await stepsOf(world.db, order.terms.orderId);
    expect(JSON.stringify(steps.map(({ note }) => note))).not.toContain('Pa55');
    expect(steps.at(-1)).toMatchObject({ action: 'provider.done', note: null });
  });

  test('WDR-1: its completion earns the provider what was paid less the fee, once', async () => {
    const order = await bought();
    for (const action of ['provider.start', 'provider.done', 'buyer.confirm'] as const) await order.act(action);
    const kinds = (await journalsOf(order.terms.orderId)).map(({ kind }) => kind);
    expect(kinds).toEqual(['order_completed', 'payment_received']);
  });

  test('whatever is not the turn of anybody is refused, with what is possible', async () => {
    const order = await bought();
    for (const action of ['provider.done', 'buyer.confirm', 'provider.price', 'buyer.take'] as const) {
      await expect(order.act(action)).rejects.toMatchObject({
        ...{ code: 'ORDER.NOT_ALLOWED', extra: { allowedActions: ['buyer.requirement', 'provider.start'] } },
      });
    }
  });

  test('a second payment goes back while the order goes on', async () => {
    const order = await bought();
    const second = await order.pay();
    await eventually(async () => expect(await sentBack(world.channel.url, second.transactionId)).toEqual([200_000]));
    expect(await order.act('provider.start')).toMatchObject({
      state: 'implementing',
      paidFen: 200_000,
      refundedFen: 0,
    });
  });
});

describe('ORD-3: an order that is not started within 15 days of its payment', () => {
  test('it waits until then, the provider reminded, and can still be started', async () => {
    const order = await bought();
    await order.days(14.99);
    expect(await order.row()).toMatchObject({ state: 'awaiting_start' });
    expect(await notified(world.db, order.terms.orderId, 'order.reminder')).toEqual([
      ...['order.reminder → provider', 'order.reminder → provider'],
    ]);
    expect(await order.act('provider.start')).toMatchObject({ state: 'implementing' });
    await order.days(1);
    expect(await order.row()).toMatchObject({ state: 'implementing' });
  });

  test('it is cancelled and refunded in full', async () => {
    const order = await bought();
    await order.days(15.01);
    await expect(order.ended()).resolves.toEqual({ outcome: 'cancelled' });
    expect(await order.row()).toMatchObject({ state: 'cancelled', paidFen: 200_000n, refundedFen: 200_000n });
    expect(await sentBack(world.channel.url, order.payment.transactionId)).toEqual([200_000]);
    const refund = await world.db.refund.findFirstOrThrow({ where: { orderId: order.terms.orderId } });
    expect(refund).toMatchObject({ reason: 'order_cancelled', status: 'refunded' });
    await expect(order.act('provider.start')).rejects.toMatchObject({ code: 'ORDER.NOT_ALLOWED' });
    expect((await notified(world.db, order.terms.orderId, 'order.cancelled')).sort()).toEqual([
      ...['order.cancelled → buyer', 'order.cancelled → provider'],
    ]);
  });

  test('GEN-3: it keeps the policy that it was placed with', async () => {
    const order = await bought({ policy: { 'order.startWithin': '2 days' } });
    expect((await order.view()).deadlines).toMatchObject([{ name: 'start_within', outcome: 'cancelled_and_refunded' }]);
    await order.days(2.01);
    await expect(order.ended()).resolves.toEqual({ outcome: 'cancelled' });
  });

  test('one that cost nothing is cancelled, and nothing goes back', async () => {
    const placed = await world.place({ supervised: false });
    await placed.act('provider.price', { payableFen: 0 });
    expect(await placed.act('buyer.take')).toMatchObject({ state: 'awaiting_start' });
    await world.env.sleep(15.01 * DAY_MS);
    await expect(placed.ended()).resolves.toEqual({ outcome: 'cancelled' });
    expect(await world.db.refund.count({ where: { orderId: placed.terms.orderId } })).toBe(0);
  });
});

describe('ORD-4: an order that awaits its confirmation for 15 days', () => {
  async function awaiting() {
    const order = await bought();
    await order.act('provider.start');
    await order.act('provider.done');
    return order;
  }

  test('before that the buyer is reminded and can confirm', async () => {
    const order = await awaiting();
    await order.days(14.99);
    expect(await order.row()).toMatchObject({ state: 'awaiting_confirmation' });
    expect(await notified(world.db, order.terms.orderId, 'order.reminder')).toHaveLength(3);
    expect(await order.act('buyer.confirm')).toMatchObject({ state: 'completed' });
  });

  test('it is confirmed by the system', async () => {
    const order = await awaiting();
    await order.days(15.01);
    await expect(order.ended()).resolves.toEqual({ outcome: 'completed' });
    const steps = await stepsOf(world.db, order.terms.orderId);
    expect(steps.at(-1)).toMatchObject({ action: 'deadline.auto_confirm', actorRole: 'system' });
    expect((await journalsOf(order.terms.orderId)).map(({ kind }) => kind)).toContain('order_completed');
  });
});

describe('ORD-8: orders that are delivered at once', () => {
  test.each(['api', 'image'] as const)(
    'an order of an %s is completed by its payment, and earned',
    async (productType) => {
      const placed = await world.place({ productType });
      await placed.pay();
      await expect(placed.ended()).resolves.toEqual({ outcome: 'completed' });
      const row = await world.db.order.findUniqueOrThrow({ where: { id: placed.terms.orderId } });
      expect(row).toMatchObject({ state: 'completed', fulfilment: 'immediate', paidFen: 200_000n });
      expect(row.endedAt).toEqual(row.paidAt);
      const kinds = (await journalsOf(placed.terms.orderId)).map(({ kind }) => kind);
      expect(kinds).toEqual(['order_completed', 'payment_received']);
    },
  );

  test('ORD-5: the price of an image is not changed', async () => {
    const placed = await world.place({ productType: 'image' });
    await expect(placed.act('provider.price', { payableFen: 1 })).rejects.toMatchObject({
      code: 'ORDER.PRICE_NOT_ALLOWED',
    });
  });
});

describe('RFD-6: a direct order that is being refunded', () => {
  test('nothing of it goes on, neither by a command nor by a deadline, until the refund lets it', async () => {
    const order = await bought({ policy: { 'order.startWithin': '2 days' } });
    const held = (state: string) => world.db.order.update({ where: { id: order.terms.orderId }, data: { state } });
    await held('refunding');
    await expect(order.act('provider.start')).rejects.toMatchObject({ code: 'ORDER.NOT_ALLOWED' });
    await order.days(2.5);
    expect(await order.row()).toMatchObject({ state: 'refunding', refundedFen: 0n });
    await held('awaiting_start');
    await order.days(0.1);
    await expect(order.ended()).resolves.toEqual({ outcome: 'cancelled' });
    expect(await order.row()).toMatchObject({ state: 'cancelled', refundedFen: 200_000n });
  });
});
