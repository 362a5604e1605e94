import { keyClient, subAccount } from '../../factories/accounts';
import { couponForm, couponsOf, type OwnCoupon } from '../../factories/coupons';
import { productsOf } from '../../factories/products';
import { type Api, startApi } from '../../support/api';
import { key } from '../../support/http';
import { bodyOf } from '../../support/story';

let api: Api;
let coupons: ReturnType<typeof couponsOf>;
beforeAll(async () => {
  api = await startApi();
  coupons = couponsOf(api);
});
afterAll(() => api.stop());

const PATH = '/v1/provider/coupons';
const codeOf = ({ body }: { body: unknown }) => (body as { code?: string }).code;
const switched = (id: string, to: 'pause' | 'resume') => api.provider.post(`${PATH}/${id}/${to}`);
const shownOn = async (productId: string): Promise<string[]> => {
  const page = bodyOf<{ coupons: { id: string }[] }>(await api.buyer.get(`/v1/buyer/products/${productId}`), 200);
  return page.coupons.map(({ id }) => id);
};

describe('CPN-1: a provider creates a coupon', () => {
  test('and reads it as it wrote it, with what became of it', async () => {
    const form = couponForm({ kind: { discount: 0.65 }, name: '新年折扣', quantity: 3, perBuyer: 2 });
    const created = bodyOf<OwnCoupon>(await api.provider.post(PATH, form), 201);
    expect(created).toMatchObject({
      ...form,
      id: expect.stringMatching(/^cpn_/),
      ...{ claimed: 0, link: null, state: 'issuing', allowedActions: ['provider.coupons.pause'] },
    });
    expect(await coupons.own(created.id)).toEqual(created);
  });

  test('for chosen products: published ones of its own shop, of the types that coupons are for', async () => {
    const [own, image] = [await productsOf(api).published('api'), await productsOf(api).published('image')];
    const unpublished = await productsOf(api).submitNew('api');
    const scope = { products: [own.id, image.id, unpublished.objectId, 'prd_unknown'] };
    const answer = await api.provider.post(PATH, couponForm({ scope }));
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [1, 2, 3].map((index) => ({ path: `body.scope.products.${index}` })) },
    });
    expect(await api.otherProvider.post(PATH, couponForm({ scope: { products: [own.id] } }))).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'body.scope.products.0' }] },
    });
    await coupons.create({ scope: { products: [own.id] } });
  });

  test('not with a validity that begins before now, however the rest is', async () => {
    const past = new Date(Date.now() - 1_000).toISOString();
    expect(await api.provider.post(PATH, couponForm({ validFrom: past }))).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'body.validFrom', message: 'must be later than now' }] },
    });
  });

  test('once, however often the command comes', async () => {
    const form = couponForm({ placement: 'link' });
    const before = await api.db.coupon.count();
    const answers = [];
    for (let time = 1; time <= 3; time += 1) answers.push(await api.provider.post(PATH, form, key('coupon-once')));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await api.db.coupon.count()).toBe(before + 1);
  });

  test('AUD-1: which stands in its trail, for people with the area', async () => {
    const { id } = await coupons.create();
    await switched(id, 'pause');
    const steps = await api.db.step.findMany({ where: { objectId: id }, orderBy: { sequence: 'asc' } });
    expect(steps.map(({ action, providerId }) => [action, providerId])).toEqual([
      ['provider.coupon.create', 'prv_demo'],
      ['provider.coupon.pause', 'prv_demo'],
    ]);
    const read = async (areas: Parameters<typeof subAccount>[1]) =>
      (await (await subAccount(api, areas)).get(`/v1/provider/objects/${id}/timeline`)).status;
    expect([await read(['coupons']), await read(['orders'])]).toEqual([200, 404]);
  });
});

