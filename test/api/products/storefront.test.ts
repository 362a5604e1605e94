import { Client as PgClient } from 'pg';
import { openText } from '../../../codec/keys';
import { placeOf } from '../../../codec/places';
import { png } from '../../factories/images';
import { type OwnProduct, productsOf } from '../../factories/products';
import { shopOf, shopWith } from '../../factories/shops';
import { type Api, startApi } from '../../support/api';
import { eventually } from '../../support/eventually';
import { key } from '../../support/http';
import { bodyOf } from '../../support/story';

const TOKEN = 'token-in-plain-of-a-delivery-url';

let api: Api;
let products: ReturnType<typeof productsOf>;
let saas: OwnProduct;
beforeAll(async () => {
  api = await startApi();
  products = productsOf(api);
  saas = await products.published(
    'saas',
    { name: '客户管理', tags: ['CRM', '销售'], deliveryToken: TOKEN },
    'certified',
  );
});
afterAll(() => api.stop());

type Item = { id: string; name: string };
const search = async (query: string): Promise<string[]> =>
  bodyOf<{ items: Item[] }>(await api.buyer.get(`/v1/buyer/products?limit=100&${query}`), 200).items.map(
    ({ id }) => id,
  );
const page = (id: string) => api.buyer.get(`/v1/buyer/products/${id}`);

describe('PRD-3: buyers see what is published', () => {
  test('a product’s page shows all that buyers may know', async () => {
    expect(bodyOf(await page(saas.id), 200)).toMatchObject({
      id: saas.id,
      providerName: '示例云服务有限公司',
      name: '客户管理',
      type: 'saas',
      category: 'saas',
      grade: 'certified',
      supervised: false,
      version: 1,
      tags: ['CRM', '销售'],
      deliveryDays: 3,
      logo: saas.content?.logo,
      dependedProducts: ['云服务器'],
      serviceAgreement: { text: '按约定的时间交付。' },
      details: { trial: { days: 7 }, customisable: false },
      specs: saas.content?.specs,
    });
  });

  test('the demonstration products have pages', async () => {
    expect(bodyOf(await page('prd_service'), 200)).toMatchObject({
      name: '小程序定制开发',
      logo: null,
      details: { requirementForm: 'after_ordering' },
      specs: [
        { id: 'spc_service_basic', priceFen: 200_000 },
        { id: 'spc_service_pro', priceFen: 800_000 },
      ],
    });
  });

  test('nothing that is in review, delisted or exited is shown', async () => {
    const { objectId } = await products.submitNew('api', { name: '还没有发布' });
    const delisted = await products.published('api', { name: '已经下架' });
    await products.applied(delisted.id, 'delist');
    for (const id of [objectId, delisted.id, 'prd_none']) {
      expect(await page(id)).toMatchObject({ status: 404, body: { code: 'PRODUCT.NOT_FOUND' } });
    }
    const all = await search('');
    expect(all).toContain(saas.id);
    expect(all).not.toContain(objectId);
    expect(all).not.toContain(delisted.id);
  });

  test('a modification is seen once it is approved', async () => {
    const product = await products.published('api');
    const application = await products.applied(product.id, 'modify', products.changed(product, { summary: '改过了' }));
    expect(bodyOf(await page(product.id), 200)).toMatchObject({ summary: '每天备份一次。', version: 1 });
    await products.approve(application);
    expect(bodyOf(await page(product.id), 200)).toMatchObject({ summary: '改过了', version: 2 });
  });

  test('SHOP-1: the page shows the customer service of the provider’s shop', async () => {
    const service = async (id: string) => bodyOf<{ service: unknown }>(await page(id), 200).service;
    expect(await service('prd_other_service')).toBeNull();
    const shop = shopOf(api);
    const content = shopWith(await shop.logo());
    await shop.published(content);
    const { onlineHours, phoneHours } = content;
    expect(await service('prd_other_service')).toEqual({ ...content.service, onlineHours, phoneHours });
    expect(await service(saas.id)).not.toMatchObject(content.service);
    await shop.save({ ...content, service: { ...content.service, qq: '87654321' } });
    expect(await service('prd_other_service')).toMatchObject({ qq: content.service.qq });
  });
});

