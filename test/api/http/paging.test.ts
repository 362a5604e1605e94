import { type Api, startApi } from '../../support/api';
import { bodyOf, type Delivery, type Order, storyOf } from '../../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
let ids: string[];
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
  ids = [];
  for (let n = 0; n < 5; n += 1) ids.push((await story.order()).id);
});
afterAll(() => api.stop());

type Page<T> = { items: T[]; nextCursor: string | null };
const page = async <T>(path: string, client = api.buyer): Promise<Page<T>> => bodyOf(await client.get(path), 200);

/** Reads a list to its end, doing something between the pages. */
async function pages(path: string, between: () => Promise<unknown> = async () => undefined): Promise<string[][]> {
  const read: string[][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { items, nextCursor }: Page<{ id: string }> = await page(
      `${path}${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    read.push(items.map(({ id }) => id));
    cursor = nextCursor;
    if (cursor !== null) await between();
  }
  return read;
}

const newestFirst = () => [...ids].reverse();

describe('lists are read page by page, stable while new items come in', () => {
  test('the newest come first, unless the query says otherwise', async () => {
    expect(await pages('/v1/buyer/orders?limit=2')).toEqual([
      newestFirst().slice(0, 2),
      newestFirst().slice(2, 4),
      newestFirst().slice(4),
    ]);
    expect(await pages('/v1/buyer/orders?limit=2&sort=-id')).toEqual(await pages('/v1/buyer/orders?limit=2'));
    expect((await pages('/v1/buyer/orders?limit=2&sort=id')).flat()).toEqual(ids);
  });

  test('a page that holds exactly the rest is the last', async () => {
    expect(await pages('/v1/buyer/orders?limit=5')).toEqual([newestFirst()]);
    expect(await pages('/v1/buyer/orders?limit=100')).toEqual([newestFirst()]);
  });

  test('what is ordered meanwhile moves nothing: nothing twice, nothing left out', async () => {
    const before = newestFirst();
    const added: string[] = [];
    const order = async () => added.push((await story.order()).id);
    expect((await pages('/v1/buyer/orders?limit=2', order)).flat()).toEqual(before);
    ids.push(...added);
    expect(added.length).toBeGreaterThanOrEqual(2);
  });

  test('the oldest come first when asked for, and what is ordered meanwhile comes at the end', async () => {
    const added: string[] = [];
    const order = async () => {
      if (added.length < 2) added.push((await story.order()).id);
    };
    expect((await pages('/v1/buyer/orders?limit=3&sort=id', order)).flat()).toEqual([...ids, ...added]);
    ids.push(...added);
  });

  test('products, messages and notification deliveries are read so, too', async () => {
    await story.deliveryAt('completed');
    for (const [path, client] of [
      ['/v1/buyer/products', api.buyer],
      ['/v1/me/messages', api.buyer],
      ['/v1/ops/notification-deliveries', api.ops],
    ] as const) {
      const all = await page<{ id: string }>(`${path}?limit=100`, client);
      const first = await page<{ id: string }>(`${path}?limit=2`, client);
      const rest = await page<{ id: string }>(`${path}?limit=100&cursor=${first.nextCursor}`, client);
      expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(all.items.map(({ id }) => id));
      expect([all.nextCursor, rest.nextCursor, first.items.length]).toEqual([null, null, 2]);
    }
  });
});

describe('lists are filtered', () => {
  let deliveries: Record<'stated' | 'implementing' | 'frozen' | 'completed', string>;
  beforeAll(async () => {
    deliveries = {
      stated: await story.deliveryAt('awaiting_requirement_confirmation'),
      implementing: await story.deliveryAt('implementing'),
      frozen: (await story.appealed()).id,
      completed: await story.deliveryAt('completed'),
    };
  });
  const found = async (query: string, role: 'buyer' | 'provider' | 'ops' = 'buyer') =>
    (await page<Delivery>(`/v1/${role}/deliveries?limit=100&${query}`, api[role])).items;

  test.each(['buyer', 'provider', 'ops'] as const)('a %s finds deliveries by stage', async (role) => {
    const items = await found('stage=implementing', role);
    expect(items.map(({ id }) => id)).toEqual([deliveries.implementing]);
    expect(await found('stage=cancelled', role)).toEqual([]);
  });

  test('deliveries are found by freeze', async () => {
    expect((await found('frozen=true')).map(({ id }) => id)).toEqual([deliveries.frozen]);
    const running = await found('frozen=false');
    expect(running.map(({ id }) => id)).toContain(deliveries.stated);
    expect(running.every(({ frozen }) => !frozen)).toBe(true);
    expect(await found('frozen=true&stage=implementing')).toEqual([]);
  });

  test('deliveries are found by order', async () => {
    const { orderId } = await story.delivery(deliveries.frozen);
    expect((await found(`orderId=${orderId}`)).map(({ id }) => id)).toEqual([deliveries.frozen]);
    expect(await found('orderId=ord_unknown')).toEqual([]);
  });

  test('a filter holds on every page', async () => {
    const { items, nextCursor } = await page<Delivery>('/v1/buyer/deliveries?stage=completed&limit=1');
    expect(items.map(({ id }) => id)).toEqual([deliveries.completed]);
    const next = await page<Delivery>(`/v1/buyer/deliveries?stage=completed&limit=1&cursor=${nextCursor}`);
    expect(next.items.every(({ stage }) => stage === 'completed')).toBe(true);
  });

  test('orders are found by state', async () => {
    const { items } = await page<Order>('/v1/buyer/orders?state=completed&limit=100');
    expect(items.map(({ deliveryId }) => deliveryId)).toContain(deliveries.completed);
    expect(new Set(items.map(({ state }) => state))).toEqual(new Set(['completed']));
  });

  test('ORD-2: an order names its delivery once it is paid, and the delivery its order', async () => {
    const { items } = await page<Order>('/v1/provider/orders?limit=100', api.provider);
    for (const { state, deliveryId } of items)
      expect([state, deliveryId === null]).toEqual([state, state === 'pending_payment']);
  });
});
