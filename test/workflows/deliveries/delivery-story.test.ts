import { startWorld, type World } from '../../support/world';

describe('DLV-1 … DLV-11: a delivery goes from payment to its end', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.stop());

  test('DLV-1 … DLV-5: buyer and provider bring a standard delivery to its end', async () => {
    const delivery = await world.paid();
    expect(await delivery.view()).toMatchObject({
      stage: 'awaiting_requirement',
      allowedActions: ['buyer.requirement'],
    });
    expect(await delivery.act('buyer.requirement')).toMatchObject({ stage: 'awaiting_requirement_confirmation' });
    expect(await delivery.act('provider.requirement.confirm')).toMatchObject({ stage: 'implementing' });
    expect(await delivery.act('provider.implementation.submit')).toMatchObject({ stage: 'awaiting_acceptance' });
    expect(await delivery.act('buyer.acceptance.accept')).toMatchObject({ stage: 'completed', outcome: 'accepted' });
    await expect(delivery.handle.result()).resolves.toEqual({ outcome: 'paid' });
  });

  test('DLV-11: inactivity of more than 30 days accepts', async () => {
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    await delivery.act('provider.requirement.confirm');
    await delivery.act('provider.implementation.submit');
    await expect(delivery.workflow.result()).resolves.toEqual({ outcome: 'auto_accepted', refundFen: 0 });
    expect(await delivery.view()).toMatchObject({ stage: 'completed', outcome: 'auto_accepted' });
  });
});