describe('PRD-2: products are found', () => {
  test.each([
    ['a part of the name', 'q=客户', true],
    ['one character', 'q=户', true],
    ['parts of it in another order', 'q=户客', false],
    ['a tag', 'q=crm', true],
    ['words of the summary', 'q=每天备份', true],
    ['other words', 'q=没有这个', false],
    ['what is a pattern elsewhere', 'q=%25', false],
    ['its type', 'type=saas', true],
    ['another type', 'type=image', false],
    ['its category', 'category=saas', true],
    ['another category', 'category=saas_manual_delivery', false],
    ['its grade', 'grade=certified', true],
    ['another grade', 'grade=bazaar', false],
    ['its provider', 'providerId=prv_demo', true],
    ['another provider', 'providerId=prv_other', false],
    ['all of it', 'q=CRM&type=saas&category=saas&grade=certified&providerId=prv_demo', true],
  ])('by %s', async (_, query, isFound) => {
    expect((await search(query)).includes(saas.id)).toBe(isFound);
  });
});

describe('PRD-2: documents and images', () => {
  const upload = async (name: string) =>
    bodyOf<{ id: string }>(await api.provider.upload('/v1/provider/attachments', name, `%PDF-1.7\n${name}`), 201).id;
  const download = async (person: 'buyer' | 'provider' | 'otherProvider' | 'ops', id: string) => {
    const role = person === 'otherProvider' ? 'provider' : person;
    return (await api[person].get(`/v1/${role}/attachments/${id}`)).status;
  };

  test('a document is for operations once it is applied for, for buyers as long as it is published', async () => {
    const [manual, agreement] = [await upload('手册.pdf'), await upload('协议.pdf')];
    const files = { documents: [manual], serviceAgreement: { attachmentId: agreement } };
    const everybody = async () =>
      Promise.all([manual, agreement].map(async (id) => [await download('buyer', id), await download('ops', id)]));
    expect(await everybody()).toEqual(Array(2).fill([404, 404]));
    const application = await products.submitNew('api', files);
    expect(await everybody()).toEqual(Array(2).fill([404, 200]));
    await products.approve(application);
    expect(await everybody()).toEqual(Array(2).fill([200, 200]));
    expect(bodyOf(await page(application.objectId), 200)).toMatchObject({
      documents: [{ id: manual, name: '手册.pdf', type: 'application/pdf' }],
      serviceAgreement: { document: { id: agreement, name: '协议.pdf' } },
    });
    for (const id of [manual, agreement]) expect(await download('otherProvider', id)).toBe(404);

    const { objectId } = application;
    await products.applied(objectId, 'delist');
    expect(await everybody()).toEqual(Array(2).fill([404, 200]));
    await products.approve(await products.applied(objectId, 'relist'));
    expect(await everybody()).toEqual(Array(2).fill([200, 200]));

    const product = await products.own(objectId);
    const without = { documents: [], serviceAgreement: { text: '没有文件' } };
    await products.approve(await products.applied(product.id, 'modify', products.changed(product, without)));
    expect(await everybody()).toEqual(Array(2).fill([404, 200]));
  });

  test('logo and thumbnail are uploaded, and for buyers once they are published', async () => {
    const picture = async (purpose: string, width: number, height: number) =>
      bodyOf<{ id: string }>(
        await api.provider.upload(`/v1/provider/products/images/${purpose}`, 'a.png', await png({ width, height })),
        201,
      ).id;
    const images = {
      logo: await picture('product_logo', 120, 80),
      thumbnail: await picture('product_thumbnail', 333, 150),
    };
    const seen = () =>
      Promise.all(Object.values(images).map(async (id) => (await api.buyer.get(`/v1/buyer/images/${id}`)).status));
    const application = await products.submitNew('api', images);
    expect(await seen()).toEqual([404, 404]);
    await products.approve(application);
    expect(await seen()).toEqual([200, 200]);
    expect(bodyOf(await page(application.objectId), 200)).toMatchObject(images);
  });
});