describe('CPN-2: the list shows what was claimed and the state, and is searched by keyword', () => {
  test('page by page, whatever the letters’ case', async () => {
    const names = ['Summer 满减 A', 'SUMMER 满减 b', '冬季'];
    for (const name of names) await coupons.create({ name });
    const found = async (q: string) => {
      const answer = await api.provider.get(`${PATH}?q=${encodeURIComponent(q)}&limit=100`);
      return bodyOf<{ items: OwnCoupon[] }>(answer, 200).items.map(({ name }) => name);
    };
    expect(await found('summer')).toEqual([names[1], names[0]]);
    expect(await found('冬')).toEqual([names[2]]);
    expect(await found('100%_')).toEqual([]);
    expect((await api.otherProvider.get(`${PATH}?q=summer`)).body).toMatchObject({ items: [] });
  });

  test('claimed out, paused and ended are seen', async () => {
    const out = await coupons.create({ quantity: 1 });
    await coupons.claimed(out.id);
    expect(await coupons.own(out.id)).toMatchObject({ claimed: 1, state: 'claimed_out' });
    const ended = await coupons.usable({ validTo: new Date(Date.now() - 1).toISOString() });
    expect(await coupons.own(ended)).toMatchObject({ state: 'ended', allowedActions: [] });
    expect(codeOf(await switched(ended, 'pause'))).toBe('COUPON.NOT_ALLOWED');
    expect(codeOf(await coupons.claim(ended))).toBe('COUPON.NOT_CLAIMABLE');
  });
});

describe('CPN-2: a coupon can be claimed from its creation on', () => {
  test('is in its buyer’s hands, and nobody else’s', async () => {
    const { id, validFrom, validTo, name, kind } = await coupons.create();
    const claim = await coupons.claimed(id);
    expect(claim).toMatchObject({ couponId: id, status: 'claimed', orderId: null, name, kind, validFrom, validTo });
    const mine = bodyOf<{ items: unknown[] }>(await api.buyer.get('/v1/buyer/coupons?status=claimed'), 200);
    expect(mine.items).toContainEqual(claim);
    expect((await api.otherBuyer.get('/v1/buyer/coupons')).body).toMatchObject({ items: [] });
    expect((await api.buyer.get('/v1/buyer/coupons?status=used')).body).toMatchObject({ items: [] });
  });

  test('CPN-4: not more often than the limit, nor than there are; a repeated command claims no second one', async () => {
    const { id } = await coupons.create({ quantity: 3, perBuyer: 2 });
    const first = await api.buyer.post(`/v1/buyer/coupons/${id}/claim`, undefined, key('claim-once'));
    expect(await api.buyer.post(`/v1/buyer/coupons/${id}/claim`, undefined, key('claim-once'))).toMatchObject({
      status: 201,
      body: first.body,
    });
    await coupons.claimed(id);
    expect(codeOf(await coupons.claim(id))).toBe('COUPON.LIMIT_REACHED');
    await coupons.claimed(id, api.otherBuyer);
    expect(codeOf(await coupons.claim(id, api.otherBuyer))).toBe('COUPON.CLAIMED_OUT');
    expect(await coupons.own(id)).toMatchObject({ claimed: 3, state: 'claimed_out' });
    expect(await api.db.couponClaim.count({ where: { couponId: id } })).toBe(3);
  });

  test('MSG-2: the provider is notified when the last one is gone, in the group coupons', async () => {
    const { id } = await coupons.create({ quantity: 1 });
    const notified = () =>
      api.db.message.findMany({ where: { event: 'coupon.claimed_out', params: { path: ['couponId'], equals: id } } });
    await coupons.claimed(id);
    expect(await notified()).toMatchObject([{ recipientId: 'usr_provider_demo', eventGroup: 'coupons' }]);
    await coupons.claim(id, api.otherBuyer);
    expect(await notified()).toHaveLength(1);
  });
});

describe('CPN-2: pause hides the entry, resume shows it again', () => {
  test('on product pages; claimed ones stay', async () => {
    const product = await productsOf(api).published('api');
    const { id } = await coupons.create({ scope: { products: [product.id] } });
    const claim = await coupons.claimed(id);
    expect(await shownOn(product.id)).toContain(id);
    expect(await shownOn('prd_service')).not.toContain(id);
    expect(bodyOf(await switched(id, 'pause'), 200)).toMatchObject({
      state: 'paused',
      allowedActions: ['provider.coupons.resume'],
    });
    expect(await shownOn(product.id)).not.toContain(id);
    expect(codeOf(await coupons.claim(id, api.otherBuyer))).toBe('COUPON.NOT_CLAIMABLE');
    expect(bodyOf<{ items: unknown[] }>(await api.buyer.get('/v1/buyer/coupons'), 200).items).toContainEqual(claim);
    expect(await switched(id, 'pause')).toMatchObject({
      status: 409,
      body: { code: 'COUPON.NOT_ALLOWED', allowedActions: ['provider.coupons.resume'] },
    });
    bodyOf(await switched(id, 'resume'), 200);
    expect(await shownOn(product.id)).toContain(id);
    await coupons.claimed(id, api.otherBuyer);
  });

  test('of a whole shop: on the pages of all its products that coupons are for', async () => {
    const [service, image] = [await productsOf(api).published('api'), await productsOf(api).published('image')];
    const { id } = await coupons.create();
    expect(await shownOn(service.id)).toContain(id);
    expect(await shownOn(image.id)).not.toContain(id);
  });
});

