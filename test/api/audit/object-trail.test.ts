import type { z } from 'zod';
import type { auditEntryForOpsSchema, timelineEntrySchema } from '../../../api/audit/routes';
import { type Application, productsOf } from '../../factories/products';
import { type Shop, shopOf, shopWith } from '../../factories/shops';
import { type Api, startApi } from '../../support/api';
import { key } from '../../support/http';
import { bodyOf } from '../../support/story';

type Entry = z.infer<typeof auditEntryForOpsSchema>;
type Moment = z.infer<typeof timelineEntrySchema>;

let api: Api;
let products: ReturnType<typeof productsOf>;
beforeAll(async () => {
  api = await startApi();
  products = productsOf(api);
});
afterAll(() => api.stop());

/** The trail of one object as operations read it, the oldest first. */
const trailOf = async (objectId: string): Promise<Entry[]> =>
  bodyOf<{ items: Entry[] }>(await api.ops.get(`/v1/ops/audit?limit=100&objectId=${objectId}`), 200).items.reverse();

const statusChange = (before: string, after: string) => ({ field: 'status', before, after });
const gradeChange = (before: string, after: string) => ({ field: 'grade', before, after });

describe('AUD-1: the trail of a product shows the product before and after', () => {
  test('AUD-1: a product that nobody has applied for here is delisted: published → delisted stands in its trail', async () => {
    const { id } = await products.applied('prd_service', 'delist');
    expect(await trailOf('prd_service')).toEqual([
      expect.objectContaining({
        objectId: 'prd_service',
        sequence: 1,
        action: 'product.delist',
        actor: { role: 'provider', id: 'usr_provider_demo' },
        note: id,
        sourceIp: expect.stringMatching(/127\.0\.0\.1$/),
        requestId: expect.any(String),
        before: expect.objectContaining({ status: 'published', grade: 'certified' }),
        after: expect.objectContaining({ status: 'delisted', grade: 'certified' }),
        changes: [statusChange('published', 'delisted')],
      }),
    ]);
    await products.approve(await products.applied('prd_service', 'relist'));
  });

  test('AUD-1: an approved modification shows every price that changed, by whom it was approved and in which run', async () => {
    const product = await products.published('human_service');
    const [spec] = product.content?.specs ?? [];
    const specs = product.content?.specs.map((one) => (one === spec ? { ...one, priceFen: 10_000 } : one));
    const application = await products.applied(product.id, 'modify', products.changed(product, { specs }));
    await products.approve(application);
    const entries = await trailOf(product.id);
    expect(entries.map(({ action }) => action)).toEqual(['product.publish', 'product.modify']);
    const [published, modified] = entries;
    expect(published?.changes).toEqual(
      expect.arrayContaining([
        statusChange('unpublished', 'published'),
        { field: 'version', before: 0, after: 1 },
        { field: 'content.name', before: null, after: '数据备份' },
      ]),
    );
    expect(modified).toMatchObject({
      actor: { role: 'ops', id: 'usr_ops_staff' },
      note: application.id,
      runId: expect.any(String),
      before: published?.after,
    });
    expect(modified?.changes).toEqual([
      { field: `content.specs[${spec?.id}].priceFen`, before: 15_000, after: 10_000 },
      { field: 'version', before: 1, after: 2 },
    ]);
  });

  test('AUD-1: upgrade, downgrade, delist, relist and exit each leave what they changed, reviewed or not', async () => {
    const { id } = await products.published('api');
    for (const operation of ['upgrade', 'downgrade', 'delist', 'relist', 'delist', 'exit']) {
      const application = await products.applied(id, operation);
      if (application.status === 'in_review') await products.approve(application);
    }
    const entries = await trailOf(id);
    expect(entries.slice(1).map(({ action, changes }) => [action, ...changes])).toEqual([
      ['product.upgrade', gradeChange('bazaar', 'certified')],
      ['product.downgrade', gradeChange('certified', 'bazaar')],
      ['product.delist', statusChange('published', 'delisted')],
      ['product.relist', statusChange('delisted', 'published')],
      ['product.delist', statusChange('published', 'delisted')],
      ['product.exit', statusChange('delisted', 'exited')],
    ]);
    for (const [index, { before }] of entries.slice(1).entries()) expect(before).toEqual(entries[index]?.after);
  });

  test.each(['reject', 'withdraw'] as const)('AUD-1: what a %s left as it was leaves nothing', async (end) => {
    const { id: productId } = await products.published('api');
    const { id } = await products.applied(productId, 'upgrade');
    if (end === 'reject') await products.decide(id, 'reject', { reason: '不行' });
    else bodyOf(await products.withdraw(id), 200);
    expect((await trailOf(productId)).map(({ action }) => action)).toEqual(['product.publish']);
  });

  test('AUD-1: a new delivery token is seen to be another one, and cannot be read', async () => {
    const product = await products.published('saas');
    const renewed = products.changed(product, { deliveryToken: 'token-in-plain-2' });
    await products.proven({ deliveryToken: 'token-in-plain-2' });
    await products.approve(await products.applied(product.id, 'modify', renewed));
    const entries = await trailOf(product.id);
    expect(entries.at(-1)?.changes.map(({ field }) => field)).toEqual(['version', 'deliveryToken']);
    expect(JSON.stringify(entries)).not.toContain('token-in-plain');
  });

  test('AUD-1: one key leaves one line of the product, however often it comes', async () => {
    const { id } = await products.published('api');
    const delist = () => products.apply(id, 'delist', undefined, key('delist-once'));
    for (const { status } of await Promise.all([delist(), delist(), delist()])) expect(status).toBe(201);
    expect((await trailOf(id)).map(({ action }) => action)).toEqual(['product.publish', 'product.delist']);
  });
});

