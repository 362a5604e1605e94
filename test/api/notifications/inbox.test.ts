import { EVENT_GROUPS } from '../../../domain/notifications/groups';
import { businessOf } from '../../factories/rows';
import { type Api, startApi } from '../../support/api';
import { bodyOf } from '../../support/story';

type Inbox = {
  items: { id: string; group: string; event: string; subject: string; text: string; readAt: string | null }[];
  nextCursor: string | null;
  unread: number;
  unreadByGroup: Record<string, number>;
};

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const PATH = '/v1/me/messages';
const inbox = async (query = '', client = api.provider) => bodyOf<Inbox>(await client.get(`${PATH}${query}`), 200);
const idsOf = async (query: string) => (await inbox(query)).items.map(({ id }) => id);
const readAll = async (body: object = {}, client = api.provider) =>
  bodyOf<{ marked: number }>(await client.post(`${PATH}/read-all`, body), 200).marked;
const none = Object.fromEntries(EVENT_GROUPS.map((group) => [group, 0]));

let made = 0;
/** A message to the main account of prv_demo, as a step would write it. */
async function message(event: string, eventGroup: string, facts: object = {}): Promise<string> {
  made += 1;
  const id = `msg_${String(made).padStart(6, '0')}`;
  const params = { title: '<b>云迁移</b>', reason: '图片模糊' };
  const sent = { recipientId: 'usr_provider_demo', providerId: 'prv_demo', objectId: id, sequence: 1 };
  await api.db.message.create({
    data: { id, event, eventGroup, params, createdAt: new Date(), ...sent, ...facts },
  });
  return id;
}

describe('MSG-1: the in-site inbox', () => {
  let shop = '';
  let product = '';
  let read = '';
  beforeAll(async () => {
    shop = await message('shop.rejected', 'shop');
    product = await message('product.approved', 'products');
    read = await message('product.changed', 'products', { readAt: new Date() });
    await message('shop.approved', 'shop', { inSite: false });
    await message('shop.approved', 'shop', { recipientId: 'usr_provider_other', providerId: 'prv_other' });
  });

  test('the inbox lists in-site messages, newest first, and counts the unread ones by group', async () => {
    const { items, unread, unreadByGroup } = await inbox();
    expect(items.map(({ id, group }) => [id, group])).toEqual([
      [read, 'products'],
      [product, 'products'],
      [shop, 'shop'],
    ]);
    expect([unread, unreadByGroup]).toEqual([2, { ...none, shop: 1, products: 1 }]);
    expect(items[2]).toMatchObject({
      subject: '【云市场】店铺审核未通过：<b>云迁移</b>',
      text: expect.stringContaining('原因：图片模糊'),
    });
  });

  test.each([
    ['?unread=true', () => [product, shop]],
    ['?unread=false', () => [read]],
    ['?group=products', () => [read, product]],
    ['?group=products&unread=true', () => [product]],
    ['?group=coupons', () => []],
  ])('the inbox is filtered by %s', async (query, ids) => {
    expect(await idsOf(query)).toEqual(ids());
    expect(await inbox(query)).toMatchObject({ unread: 2, unreadByGroup: { shop: 1, products: 1 } });
  });

  test('the pages of a filtered inbox do not overlap', async () => {
    const first = await inbox('?group=products&limit=1');
    expect(first.items.map(({ id }) => id)).toEqual([read]);
    const later = await message('product.approved', 'products', { readAt: new Date() });
    expect(await idsOf(`?group=products&limit=1&cursor=${first.nextCursor}`)).toEqual([product]);
    expect(await idsOf('?group=products&unread=false')).toEqual([later, read]);
  });

  test.each(['?unread=maybe', '?group=everything', '?limit=0'])('the inbox refuses the query %s', async (query) => {
    expect((await api.provider.get(`${PATH}${query}`)).status).toBe(422);
  });

  test('a message that is not in-site, or is somebody else’s, cannot be marked read', async () => {
    const before = await businessOf(api.db);
    const rows = await api.db.message.findMany({ where: { event: 'shop.approved' } });
    for (const { id } of rows) expect((await api.provider.post(`${PATH}/${id}/read`)).status).toBe(404);
    expect(await businessOf(api.db)).toEqual(before);
  });

  test('a message keeps the time when it was first read', async () => {
    const id = await message('shop.rejected', 'shop');
    await api.provider.post(`${PATH}/${id}/read`);
    const { readAt } = await api.db.message.findUniqueOrThrow({ where: { id } });
    await api.provider.post(`${PATH}/${id}/read`);
    expect(await api.db.message.findUniqueOrThrow({ where: { id } })).toMatchObject({ readAt });
  });

  test('all messages of a group, or all there are, can be marked read, and nobody else’s', async () => {
    const since = new Date();
    expect(await readAll({ group: 'products' })).toBe(1);
    expect(await inbox()).toMatchObject({ unread: 1, unreadByGroup: { ...none, shop: 1 } });
    expect(await readAll()).toBe(1);
    expect(await readAll()).toBe(0);
    expect(await inbox()).toMatchObject({ unread: 0, unreadByGroup: none });
    expect((await api.db.message.findUniqueOrThrow({ where: { id: shop } })).readAt?.getTime()).toBeGreaterThanOrEqual(
      since.getTime(),
    );
    expect((await inbox('', api.otherProvider)).unread).toBe(1);
    expect((await api.provider.post(`${PATH}/read-all`, { group: 'everything' })).status).toBe(422);
  });
});
