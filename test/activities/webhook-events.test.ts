import type { EventGroup } from '../../domain/notifications/groups';
import { unique } from '../factories/commands';
import { run, type Store, startStore } from '../support/store';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterEach(() => store.db.webhookEndpoint.updateMany({ data: { disabledAt: new Date() } }));
afterAll(() => store.stop());

async function endpoint(eventGroups: EventGroup[], { providerId = 'prv_demo', disabledAt = null as Date | null } = {}) {
  const id = `whk_${unique()}`;
  const now = new Date();
  const sealed = Buffer.from('sealed');
  const row = { id, providerId, url: 'https://example.com', eventGroups, sealed, createdAt: now, updatedAt: now };
  await store.db.webhookEndpoint.create({ data: { ...row, disabledAt } });
  return id;
}

const eventsAt = (endpointId: string) =>
  store.db.webhookDelivery.findMany({ where: { endpointId }, orderBy: { id: 'asc' } });

describe('MSG-3: a step’s notices to the provider become events in the step’s own statement', () => {
  test('each endpoint in use gets the events of the groups it has subscribed to', async () => {
    const [orders, both, others] = [
      await endpoint(['orders']),
      await endpoint(['orders', 'deliveries']),
      await endpoint(['shop']),
    ];
    const [foreign, disabled] = [
      await endpoint(['orders'], { providerId: 'prv_other' }),
      await endpoint(['orders'], { disabledAt: new Date() }),
    ];
    const { terms } = await store.paid();
    for (const id of [orders, both]) {
      expect(await eventsAt(id)).toMatchObject([
        {
          id: expect.stringMatching(/^evt_[0-9a-f]{26}$/),
          providerId: 'prv_demo',
          event: 'order.paid',
          eventGroup: 'orders',
          objectId: terms.orderId,
          stepObjectId: terms.orderId,
          stepSequence: 2,
          params: { orderId: terms.orderId, deliveryId: terms.deliveryId, productName: terms.productName },
          status: 'pending',
          attempts: 0,
          dispatchedAt: null,
        },
      ]);
    }
    for (const id of [others, foreign, disabled]) expect(await eventsAt(id)).toEqual([]);
    expect((await eventsAt(orders))[0]?.id).not.toBe((await eventsAt(both))[0]?.id);
  });

  test('a step that is recorded again has its events once', async () => {
    const id = await endpoint(['orders']);
    const { step } = await store.paid();
    await run(store.activities.recordOrderStep, step);
    expect(await eventsAt(id)).toHaveLength(1);
  });
});