describe('AUD-1: the action says what was applied for, named alike everywhere', () => {
  test('AUD-1: an application is called the same whether it was reviewed or took effect at once', async () => {
    const { id, timeline } = await products.published('api');
    expect(timeline.map(({ action }) => action)).toEqual(['provider.publish', 'ops.approve']);
    const reviewed = await products.applied(id, 'upgrade');
    const atOnce = await products.applied('prd_service', 'delist');
    expect((await trailOf(reviewed.id)).map(({ action }) => action)).toEqual(['provider.upgrade']);
    expect((await trailOf(atOnce.id)).map(({ action }) => action)).toEqual(['provider.delist']);
    await products.approve(await products.applied('prd_service', 'relist'));
  });

  test('AUD-1: the timeline of a product holds its applications and what they made of it, in order', async () => {
    const { id } = await products.published('api');
    const { id: applicationId }: Application = await products.applied(id, 'delist');
    const { items } = bodyOf<{ items: Moment[] }>(await api.provider.get(`/v1/provider/objects/${id}/timeline`), 200);
    expect(items.map(({ action }) => action)).toEqual([
      ...['provider.publish', 'ops.approve', 'product.publish', 'provider.delist', 'product.delist'],
    ]);
    expect(items.slice(-2).map(({ objectId }) => objectId)).toEqual([applicationId, id]);
    const { items: others } = bodyOf<{ items: Moment[] }>(
      await api.provider.get('/v1/provider/audit?action=product.delist'),
      200,
    );
    expect(others.map(({ objectId }) => objectId)).toContain(id);
  });
});

describe('AUD-1: the trail of a shop shows what buyers saw before and after', () => {
  test('AUD-1: a version that was approved and one that was published at once are both there', async () => {
    const shop = shopOf(api);
    const content = shopWith(await shop.logo());
    bodyOf(await shop.save(content), 200);
    const { review } = bodyOf<Shop>(await shop.submit(), 200);
    bodyOf(await api.ops.post(`/v1/ops/reviews/${review?.id}/approve`), 200);
    bodyOf(await shop.save({ ...content, service: { ...content.service, qq: '87654321' } }), 200);
    const { id } = bodyOf<Shop>(await shop.submit(), 200);

    const entries = await trailOf(id);
    expect(entries.map(({ action, actor }) => [action, actor.role])).toEqual([
      ['provider.draft', 'provider'],
      ['shop.publish', 'ops'],
      ['provider.draft', 'provider'],
      ['shop.publish', 'provider'],
    ]);
    const [, approved, , atOnce] = entries;
    expect(approved).toMatchObject({
      note: review?.id,
      runId: expect.any(String),
      before: { published: null, draft: content },
      after: { published: content, draft: null },
    });
    expect(atOnce?.changes).toContainEqual({ field: 'published.service.qq', before: '12345678', after: '87654321' });
    for (const [index, { before }] of entries.entries())
      expect(before).toEqual(entries[index - 1]?.after ?? expect.anything());
    expect((await trailOf(review?.id ?? '')).map(({ action }) => action)).toEqual(['provider.publish', 'ops.approve']);
  });

  test('AUD-1: a rejected version leaves what buyers see as it was', async () => {
    const shop = shopOf(api);
    const { published } = await shop.read();
    if (published === null) throw new Error('The shop is published');
    const { content } = published;
    bodyOf(await shop.save({ ...content, introduction: { ...content.introduction, name: '新名字' } }), 200);
    const { id, review } = bodyOf<Shop>(await shop.submit(), 200);
    bodyOf(await api.ops.post(`/v1/ops/reviews/${review?.id}/reject`, { reason: '不行' }), 200);
    expect((await trailOf(id)).map(({ action }) => action).slice(-2)).toEqual(['shop.publish', 'provider.draft']);
  });
});

describe('AUD-1: the trail of an account shows it before and after', () => {
  test('AUD-1: the first change of an account that was there before shows what was in force', async () => {
    bodyOf(
      await api.provider.put('/v1/provider/account/merchants', {
        wechatMerchantId: '1900000109',
        tenpayMerchantId: null,
      }),
      200,
    );
    const [first] = await trailOf('prv_demo');
    expect(first?.before).toMatchObject({ name: '示例云服务有限公司' });
    expect(first?.changes.map(({ field }) => field)).toEqual(['wechatMerchantId']);
  });
});
