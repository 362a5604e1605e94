import { PRESETS, presetRange } from '../../../domain/orders/search';
import { DAY_MS } from '../../../domain/policies/duration';
import type { OrderRow } from '../../../prisma/store/orders/orders';
import { completedRow, orderRow } from '../../factories/order-rows';
import { type Api, startApi } from '../../support/api';
import { bodyOf, type Order, storyOf } from '../../support/story';

type Page = { items: Order[]; nextCursor: string | null };
type Role = 'buyer' | 'provider' | 'ops';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const at = (shanghai: string) => new Date(`${shanghai.replace(' ', 'T')}+08:00`);
const add = async (...rows: ReturnType<typeof orderRow>[]) => {
  await api.db.order.createMany({ data: rows });
  return rows.map(({ id }) => id);
};
const placed = (shanghai: string, other: Partial<Omit<OrderRow, 'policy'>> = {}) =>
  orderRow({ createdAt: at(shanghai), ...other });
const page = async (query: string, role: Role = 'provider') =>
  bodyOf<Page>(await api[role].get(`/v1/${role}/orders?${query}`), 200);
const found = async (query: string, role: Role = 'provider') =>
  (await page(`limit=100&${query}`, role)).items.map(({ id }) => id);

/** Reads a list to its end, two at a time, doing something between the pages. */
async function pages(query: string, between: () => Promise<unknown> = async () => undefined): Promise<string[]> {
  const read: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { items, nextCursor }: Page = await page(`limit=2&${query}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    read.push(...items.map(({ id }) => id));
    cursor = nextCursor;
    if (cursor !== null) await between();
  }
  return read;
}

describe('ORD-1: orders are searched by the time of purchase', () => {
  test('a day begins at midnight in Shanghai, and the end of a range is not in it', async () => {
    const [, first = '', last = ''] = await add(
      placed('2020-02-28 23:59:59.999'),
      placed('2020-02-29 00:00:00'),
      placed('2020-02-29 23:59:59.999'),
      placed('2020-03-01 00:00:00'),
    );
    for (const role of ['buyer', 'provider', 'ops'] as const) {
      expect(await found('from=2020-02-29&to=2020-03-01', role)).toEqual([last, first]);
    }
    expect(await found('from=2020-02-28T16:00:00Z&to=2020-02-29T15:59:59.999Z&sort=id')).toEqual([first]);
    expect(await found('timeType=completed&from=2020-02-29&to=2020-03-01')).toEqual([]);
  });

  test.each(PRESETS)('%s: from its first instant on, until its last', async (preset) => {
    const { fromMs, toMs } = presetRange(preset, Date.now());
    const edges = [fromMs - 1, fromMs, toMs - 1, toMs].map((ms) => orderRow({ createdAt: new Date(ms) }));
    const [before, first, last, after] = await add(...edges);
    const inIt = await found(`preset=${preset}`);
    expect([before, first, last, after].map((id = '') => inIt.includes(id))).toEqual([false, true, true, false]);
  });

  test('a list of today that is turned over after midnight stays the list of that day', async () => {
    await add(orderRow(), orderRow());
    const { items, nextCursor } = await page('preset=today&limit=1');
    const tomorrow = Date.now() + DAY_MS;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(tomorrow);
    const later = await page(`preset=today&limit=1&cursor=${nextCursor}`).finally(() => clock.mockRestore());
    expect(later.items).toHaveLength(1);
    expect(later.items).not.toEqual(items);
  });
});

describe('ORD-1: orders are searched by the time of completion', () => {
  test('those that were completed, in the order of it', async () => {
    const [late, early] = await add(
      completedRow(at('2020-06-30 23:59:59')),
      completedRow(at('2020-06-01 00:00:00')),
      completedRow(at('2020-07-01 00:00:00')),
      placed('2020-06-15 12:00:00', { state: 'cancelled', endedAt: at('2020-06-16 12:00:00') }),
    );
    expect(await found('timeType=completed&from=2020-06-01&to=2020-07-01')).toEqual([late, early]);
    expect(await found('timeType=completed&from=2020-06-01&to=2020-07-01&sort=id')).toEqual([early, late]);
  });

  test('one that was refunded later on is found by when it was completed', async () => {
    const [id = ''] = await add(completedRow(at('2020-08-01 10:00:00')));
    await api.db.order.update({ where: { id }, data: { state: 'refunding' } });
    await api.db.order.update({ where: { id }, data: { state: 'refunded', endedAt: at('2020-09-01 10:00:00') } });
    const range = 'timeType=completed&from=2020-08-01&to=2020-08-02';
    expect(await found(range)).toEqual([id]);
    expect(await found(`${range}&state=refunded`)).toEqual([id]);
    expect(await found(`${range}&state=completed`)).toEqual([]);
    expect(await found('timeType=completed&from=2020-09-01&to=2020-09-02')).toEqual([]);
  });

  test('a delivery that is accepted completes its order', async () => {
    const story = storyOf(api);
    const { orderId } = await story.delivery(await story.deliveryAt('completed'));
    const [order] = (await page(`timeType=completed&preset=today&orderId=${orderId}`)).items;
    expect(order).toMatchObject({ id: orderId, state: 'completed' });
    expect(order?.completedAt).toBe(order?.endedAt);
  });
});

describe('ORD-1: filters narrow one another, and go with pages', () => {
  test('state and number', async () => {
    const [closed = '', waiting = ''] = await add(
      placed('2019-01-01 10:00:00', { state: 'closed' }),
      placed('2019-01-01 11:00:00'),
    );
    expect(await found('from=2019-01-01&to=2019-01-02&state=closed')).toEqual([closed]);
    expect(await found(`orderId=${waiting}`)).toEqual([waiting]);
    expect(await found(`orderId=${waiting}&state=closed`)).toEqual([]);
    expect(await found(`orderId=${waiting}&from=2019-01-02`)).toEqual([]);
  });

  test('orders of one instant are told apart by their ids; what comes meanwhile moves nothing', async () => {
    const sameInstant = Array.from({ length: 5 }, () => placed('2018-01-01 10:00:00'));
    const newestFirst = (await add(...sameInstant)).sort().reverse();
    const range = 'from=2018-01-01&to=2018-01-02';
    let added = 0;
    const between = async () => {
      added += 1;
      await add(placed('2018-01-01 10:00:01'), placed('2017-12-31 10:00:00'));
    };
    expect(await pages(range, between)).toEqual(newestFirst);
    expect(added).toBe(2);
    expect((await found(`${range}&sort=id`)).slice(0, 5)).toEqual([...newestFirst].reverse());
  });

  test('what is completed meanwhile moves nothing', async () => {
    const days = ['01', '02', '03', '04', '05'];
    const ids = await add(...days.map((day) => completedRow(at(`2018-05-${day} 10:00:00`))));
    const range = 'timeType=completed&from=2018-05-01&to=2018-06-01';
    const between = () => add(completedRow(at('2018-05-20 10:00:00')));
    expect(await pages(range, between)).toEqual([...ids].reverse());
  });

  test('orders of others are not found, whatever is asked for', async () => {
    const [id] = await add(placed('2017-01-01 10:00:00'));
    for (const query of [`orderId=${id}`, 'from=2017-01-01&to=2017-01-02', 'preset=today']) {
      const answers = [
        await api.otherProvider.get(`/v1/provider/orders?${query}`),
        await api.otherBuyer.get(`/v1/buyer/orders?${query}`),
      ];
      expect(answers.map(({ body }) => body)).toEqual(Array(2).fill({ items: [], nextCursor: null }));
    }
  });
});

describe('a search that makes no sense is refused, and what is wrong is named', () => {
  test.each([
    ['preset=today&from=2026-01-01', 'query.preset'],
    ['preset=today&to=2026-01-01', 'query.preset'],
    ['preset=tomorrow', 'query.preset'],
    ['timeType=paid', 'query.timeType'],
    ['from=2026-01-02&to=2026-01-01', 'query.to'],
    ['from=2026-01-01&to=2026-01-01', 'query.to'],
    ['from=2026-02-30', 'query.from'],
    ['from=yesterday', 'query.from'],
    ['from=2026-01-01T00:00:00', 'query.from'],
    ['from=1969-12-31', 'query.from'],
    ['from=2026-01-01&from=2026-01-02', 'query.from'],
    ['orderId=dlv_1', 'query.orderId'],
    ['state=paid', 'query.state'],
    ['cursor=bm90aGluZw', 'query.cursor'],
    [`cursor=${Buffer.from('99999999999999999~ord_1~1').toString('base64url')}`, 'query.cursor'],
    ['q=word', 'query.q'],
  ])('%s', async (query, path) => {
    const answer = await api.provider.get(`/v1/provider/orders?${query}`);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path, message: expect.any(String) }] } });
  });
});

describe('ORD-7: contacts are masked in lists, shown in the details, and each look is in the audit trail', () => {
  const contact = { name: '王小明', email: 'look@demo.example', phone: '13800000001' };
  let id = '';
  beforeAll(async () => {
    bodyOf(await api.buyer.put('/v1/me', { ...contact, language: 'zh-CN' }), 200);
    [id = ''] = await add(placed('2016-01-01 10:00:00'));
  });

  test('the provider and operations read them masked, and no look is kept', async () => {
    const masked = { name: '王**', email: 'l***@demo.example', phone: '***0001' };
    for (const role of ['provider', 'ops'] as const) {
      expect((await page(`orderId=${id}`, role)).items).toMatchObject([{ id, buyerContact: masked }]);
    }
    expect((await page(`orderId=${id}`, 'buyer')).items).toMatchObject([{ id, buyerContact: null }]);
    expect(await api.db.contactLook.count({ where: { orderId: id } })).toBe(0);
  });

  test('each look at the details is kept: who, when and at which order', async () => {
    const before = Date.now();
    for (const role of ['provider', 'ops'] as const) {
      expect(bodyOf(await api[role].get(`/v1/${role}/orders/${id}`), 200)).toMatchObject({ buyerContact: contact });
    }
    const trail = bodyOf<{ items: { at: string }[] }>(await api.ops.get(`/v1/ops/audit?objectId=${id}`), 200).items;
    expect(trail).toMatchObject([
      { action: 'order.contact_seen', objectId: id, actor: { role: 'ops', id: 'usr_ops_staff' } },
      { action: 'order.contact_seen', objectId: id, actor: { role: 'provider', id: 'usr_provider_demo' } },
    ]);
    for (const { at: looked } of trail) expect(Date.parse(looked)).toBeGreaterThanOrEqual(before - 1_000);
  });
});
