import { notified } from '../../support/observe';
import { type Delivery, startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** Every in-site message has its e-mail, and no e-mail is without one. */
async function expectOneMailAMessage(objectIds: string[]) {
  const messages = await world.db.message.findMany({
    where: { objectId: { in: objectIds } },
    include: { notificationDeliveries: true },
  });
  expect(messages.flatMap(({ notificationDeliveries }) => notificationDeliveries.map(({ status }) => status))).toEqual(
    messages.map(() => 'pending'),
  );
  return messages.length;
}

async function expectNotified({ id, terms }: Delivery, lines: string[]) {
  const order = ['delivery.started → ops', 'order.paid → buyer', 'order.paid → provider'];
  expect(await notified(world.db, terms.orderId)).toEqual(order);
  expect(await notified(world.db, id)).toEqual(lines);
  expect(await expectOneMailAMessage([id, terms.orderId])).toBe(lines.length + order.length);
}

describe('MSG-2: each step notifies those it concerns, once each, in-site and by e-mail', () => {
  test('every step of a self-operated delivery notifies those it concerns', async () => {
    const delivery = await world.paid({ flow: 'self_operated' });
    await delivery.acts(
      'ops.dispatch',
      'buyer.requirement',
      'buyer.requirement',
      'provider.requirement.reject',
      'buyer.requirement',
      'provider.requirement.confirm',
      'provider.implementation.submit',
      'ops.check.return',
      'provider.implementation.submit',
      'ops.check.pass',
      'buyer.acceptance.reject',
    );
    await delivery.letDaysPass(5.1);
    await delivery.acts('buyer.appeals', 'buyer.evidence', 'provider.evidence');
    await delivery.act('ops.resolve', { ruling: 'accept' });
    await delivery.outcome();
    await expectNotified(delivery, [
      'delivery.dispatched → buyer',
      'delivery.dispatched → provider',
      'delivery.requirement_submitted → provider',
      'delivery.requirement_edited → provider',
      'delivery.requirement_rejected → buyer',
      'delivery.requirement_submitted → provider',
      'delivery.requirement_confirmed → buyer',
      'delivery.submitted → ops',
      'delivery.check_returned → provider',
      'delivery.submitted → ops',
      'delivery.check_passed → buyer',
      'delivery.check_passed → provider',
      'delivery.acceptance_rejected → provider',
      'delivery.reminder → provider',
      'delivery.reminder → provider',
      'delivery.stalled → buyer',
      'delivery.stalled → provider',
      'delivery.appeal_opened → buyer',
      'delivery.appeal_opened → ops',
      'delivery.appeal_opened → provider',
      'delivery.appeal_evidence → ops',
      'delivery.appeal_evidence → provider',
      'delivery.appeal_evidence → buyer',
      'delivery.appeal_evidence → ops',
      'delivery.appeal_resolved → buyer',
      'delivery.appeal_resolved → provider',
    ]);
  });

  test('a refused command notifies nobody', async () => {
    const delivery = await world.paid({ flow: 'self_operated' });
    await expect(delivery.act('buyer.acceptance.accept')).rejects.toMatchObject({ code: 'DELIVERY.NOT_ALLOWED' });
    await expectNotified(delivery, []);
  });

  test('messages name the order, the delivery and the product', async () => {
    const { id, terms, act } = await world.paid({ flow: 'self_operated' });
    await act('ops.dispatch');
    const [message] = await world.db.message.findMany({ where: { objectId: id } });
    expect(message?.params).toEqual({ orderId: terms.orderId, deliveryId: id, productName: terms.productName });
  });
});
