import { Client as PgClient } from 'pg';
import { type Application, productsOf } from '../../factories/products';
import { businessOf } from '../../factories/rows';
import { type Api, startApi } from '../../support/api';
import { key } from '../../support/http';
import { bodyOf } from '../../support/story';

let api: Api;
let products: ReturnType<typeof productsOf>;
beforeAll(async () => {
  api = await startApi();
  products = productsOf(api);
});
afterAll(() => api.stop());

const stepsOf = (objectId: string) => api.db.step.findMany({ where: { objectId }, orderBy: { sequence: 'asc' } });
const noticesOf = async (objectId: string) =>
  (await api.db.message.findMany({ where: { objectId }, orderBy: { id: 'asc' } })).map(
    ({ event, recipientId }) => `${event} → ${recipientId}`,
  );
const page = async (id: string) => api.buyer.get(`/v1/buyer/products/${id}`);

describe('PRD-3, PRD-5: the first publication', () => {
  test('is reviewed; approved, the product is on sale as it was described', async () => {
    const application = await products.submitNew('human_service', { name: '数据备份服务' });
    expect(application).toMatchObject({
      operation: 'publish',
      status: 'in_review',
      base: { status: 'unpublished', content: null },
      proposed: { status: 'published', grade: 'bazaar', content: { name: '数据备份服务' } },
      allowedActions: ['provider.withdraw', 'ops.approve', 'ops.reject'],
      deadlines: [{ name: 'review_target' }],
    });
    expect(application.diff).toContainEqual({ field: 'content.name', before: null, after: '数据备份服务' });
    const { objectId } = application;
    expect(await products.own(objectId)).toMatchObject({
      status: 'unpublished',
      version: 0,
      content: null,
      openApplicationId: application.id,
      allowedActions: [],
    });
    expect((await page(objectId)).status).toBe(404);

    expect(await products.approve(application)).toMatchObject({
      status: 'approved',
      allowedActions: [],
      deadlines: [],
    });
    const own = await products.own(objectId);
    expect(own).toMatchObject({ status: 'published', grade: 'bazaar', version: 1, openApplicationId: null });
    expect(own.content?.specs.map(({ id, name, priceFen }) => [id.slice(0, 4), name, priceFen])).toEqual([
      ['spc_', '基础版', 15_000],
      ['spc_', '专业版', 200_000],
    ]);
    expect(bodyOf(await page(objectId), 200)).toMatchObject({ name: '数据备份服务', specs: own.content?.specs });
    expect(await api.db.productVersion.findMany({ where: { productId: objectId } })).toMatchObject([
      { number: 1, applicationId: application.id, content: own.content },
    ]);
    expect(await noticesOf(application.id)).toEqual([
      expect.stringMatching('product.submitted → usr_ops'),
      'product.approved → usr_provider_demo',
    ]);
  });

  test('with the grade that was applied for', async () => {
    expect(await products.published('api', {}, 'certified')).toMatchObject({ grade: 'certified' });
  });

  test.each(['reject', 'withdraw'] as const)('after a %s the product waits to be published again', async (end) => {
    const first = await products.submitNew('api', { name: '第一次' });
    if (end === 'reject') await products.decide(first.id, 'reject', { reason: '描述不清' });
    else await products.withdraw(first.id);
    const [status, reason] = end === 'reject' ? ['rejected', '描述不清'] : ['withdrawn', null];
    expect(await products.application(first.id)).toMatchObject({ status, reason });
    const { objectId } = first;
    expect(await products.own(objectId)).toMatchObject({
      status: 'unpublished',
      version: 0,
      allowedActions: ['provider.publish'],
    });
    expect((await page(objectId)).status).toBe(404);
    // What was proposed can be sent again as it was, with its specs.
    const proposed = (first.proposed as { content: object }).content;
    const second = await products.applied(objectId, 'publish', { content: { ...proposed, name: '第二次' } });
    await products.approve(second);
    expect(await products.own(objectId)).toMatchObject({ name: '第二次', status: 'published', version: 1 });
    const record = await api.provider.get(`/v1/provider/applications?productId=${objectId}`);
    expect(bodyOf<{ items: Application[] }>(record, 200).items.map(({ id }) => id)).toEqual([second.id, first.id]);
  });

  test('sent twice under one key it is one application of one product', async () => {
    const body = { content: await products.content('api') };
    const send = () => api.provider.post('/v1/provider/products', body, key('publish-once'));
    const [first, second] = await Promise.all([send(), send()]);
    expect([first.status, first.body]).toEqual([201, second.body]);
    const { id } = bodyOf<Application>(first, 201);
    expect(await stepsOf(id)).toHaveLength(1);
  });
});

