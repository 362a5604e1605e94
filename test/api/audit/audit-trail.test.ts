import type { z } from 'zod';
import type { auditEntryForOpsSchema, timelineEntrySchema } from '../../../api/audit/routes';
import { subAccount } from '../../factories/accounts';
import { productsOf } from '../../factories/products';
import { type Api, startApi } from '../../support/api';
import type { HttpClient } from '../../support/http';
import { bodyOf, type Order, storyOf } from '../../support/story';

type Entry = z.infer<typeof auditEntryForOpsSchema>;
type Moment = z.infer<typeof timelineEntrySchema>;
type Page<T> = { items: T[]; nextCursor: string | null };

let api: Api;
let story: ReturnType<typeof storyOf>;
let products: ReturnType<typeof productsOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
  products = productsOf(api);
});
afterAll(() => api.stop());

const page = async <T>(path: string, client: HttpClient): Promise<Page<T>> => bodyOf(await client.get(path), 200);
const trail = async (query: string, role: 'ops' | 'provider' = 'ops', client = api[role]): Promise<Entry[]> =>
  (await page<Entry>(`/v1/${role}/audit?limit=100&${query}`, client)).items;
const timeline = async (id: string, role: 'ops' | 'provider' = 'ops', client = api[role]): Promise<Moment[]> =>
  (await page<Moment>(`/v1/${role}/objects/${id}/timeline?limit=100`, client)).items;

/** Reads a list of the trail to its end, doing something between the pages. */
async function everyPage<T>(path: string, client: HttpClient, between: () => Promise<unknown> = async () => undefined) {
  const read: T[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { items, nextCursor }: Page<T> = await page(`${path}${cursor === '' ? '' : `&cursor=${cursor}`}`, client);
    read.push(...items);
    cursor = nextCursor;
    if (cursor !== null) await between();
  }
  return read;
}

/** Somebody of prv_other sells something to usr_demo. */
async function orderWithOther(): Promise<Order> {
  const { id } = await api.db.product.findFirstOrThrow({ where: { providerId: 'prv_other', status: 'published' } });
  const spec = await api.db.productSpec.findFirstOrThrow({ where: { productId: id } });
  return story.order({ productId: id, specId: spec.id });
}

