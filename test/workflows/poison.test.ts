import { startWorld, type World } from '../support/world';

describe('a command that the database can never take', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.stop());

  test('is refused at once, changes nothing, and the delivery goes on', async () => {
    const delivery = await world.paid();
    const before = await delivery.state();
    await expect(delivery.act('buyer.requirement', { note: 'a\u0000b' })).rejects.toMatchObject({
      code: 'REQUEST.INVALID',
    });
    expect(await delivery.state()).toEqual(before);
    expect(await delivery.act('buyer.requirement')).toMatchObject({ stage: 'awaiting_requirement_confirmation' });
  });
});