describe('PRD-3: a modification', () => {
  test('is published as the next version; kept specs keep their ids, the others go', async () => {
    const product = await products.published('human_service');
    const [kept, gone] = product.content?.specs ?? [];
    const changes = {
      name: '新名字',
      specs: [
        { ...kept, priceFen: 12_000 },
        { name: '旗舰版', duration: 1, unit: 'time', listPriceFen: 9, priceFen: 9 },
      ],
    };
    const application = await products.applied(product.id, 'modify', products.changed(product, changes));
    expect(application.diff).toEqual(
      expect.arrayContaining([
        { field: 'content.name', before: '数据备份', after: '新名字' },
        { field: `content.specs[${kept?.id}].priceFen`, before: 15_000, after: 12_000 },
        { field: `content.specs[${gone?.id}].name`, before: '专业版', after: null },
      ]),
    );
    expect(await products.own(product.id)).toMatchObject({ name: '数据备份', version: 1 });
    await products.approve(application);
    const now = await products.own(product.id);
    expect(now).toMatchObject({ name: '新名字', version: 2, status: 'published' });
    const rows = await api.db.productSpec.findMany({ where: { productId: product.id } });
    expect(rows.map(({ id }) => id).sort()).toEqual(now.content?.specs.map(({ id }) => id).sort());
    expect(rows.find(({ id }) => id === kept?.id)?.priceFen).toBe(12_000n);
    expect(await api.db.productVersion.count({ where: { productId: product.id } })).toBe(2);
  });

  test.each(['reject', 'withdraw'] as const)('after a %s everything is as it was', async (end) => {
    const product = await products.published('api');
    const { id } = await products.applied(product.id, 'modify', products.changed(product, { name: '别的' }));
    if (end === 'reject') await products.decide(id, 'reject', { reason: '不行' });
    else await products.withdraw(id);
    const { timeline, ...now } = await products.own(product.id);
    expect({ ...now, timeline: timeline.slice(0, -2) }).toEqual(product);
    expect(timeline.at(-1)).toMatchObject({ applicationId: id, operation: 'modify' });
  });

  test('products that were there before contents were, are modified too', async () => {
    // As the schema's owner: the application takes no version away.
    const owner = new PgClient({ connectionString: api.database.ownerUrl });
    await owner.connect();
    await owner.query("DELETE FROM product_versions WHERE product_id = 'prd_saas_manual'");
    await owner.query("UPDATE products SET content = NULL, version = 0 WHERE id = 'prd_saas_manual'");
    await owner.end();
    const content = await products.content('saas', {
      category: 'saas_manual_delivery',
      deliveryUrl: null,
      deliveryToken: undefined,
      specs: [{ id: 'spc_saas_month', name: '团队版', duration: 1, unit: 'month', listPriceFen: 9, priceFen: 9 }],
    });
    const application = await products.applied('prd_saas_manual', 'modify', { content });
    expect(application.base).toEqual({ content: null });
    await products.approve(application);
    expect(await products.own('prd_saas_manual')).toMatchObject({ version: 1, content: { name: '数据备份' } });
  });
});