describe('AUD-1: every command leaves who, when, from where, what, before and after, and the run', () => {
  test('of a delivery: newest first, each step beginning where the one before ended', async () => {
    const id = await story.deliveryAt('awaiting_acceptance');
    const entries = await trail(`objectId=${id}`);
    expect(entries.map(({ sequence, action }) => [sequence, action])).toEqual([
      [4, 'provider.implementation.submit'],
      [3, 'provider.requirement.confirm'],
      [2, 'buyer.requirement'],
      [1, 'delivery.started'],
    ]);
    for (const [index, { before }] of entries.entries()) expect(before).toEqual(entries[index + 1]?.after ?? null);

    const confirmed = entries[1];
    const step = await api.db.step.findFirstOrThrow({ where: { objectId: id, sequence: 3 } });
    expect(confirmed).toMatchObject({
      id: `${id}/3`,
      objectId: id,
      at: step.at.toISOString(),
      actor: { role: 'provider', id: 'usr_provider_demo' },
      note: '收到，五天内完成',
      requestId: step.requestId,
      runId: step.runId,
      sourceIp: expect.stringMatching(/127\.0\.0\.1$/),
    });
    expect(step.runId).not.toBeNull();
    expect(confirmed?.changes).toEqual(
      expect.arrayContaining([
        { field: 'stage', before: 'awaiting_requirement_confirmation', after: 'implementing' },
        { field: 'requirementConfirmed', before: false, after: true },
      ]),
    );
    expect(confirmed?.changes.map(({ field }) => field)).not.toContain('flow');
    expect(entries.at(-1)?.changes).toContainEqual({ field: 'stage', before: null, after: 'awaiting_requirement' });
  });

  test('of an order: what was agreed, and the payment; its delivery has a trail of its own', async () => {
    const { id, deliveryId } = await story.paidOrder();
    const [paid, placed] = await trail(`objectId=${id}`);
    expect(placed).toMatchObject({
      action: 'order.placed',
      actor: { role: 'buyer', id: 'usr_demo' },
      before: null,
      after: { state: 'pending_payment', payableFen: expect.any(Number) },
    });
    expect(paid).toMatchObject({ action: 'order.paid', actor: { role: 'system' }, before: placed?.after, note: null });
    expect(paid?.changes).toEqual(
      expect.arrayContaining([
        { field: 'state', before: 'pending_payment', after: 'awaiting_start' },
        { field: 'payment.channel', before: null, after: 'wechat' },
      ]),
    );
    expect(JSON.stringify(paid)).not.toContain('stageClock');
    expect(await trail(`objectId=${deliveryId}`)).toHaveLength(1);
  });

  test('ORD-2: words that are sealed are in nobody’s trail', async () => {
    const id = await story.deliveryAt('implementing');
    await story.done(id, 'provider.implementation.submit', { summary: '后台密码 not-for-the-trail' });
    for (const role of ['ops', 'provider'] as const) {
      const [submitted] = await trail(`objectId=${id}`, role);
      expect(submitted).toMatchObject({ action: 'provider.implementation.submit', note: null });
      expect((await timeline(id, role)).at(-1)).toMatchObject({ note: null });
      expect(JSON.stringify(await trail('', role))).not.toContain('not-for-the-trail');
    }
  });

  test('ORD-7: a look at a contact is in the trail of its order, without the contact', async () => {
    const { id } = await story.order();
    await api.provider.get(`/v1/provider/orders/${id}`);
    await api.ops.get(`/v1/ops/orders/${id}`);
    await api.buyer.get(`/v1/buyer/orders/${id}`);
    const looks = (await trail(`objectId=${id}`)).filter(({ action }) => action === 'order.contact_seen');
    expect(looks).toMatchObject([
      {
        actor: { role: 'ops', id: 'usr_ops_staff' },
        sequence: null,
        runId: null,
        before: null,
        after: null,
        changes: [],
      },
      { actor: { role: 'provider', id: 'usr_provider_demo' }, sourceIp: expect.stringMatching(/127\.0\.0\.1$/) },
    ]);
    expect(looks.every(({ requestId }) => requestId !== null)).toBe(true);
    const everything = JSON.stringify([await trail(`objectId=${id}`), await timeline(id)]);
    for (const contact of ['13800000001', 'buyer@demo.example']) expect(everything).not.toContain(contact);
    expect((await trail(`objectId=${id}`, 'provider')).map(({ action }) => action)).toEqual([
      'order.contact_seen',
      'order.contact_seen',
      'order.placed',
    ]);
  });

  test('the provider sees the same of its own, but not from where others did it', async () => {
    const id = await story.deliveryAt('awaiting_requirement_confirmation');
    const ofOps = await trail(`objectId=${id}`);
    expect(await trail(`objectId=${id}`, 'provider')).toEqual(ofOps.map(({ sourceIp: _, ...entry }) => entry));
  });
});

describe('the trail is searched', () => {
  let id: string;
  beforeAll(async () => {
    id = await story.deliveryAt('completed');
  });

  test('by actor', async () => {
    const entries = await trail(`objectId=${id}&actorId=usr_provider_demo`);
    expect(entries.map(({ sequence }) => sequence)).toEqual([4, 3]);
    expect((await trail(`objectId=${id}&actorId=system`)).map(({ sequence }) => sequence)).toEqual([1]);
    expect(await trail('actorId=usr_nobody')).toEqual([]);
  });

  test('by how the action begins: a dot is a dot', async () => {
    const actions = async (action: string) =>
      (await trail(`objectId=${id}&action=${action}`)).map(({ sequence }) => sequence);
    expect(await actions('buyer.')).toEqual([5, 2]);
    expect(await actions('provider.requirement.confirm')).toEqual([3]);
    expect(await actions('_')).toEqual([]);
    expect(await actions('equirement')).toEqual([]);
  });

  test('by time: from an instant on, until another which is not included', async () => {
    const { at } = await api.db.step.findFirstOrThrow({ where: { objectId: id, sequence: 3 } });
    const found = async (query: string) => (await trail(`objectId=${id}&${query}`)).map(({ sequence }) => sequence);
    const instant = encodeURIComponent(new Date(at.getTime() + 8 * 3_600_000).toISOString().replace('Z', '+08:00'));
    expect(await found(`from=${instant}`)).toEqual([5, 4, 3]);
    expect(await found(`to=${instant}`)).toEqual([2, 1]);
    expect(await found(`from=${instant}&to=${instant}`)).toEqual([]);
  });

  test('by provider, for operations', async () => {
    const { id: others } = await orderWithOther();
    const ofOther = await trail('providerId=prv_other');
    expect(ofOther.map(({ objectId }) => objectId)).toContain(others);
    expect(ofOther.map(({ objectId }) => objectId)).not.toContain(id);
  });

  test.each([
    'providerId=prv_demo',
    'from=yesterday',
    'to=1969-12-31T23:59:59Z',
    'action=%25',
    'objectId=a%00b',
    'cursor=x',
  ])('not by %s, for a provider', async (query) => {
    expect(await api.provider.get(`/v1/provider/audit?${query}`)).toMatchObject({
      status: 422,
      body: { code: 'REQUEST.INVALID' },
    });
  });

  test.each(['99999999999999~dlv_1~4294967295~', '1~dlv_1~1', "1~x'~1~", ''])(
    'a forged cursor (%s) is refused',
    async (text) => {
      const cursor = Buffer.from(text).toString('base64url');
      expect((await api.ops.get(`/v1/ops/audit?cursor=${cursor}`)).status).toBe(422);
    },
  );
});

