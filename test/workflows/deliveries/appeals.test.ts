import type { DeliveryAction } from '../../../domain/deliveries/commands';
import { OPERATIONS } from '../../../domain/deliveries/commands';
import { notified, wordsOf } from '../../support/observe';
import { type Delivery, startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const refused = { code: 'DELIVERY.NOT_ALLOWED' };

/** Does the same things again, so many times. */
async function repeat(delivery: Delivery, times: number, ...actions: DeliveryAction[]) {
  for (let n = 0; n < times; n += 1) await delivery.acts(...actions);
  return delivery.view();
}

describe('DLV-7: after the third rejected requirement', () => {
  test('the buyer may appeal instead of resubmitting, and resubmitting stays possible', async () => {
    const delivery = await world.paid();
    await repeat(delivery, 2, 'buyer.requirement', 'provider.requirement.reject');
    await expect(delivery.act('buyer.appeals')).rejects.toMatchObject(refused);
    const view = await repeat(delivery, 1, 'buyer.requirement', 'provider.requirement.reject');
    expect(view).toMatchObject({ requirementRejections: 3, allowedActions: ['buyer.requirement', 'buyer.appeals'] });
    await expect(delivery.act('provider.appeals')).rejects.toMatchObject(refused);
    await delivery.acts('buyer.requirement', 'provider.requirement.reject');
    expect(await delivery.act('buyer.appeals')).toMatchObject({
      stage: 'awaiting_requirement',
      frozen: true,
      appeal: { openedBy: 'buyer', grounds: ['requirement_rejections'], status: 'open' },
    });
  });
});

describe('DLV-8: after the third rejected acceptance', () => {
  const twiceRejected = async () => {
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'provider.requirement.confirm');
    await repeat(delivery, 2, 'provider.implementation.submit', 'buyer.acceptance.reject');
    return delivery;
  };

  test('the buyer may appeal at the fourth decision, accepting and rejecting stay possible', async () => {
    const delivery = await twiceRejected();
    await delivery.act('provider.implementation.submit');
    await expect(delivery.act('buyer.appeals')).rejects.toMatchObject(refused);
    await delivery.acts('buyer.acceptance.reject', 'provider.implementation.submit');
    expect((await delivery.view()).allowedActions).toEqual([
      'buyer.acceptance.accept',
      'buyer.acceptance.reject',
      'buyer.appeals',
    ]);
    await expect(delivery.act('provider.appeals')).rejects.toMatchObject(refused);
    expect(await delivery.act('buyer.appeals')).toMatchObject({
      stage: 'awaiting_acceptance',
      appeal: { openedBy: 'buyer', grounds: ['acceptance_rejections'] },
    });
  });

  test('the provider may appeal while implementing, not before the third and in no other stage', async () => {
    const delivery = await twiceRejected();
    await expect(delivery.act('provider.appeals')).rejects.toMatchObject(refused);
    await delivery.acts('provider.implementation.submit', 'buyer.acceptance.reject');
    await expect(delivery.act('buyer.appeals')).rejects.toMatchObject(refused);
    expect(await delivery.act('provider.appeals')).toMatchObject({
      stage: 'implementing',
      appeal: { openedBy: 'provider', grounds: ['acceptance_rejections'] },
    });
    expect(await wordsOf(world.db, delivery.id, 'delivery.appeal_opened')).toMatchObject({ openedBy: 'provider' });
  });

  test('DLV-10: every ground met is recorded', async () => {
    const delivery = await twiceRejected();
    await delivery.acts('provider.implementation.submit', 'buyer.acceptance.reject');
    await delivery.letDaysPass(5.1);
    expect(await delivery.act('buyer.appeals')).toMatchObject({
      appeal: { grounds: ['stall', 'acceptance_rejections'] },
    });
  });
});

describe('DLV-9: an appeal freezes the flow', () => {
  const frozenDelivery = async () => {
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'provider.requirement.confirm');
    await delivery.letDaysPass(5.1);
    await delivery.act('buyer.appeals', { note: 'nothing has come' });
    return delivery;
  };

  test('neither side can operate; the refusal says that only a ruling is possible', async () => {
    const delivery = await frozenDelivery();
    const before = await delivery.state();
    for (const operation of OPERATIONS.filter((operation) => operation !== 'ops.resolve')) {
      await expect(delivery.act(operation)).rejects.toMatchObject({
        ...refused,
        extra: { allowedActions: ['ops.resolve'] },
      });
    }
    expect(await delivery.state()).toEqual(before);
  });

  test('both sides and operations are notified; the row says why and until when it should be ruled on', async () => {
    const delivery = await frozenDelivery();
    expect(await notified(world.db, delivery.id, 'delivery.appeal_opened')).toEqual([
      'delivery.appeal_opened → buyer',
      'delivery.appeal_opened → ops',
      'delivery.appeal_opened → provider',
    ]);
    const [appeal] = await world.db.appeal.findMany({ where: { deliveryId: delivery.id } });
    expect(appeal).toMatchObject({ status: 'open', reason: 'nothing has come', grounds: ['stall'], openedBy: 'buyer' });
    const { state } = await delivery.state();
    expect(appeal?.dueAt.getTime()).toBe(state.appeal?.due?.atMs);
    expect(appeal?.calendarVersion).toBe(state.appeal?.due?.calendarVersion);
  });

  test('DLV-10: both sides may add evidence until the ruling, and not after it', async () => {
    const delivery = await frozenDelivery();
    const appealId = (await delivery.view()).appeal?.id ?? '';
    await delivery.acts('buyer.evidence', 'provider.evidence', 'buyer.evidence');
    expect(await notified(world.db, delivery.id, 'delivery.appeal_evidence')).toEqual([
      'delivery.appeal_evidence → ops',
      'delivery.appeal_evidence → provider',
      'delivery.appeal_evidence → buyer',
      'delivery.appeal_evidence → ops',
      'delivery.appeal_evidence → ops',
      'delivery.appeal_evidence → provider',
    ]);
    await delivery.act('ops.resolve', { ruling: 'resume' });
    for (const late of ['buyer.evidence', 'provider.evidence', 'ops.resolve'] as const) {
      await expect(delivery.act(late, { appealId })).rejects.toMatchObject({ code: 'APPEAL.NOT_OPEN' });
    }
  });

  test('after the ruling the flow can be operated again, and the next appeal needs new grounds', async () => {
    const delivery = await frozenDelivery();
    const { allowedActions, appeal } = await delivery.act('ops.resolve', { ruling: 'resume', note: 'go on' });
    expect(allowedActions).toEqual(['provider.implementation.submit']);
    expect(appeal).toMatchObject({ status: 'resolved', ruling: 'resume', rulingReason: 'go on' });
    await delivery.letDaysPass(5.1);
    expect(await delivery.act('buyer.appeals')).toMatchObject({ frozen: true, appeal: { status: 'open' } });
  });
});

describe('DLV-13: who is not a party learns nothing', () => {
  test('another buyer and another provider are answered that there is no such delivery', async () => {
    const delivery = await world.paid();
    const unknown = { code: 'DELIVERY.NOT_FOUND' };
    await expect(delivery.act('buyer.requirement', { actorId: 'usr_other' })).rejects.toMatchObject(unknown);
    await delivery.act('buyer.requirement');
    await expect(delivery.act('provider.requirement.confirm', { providerId: 'prv_other' })).rejects.toMatchObject(
      unknown,
    );
    expect(await delivery.view()).toMatchObject({ stage: 'awaiting_requirement_confirmation' });
  });
});