describe('PRD-5: what takes effect at once leaves an application all the same', () => {
  test('delist, relist, upgrade, downgrade, exit: in the order of a product’s life', async () => {
    const { id } = await products.published('api');
    const life = [
      { operation: 'upgrade', reviewed: true, after: { status: 'published', grade: 'certified' } },
      { operation: 'downgrade', reviewed: false, after: { status: 'published', grade: 'bazaar' } },
      { operation: 'delist', reviewed: false, after: { status: 'delisted', grade: 'bazaar' } },
      { operation: 'relist', reviewed: true, after: { status: 'published', grade: 'bazaar' } },
      { operation: 'delist', reviewed: false, after: { status: 'delisted', grade: 'bazaar' } },
      { operation: 'exit', reviewed: false, after: { status: 'exited', grade: 'bazaar' } },
    ];
    for (const { operation, reviewed, after } of life) {
      const application = await products.applied(id, operation);
      expect(application).toMatchObject({ operation, status: reviewed ? 'in_review' : 'effective', reason: null });
      if (reviewed) await products.approve(application);
      else {
        expect(application).toMatchObject({ allowedActions: [], deadlines: [] });
        expect(await stepsOf(application.id)).toMatchObject([
          { action: `provider.${operation}`, actorId: 'usr_provider_demo', runId: null, providerId: 'prv_demo' },
        ]);
        expect(await noticesOf(application.id)).toEqual(['product.changed → usr_provider_demo']);
      }
      expect(await products.own(id)).toMatchObject(after);
    }
    const { allowedActions, timeline } = await products.own(id);
    expect(allowedActions).toEqual([]);
    expect(timeline.map(({ operation, action }) => `${operation}: ${action}`)).toEqual([
      ...['publish: provider.publish', 'publish: ops.approve', 'upgrade: provider.upgrade', 'upgrade: ops.approve'],
      ...['downgrade: provider.downgrade', 'delist: provider.delist', 'relist: provider.relist', 'relist: ops.approve'],
      ...['delist: provider.delist', 'exit: provider.exit'],
    ]);
    const record = await api.provider.get(`/v1/provider/applications?productId=${id}&sort=id`);
    const items = bodyOf<{ items: Application[] }>(record, 200).items;
    expect(items.map(({ operation }) => operation)).toEqual(['publish', ...life.map(({ operation }) => operation)]);
    const effective = await api.provider.get(
      `/v1/provider/applications?productId=${id}&status=effective&operation=exit`,
    );
    expect(bodyOf<{ items: Application[] }>(effective, 200).items).toHaveLength(1);
  });

  test('what is not possible is refused with what is', async () => {
    const { id } = await products.published('api');
    const again = { content: await products.content('api') };
    const before = await businessOf(api.db);
    for (const operation of ['relist', 'exit', 'downgrade']) {
      expect(await products.apply(id, operation)).toMatchObject({
        status: 409,
        body: {
          code: 'PRODUCT.NOT_ALLOWED',
          allowedActions: ['provider.modify', 'provider.delist', 'provider.upgrade'],
        },
      });
    }
    expect(await products.apply(id, 'publish', again)).toMatchObject({ status: 409 });
    expect(await businessOf(api.db)).toEqual(before);
  });
});

describe('PRD-3: my products', () => {
  test('everything ever published, delisted and exited included, and nothing else', async () => {
    const { objectId: unpublished } = await products.submitNew('api');
    const published = await products.published('api');
    const delisted = await products.published('api');
    await products.applied(delisted.id, 'delist');
    const exited = await products.published('api');
    await products.applied(exited.id, 'delist');
    await products.applied(exited.id, 'exit');
    const list = async (query: string, client = api.provider) =>
      bodyOf<{ items: { id: string; status: string }[] }>(
        await client.get(`/v1/provider/products?limit=100${query}`),
        200,
      ).items;
    const all = (await list('')).map(({ id }) => id);
    expect(all).toEqual(expect.arrayContaining([published.id, delisted.id, exited.id, 'prd_service']));
    expect(all).not.toContain(unpublished);
    expect(all).not.toContain('prd_other_service');
    for (const [status, { id }] of Object.entries({ published, delisted, exited })) {
      const items = await list(`&status=${status}&type=api`);
      expect(items.map((item) => item.id)).toContain(id);
      expect(new Set(items.map((item) => item.status))).toEqual(new Set([status]));
    }
    expect((await list('', api.otherProvider)).map(({ id }) => id)).toEqual(['prd_other_service']);
  });

  test('an application is withdrawn here, another kind of review is not', async () => {
    expect(await products.withdraw('srv_1')).toMatchObject({ status: 404, body: { code: 'REVIEW.NOT_FOUND' } });
    expect(await api.provider.get('/v1/provider/applications/srv_1')).toMatchObject({ status: 404 });
  });
});