describe('pages of the trail are stable', () => {
  test('what happens meanwhile comes first, and moves nothing: nothing twice, nothing left out', async () => {
    await story.deliveryAt('completed');
    const all = (await everyPage<Entry>('/v1/ops/audit?limit=100', api.ops)).map(({ id }) => id);
    expect(new Set(all).size).toBe(all.length);
    let orders = 0;
    const order = async () => {
      orders += 1;
      if (orders <= 2) await api.provider.get(`/v1/provider/orders/${(await story.order()).id}`);
    };
    const read = await everyPage<Entry>('/v1/ops/audit?limit=7', api.ops, order);
    expect(read.map(({ id }) => id)).toEqual(all);
    expect(orders).toBeGreaterThan(2);
    const times = read.map(({ at }) => at);
    expect(times).toEqual([...times].sort().reverse());
  });

  test('many lines of one and the same instant, too', async () => {
    const at = new Date();
    const { id: orderId } = await story.order();
    const look = { orderId, providerId: 'prv_demo', viewerId: 'usr_provider_demo', requestId: 'req_same', at };
    await api.db.contactLook.createMany({ data: Array.from({ length: 5 }, () => look) });
    const step = { actorRole: 'ops', actorId: 'usr_same', action: 'test', stateAfter: {}, at };
    const steps = Array.from({ length: 12 }, (_, n) => ({
      ...step,
      objectId: 'obj_same',
      sequence: n + 1,
      commandId: `same_${n}`,
    }));
    await api.db.step.createMany({ data: steps });
    const from = encodeURIComponent(at.toISOString());
    const read = await everyPage<Entry>(`/v1/ops/audit?limit=2&from=${from}`, api.ops);
    const same = read.filter((entry) => entry.at === at.toISOString());
    expect(same).toHaveLength(17);
    expect(new Set(same.map(({ id }) => id)).size).toBe(17);
    const numbers = same.filter(({ objectId }) => objectId === 'obj_same').map(({ sequence }) => sequence);
    expect(numbers).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    const upwards = await everyPage<Moment>('/v1/ops/objects/obj_same/timeline?limit=5', api.ops);
    expect(upwards).toHaveLength(12);
  });
});

describe('AUD-1: each object has a timeline, the oldest first', () => {
  test('the timeline of an order has its delivery’s steps and the looks at its contact', async () => {
    const { id, deliveryId } = await story.paidOrder();
    await api.provider.get(`/v1/provider/orders/${id}`);
    await story.done(deliveryId, 'buyer.requirement', { text: '三页小程序' });
    const moments = await timeline(id);
    // The payment and the delivery that it started are of one instant.
    expect(moments.map(({ objectId, action }) => [objectId, action])).toEqual([
      [id, 'order.placed'],
      [deliveryId, 'delivery.started'],
      [id, 'order.paid'],
      [id, 'order.contact_seen'],
      [deliveryId, 'buyer.requirement'],
    ]);
    expect(moments.at(-1)).toEqual({
      at: expect.any(String),
      actor: { role: 'buyer', id: 'usr_demo' },
      action: 'buyer.requirement',
      note: '三页小程序',
      objectId: deliveryId,
    });
    expect((await timeline(deliveryId)).map(({ action }) => action)).toEqual(['delivery.started', 'buyer.requirement']);
    expect(await timeline(id, 'provider')).toEqual(moments);
  });

  test('the timeline of a product has its applications, with the reviewer’s reason', async () => {
    const application = await products.submitNew('human_service', {});
    await products.decide(application.id, 'reject', { reason: '价格不清楚' });
    const moments = await timeline(application.objectId, 'provider');
    expect(moments).toMatchObject([
      { objectId: application.id, action: 'provider.publish', actor: { role: 'provider' } },
      { objectId: application.id, action: 'ops.reject', actor: { role: 'ops' }, note: '价格不清楚' },
    ]);
    expect(await timeline(application.id)).toEqual(moments);
  });

  test('it is read page by page', async () => {
    const id = await story.deliveryAt('completed');
    expect(await everyPage<Moment>(`/v1/ops/objects/${id}/timeline?limit=2`, api.ops)).toEqual(await timeline(id));
  });
});