describe('CPN-1: a page of its own, whose link the provider hands out', () => {
  test('is found by its link alone', async () => {
    const { id, link } = await coupons.create({ placement: 'link', scope: { products: ['prd_service'] } });
    expect(link).toMatch(/^[0-9a-f]{32}$/);
    expect(await shownOn('prd_service')).not.toContain(id);
    expect((await coupons.claim(id)).status).toBe(404);
    const page = `/v1/buyer/coupon-links/${link}`;
    expect((await api.buyer.get(page)).body).toMatchObject({
      ...{ id, providerId: 'prv_demo', remaining: 100, claimedByYou: 0, state: 'issuing' },
      products: [{ id: 'prd_service' }],
    });
    bodyOf(await api.buyer.post(`${page}/claim`), 201);
    expect((await api.buyer.get(page)).body).toMatchObject({ remaining: 99, claimedByYou: 1 });
    expect((await api.buyer.get('/v1/buyer/coupon-links/0123456789abcdef')).status).toBe(404);
  });

  test('CPN-2: is gone while it is paused', async () => {
    const { id, link } = await coupons.create({ placement: 'link' });
    await switched(id, 'pause');
    expect((await api.buyer.get(`/v1/buyer/coupon-links/${link}`)).status).toBe(404);
    expect(codeOf(await api.buyer.post(`/v1/buyer/coupon-links/${link}/claim`))).toBe('COUPON.NOT_CLAIMABLE');
  });

  test('a coupon of product pages has no link to be claimed by', async () => {
    const { id } = await coupons.create();
    expect((await api.buyer.post(`/v1/buyer/coupon-links/${id}/claim`)).status).toBe(404);
  });
});

describe('CPN-2: open only to providers whom operations have enabled', () => {
  const access = (to: 'enable' | 'disable', id = 'prv_demo') => api.ops.post(`/v1/ops/providers/${id}/coupons/${to}`);
  afterEach(async () => void bodyOf(await access('enable'), 200));

  test('others create none, resume none, and theirs are hidden; claimed ones stay usable', async () => {
    const [shown, linked] = [await coupons.create(), await coupons.create({ placement: 'link' })];
    const claim = await coupons.claimed(shown.id);
    expect(bodyOf(await access('disable'), 200)).toEqual({ providerId: 'prv_demo', couponsEnabledAt: null });
    expect(await api.provider.post(PATH, couponForm())).toMatchObject({
      status: 403,
      body: { code: 'COUPON.NOT_ENABLED' },
    });
    bodyOf(await switched(shown.id, 'pause'), 200);
    expect(codeOf(await switched(shown.id, 'resume'))).toBe('COUPON.NOT_ENABLED');
    expect(await shownOn('prd_service')).toEqual([]);
    expect((await api.buyer.get(`/v1/buyer/coupon-links/${linked.link}`)).status).toBe(404);
    expect(codeOf(await api.buyer.post(`/v1/buyer/coupon-links/${linked.link}/claim`))).toBe('COUPON.NOT_CLAIMABLE');
    expect(bodyOf<{ items: unknown[] }>(await api.buyer.get('/v1/buyer/coupons'), 200).items).toContainEqual(claim);
    expect((await api.otherProvider.post(PATH, couponForm())).status).toBe(201);
  });

  test('AUD-1: which is in the provider’s trail, and keeps its instant when it is said again', async () => {
    const [first, again] = [await access('enable'), await access('enable')];
    expect(again.body).toEqual(first.body);
    const actions = await api.db.step.findMany({
      where: { objectId: 'prv_demo', action: { startsWith: 'ops.coupons' } },
    });
    expect(actions.length).toBeGreaterThan(1);
    expect((await access('enable', 'prv_unknown')).status).toBe(404);
  });

  test('ACC-0: programs of the provider need the area coupons', async () => {
    const create = async (areas: Parameters<typeof keyClient>[1]) =>
      (await (await keyClient(api, areas)).post(PATH, couponForm())).status;
    expect([await create(['coupons']), await create(['products'])]).toEqual([201, 403]);
  });
});
