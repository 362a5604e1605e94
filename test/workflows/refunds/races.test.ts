import { DAY_MS } from '../../../domain/policies/duration';
import { sentBack, stepsOf } from '../../support/observe';
import { refundsOf } from '../../support/refunds';
import { startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const SUBMITTED = ['buyer.requirement', 'provider.requirement.confirm', 'provider.implementation.submit'] as const;

describe('RFD-6: everything at the same instant', () => {
  test.each([20, 0, -20])(
    'withdrawal, agreement and automatic execution %p ms before the third day is over: one of them counts',
    async (beforeMs) => {
      const delivery = await world.paid();
      const refund = await refundsOf(world).request(delivery);
      await world.env.sleep(3 * DAY_MS - 1_000 - beforeMs);
      await Promise.allSettled([world.env.sleep(2_000), refund.act('buyer.withdraw'), refund.act('provider.agree')]);
      const { outcome, refundedFen } = await refund.ended();
      const { transactionId } = delivery.payment;
      const order = await refund.order();
      expect(order.refundReservedFen).toBe(0n);
      if (outcome === 'withdrawn') {
        expect([order.state, refundedFen, await sentBack(world.channel.url, transactionId)]).toEqual([
          'awaiting_start',
          0,
          [],
        ]);
        return;
      }
      expect([outcome, order.state, order.refundedFen, refundedFen]).toEqual([
        'refunded',
        'refunded',
        200_000n,
        200_000,
      ]);
      expect(await sentBack(world.channel.url, transactionId)).toEqual([200_000]);
      const actions = (await stepsOf(world.db, refund.id)).map(({ action }) => action);
      expect(actions.filter((action) => /agree|auto_execute/.test(action))).toHaveLength(1);
    },
  );

  test.each([1_000, 0])('a request %p ms before the delivery accepts itself: one comes first', async (beforeMs) => {
    const delivery = await world.paid();
    await delivery.acts(...SUBMITTED);
    await delivery.letDaysPass(29);
    await world.env.sleep(DAY_MS - 2_000 - beforeMs);
    const [, refund] = await Promise.all([world.env.sleep(4_000), refundsOf(world).request(delivery)]);
    const { noReason } = await refund.view();
    expect((await refund.order()).state).toBe('refunding');
    const view = await delivery.view();
    // Accepted before, the condition was over; else the delivery waits and does not accept itself.
    expect([view.stage, view.frozen]).toEqual(noReason ? ['awaiting_acceptance', true] : ['completed', false]);
    await refund.act('buyer.withdraw');
    await refund.ended();
    expect((await refund.order()).state).toBe(noReason ? 'awaiting_confirmation' : 'completed');
  });

  test('20 requests, an acceptance and a rejection from one barrier: one refund is open, and the delivery knows it', async () => {
    const delivery = await world.paid();
    await delivery.acts(...SUBMITTED);
    const requests = Array.from({ length: 20 }, () => refundsOf(world).request(delivery, { amountFen: 150_000 }));
    const [, ...asked] = await Promise.allSettled([
      Promise.allSettled([delivery.act('buyer.acceptance.accept'), delivery.act('buyer.acceptance.reject')]),
      ...requests,
    ]);
    const opened = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(opened).toHaveLength(1);
    // The others are refused because one is open, not because that one has left nothing, or for no reason at all.
    const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason.cause?.type] : []));
    expect(refused).toEqual(Array(19).fill('REFUND.OPEN'));
    expect(await world.db.order.findUniqueOrThrow({ where: { id: delivery.terms.orderId } })).toMatchObject({
      state: 'refunding',
      refundReservedFen: 150_000n,
    });
    await opened[0]?.act('provider.agree');
    await opened[0]?.ended();
    expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([150_000]);
  });
});