describe('AUD-1: a provider sees what is its own, and nobody else’s', () => {
  test('the trail of others is empty, however it is asked for', async () => {
    const { id: others } = await orderWithOther();
    const mine = await story.deliveryAt('implementing');
    expect((await trail('', 'provider')).map(({ objectId }) => objectId)).not.toContain(others);
    expect(await trail(`objectId=${others}`, 'provider')).toEqual([]);
    expect(await trail(`objectId=${mine}`, 'provider', api.otherProvider)).toEqual([]);
    const ofOther = await trail('', 'provider', api.otherProvider);
    expect(ofOther.map(({ objectId }) => objectId)).toContain(others);
    const orders = await api.db.order.findMany({ where: { providerId: 'prv_demo' } });
    const own = orders.flatMap(({ id, deliveryId }) => [id, deliveryId]);
    expect(ofOther.filter(({ objectId }) => own.includes(objectId))).toEqual([]);
  });

  test('looks at the contacts in others’ orders are not there either', async () => {
    const { id } = await orderWithOther();
    await api.otherProvider.get(`/v1/provider/orders/${id}`);
    expect((await trail('action=order.contact_seen', 'provider')).map(({ objectId }) => objectId)).not.toContain(id);
    const seen = await trail('action=order.contact_seen', 'provider', api.otherProvider);
    expect(seen.map(({ objectId }) => objectId)).toContain(id);
  });

  test('what belongs to no provider is for operations only', async () => {
    await api.db.step.create({
      data: {
        ...{ objectId: 'usr_alone', sequence: 1, commandId: 'alone', actorRole: 'ops', actorId: 'usr_ops_staff' },
        ...{ action: 'test.alone', stateAfter: {}, at: new Date() },
      },
    });
    expect(await trail('action=test.alone')).toHaveLength(1);
    expect(await trail('action=test.alone', 'provider')).toEqual([]);
    expect((await api.provider.get('/v1/provider/objects/usr_alone/timeline')).status).toBe(404);
  });

  test('a buyer reads no trail; operations and providers read only their own routes', async () => {
    for (const [client, path] of [
      [api.buyer, '/v1/ops/audit'],
      [api.buyer, '/v1/provider/audit'],
      [api.provider, '/v1/ops/audit'],
      [api.ops, '/v1/provider/audit'],
    ] as const) {
      expect([path, (await client.get(path)).status]).toEqual([path, 403]);
    }
    expect((await api.anonymous.get('/v1/ops/audit')).status).toBe(401);
  });

  test('a sub-account needs the area account for the trail, and the object’s area for a timeline', async () => {
    const order = await story.paidOrder();
    const objects = [order.id, order.deliveryId];
    const { objectId: product } = await products.submitNew('human_service', {});
    const statuses = async (client: HttpClient) =>
      Promise.all(
        [...objects, product].map(async (id) => (await client.get(`/v1/provider/objects/${id}/timeline`)).status),
      );
    const [forDeliveries, forProducts, forAccount] = [
      await subAccount(api, ['deliveries']),
      await subAccount(api, ['products']),
      await subAccount(api, ['account']),
    ];
    expect(await statuses(forDeliveries)).toEqual([404, 200, 404]);
    expect(await statuses(forProducts)).toEqual([404, 404, 200]);
    expect(await statuses(forAccount)).toEqual([404, 404, 404]);
    expect((await forDeliveries.get('/v1/provider/audit')).status).toBe(403);
    expect((await forAccount.get('/v1/provider/audit')).status).toBe(200);
  });
});