describe('INS-1: the token of a delivery URL', () => {
  test('is sealed, kept where none is sent, and replaced where one is', async () => {
    const sealed = async () =>
      Buffer.from((await api.db.product.findUniqueOrThrow({ where: { id: saas.id } })).deliveryTokenSealed ?? []);
    const open = async () => openText(api.keys, await sealed(), placeOf('deliveryToken', saas.id));
    expect(await open()).toBe(TOKEN);
    const kept = await products.applied(saas.id, 'modify', products.changed(saas, { deliveryDays: 4 }));
    expect(kept.diff).toEqual([{ field: 'content.deliveryDays', before: 3, after: 4 }]);
    await products.approve(kept);
    expect(await open()).toBe(TOKEN);
    const now = await products.own(saas.id);
    await products.proven({ deliveryToken: `${TOKEN}-2` });
    const replaced = await products.applied(saas.id, 'modify', products.changed(now, { deliveryToken: `${TOKEN}-2` }));
    expect(replaced.diff).toEqual([{ field: 'deliveryToken', before: null, after: 'new' }]);
    expect(await open()).toBe(TOKEN);
    await products.approve(replaced);
    expect(await open()).toBe(`${TOKEN}-2`);
  });

  test('is needed before anything can be published with it', async () => {
    const content = await products.content('saas', { deliveryToken: undefined });
    const refusal = { status: 422, body: { errors: [{ path: 'body.content.deliveryToken' }] } };
    expect(await api.provider.post('/v1/provider/products', { content })).toMatchObject(refusal);
    const byPeople = { category: 'saas_manual_delivery', deliveryUrl: null, deliveryToken: undefined };
    const product = await products.published('saas', byPeople);
    expect(product.hasDeliveryToken).toBe(false);
    const automatic = products.changed(product, { category: 'saas', deliveryUrl: 'https://saas.example/' });
    expect(await products.apply(product.id, 'modify', automatic)).toMatchObject(refusal);
    expect(await api.db.proposal.count()).toBe(0);
  });

  test('one that went while a modification was on its way is missed in the review, by the field of the request', async () => {
    const product = await products.published('saas', { deliveryToken: TOKEN });
    const holder = new PgClient({ connectionString: api.database.ownerUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [product.id]);
    const modifying = products.apply(product.id, 'modify', products.changed(product, { name: '改了名字' }));
    await eventually(async () => {
      const locks = await holder.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
      expect(locks.rowCount).toBe(1);
    });
    await holder.query('UPDATE products SET delivery_token_sealed = NULL WHERE id = $1', [product.id]);
    await holder.query('COMMIT');
    await holder.end();
    expect(await modifying).toMatchObject({
      status: 422,
      body: { code: 'REQUEST.INVALID', errors: [{ path: 'body.content.deliveryToken' }] },
    });
    expect(await api.db.proposal.count()).toBe(0);
  });

  test('goes with the URL that it belongs to', async () => {
    const product = await products.published('saas');
    const byPeople = { category: 'saas_manual_delivery', deliveryUrl: null };
    await products.approve(await products.applied(product.id, 'modify', products.changed(product, byPeople)));
    expect(await products.own(product.id)).toMatchObject({ hasDeliveryToken: false, supervised: true });
  });

  test('is shown to nobody, and in no table or log in plain', async () => {
    const { id, objectId } = await products.submitNew('saas', { deliveryToken: TOKEN });
    const answers = [
      await api.provider.get(`/v1/provider/products/${saas.id}`),
      await api.provider.get(`/v1/provider/applications/${id}`),
      await api.ops.get(`/v1/ops/reviews/${id}`),
      await page(saas.id),
      await api.provider.post(`/v1/provider/products/${objectId}/delist`, undefined, key('refused-with-what')),
    ];
    for (const { body } of answers) expect(JSON.stringify(body)).not.toContain('token-in-plain');
    expect(JSON.stringify((await page(saas.id)).body)).not.toContain('saas.example');
    expect(await tablesWith('token-in-plain')).toEqual([]);
    expect(await tablesWith(Buffer.from('token-in-plain').toString('hex'))).toEqual([]);
    expect(JSON.stringify(api.logs)).not.toContain('token-in-plain');
  });
});

/** The tables in which some row holds the words, as text. */
async function tablesWith(words: string): Promise<string[]> {
  const client = new PgClient({ connectionString: api.database.ownerUrl });
  await client.connect();
  const tables = await client.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
  );
  const found: string[] = [];
  for (const { name } of tables.rows) {
    const like = `SELECT FROM "${name}" AS row WHERE row::text LIKE '%' || $1 || '%' LIMIT 1`;
    if ((await client.query(like, [words])).rowCount !== 0) found.push(name);
  }
  await client.end();
  return found;
}
