import { shopIdOf } from '../../../prisma/store/shops/shops';
import { everythingOf } from '../../factories/rows';
import { draftWith, SHOP, type Shop, type SomeDraft, shopOf, shopWith } from '../../factories/shops';
import { type Api, startApi } from '../../support/api';
import { key } from '../../support/http';
import { bodyOf } from '../../support/story';

/** One shop from nothing to its third version: the tests follow its story, one after the other. */
let api: Api;
let shop: ReturnType<typeof shopOf>;
let content: ReturnType<typeof shopWith>;
beforeAll(async () => {
  api = await startApi();
  shop = shopOf(api);
  content = shopWith(await shop.logo());
});
afterAll(() => api.stop());

const ID = shopIdOf('prv_other');
const page = (id = ID) => api.buyer.get(`/v1/buyer/shops/${id}`);
const refused = async (send: () => Promise<unknown>, expected: object) => {
  const before = await everythingOf(api.db);
  expect(await send()).toMatchObject(expected);
  expect({ ...(await everythingOf(api.db)), commands: 0 }).toEqual({ ...before, commands: 0 });
};

describe('SHOP-4: a draft', () => {
  const draft = draftWith({ introduction: { name: '另一家' }, service: { qq: '12345678' } });

  test('before the first one there is nothing, and one thing to do', async () => {
    expect(await shop.read()).toEqual({
      id: ID,
      published: null,
      draft: null,
      review: null,
      allowedActions: ['provider.draft'],
    });
    expect(await page()).toMatchObject({ status: 404, body: { code: 'SHOP.NOT_FOUND' } });
    await refused(() => shop.submit(), { status: 409, body: { allowedActions: ['provider.draft'] } });
    await refused(() => shop.withdraw(), { status: 409, body: { allowedActions: ['provider.draft'] } });
    await refused(() => shop.reset(), { status: 409, body: { allowedActions: ['provider.draft'] } });
  });

  test('may be incomplete; leaving and coming back opens it', async () => {
    const half = { introduction: { name: '另一家' }, onlineHours: '09:00:00 - 18:00:00' };
    const saved = bodyOf<Shop>(await shop.save(half), 200);
    expect(saved.draft).toMatchObject({ status: 'draft', number: 1, content: half });
    expect(saved.allowedActions).toEqual(['provider.draft', 'provider.draft.reset', 'provider.submit']);
    expect(await shop.read()).toEqual(saved);
  });

  test.each([
    ['introduction.slogan', { ...draft, introduction: { ...draft.introduction, slogan: undefined } }],
    ['service.qq', { ...draft, service: { ...draft.service, qq: undefined } }],
    ['service', { ...draft, service: undefined }],
    ['onlineHours', { ...draft, onlineHours: undefined }],
    ['bestSellers', { ...draft, bestSellers: undefined }],
  ])('is sent whole: nothing is emptied because %s was left out', async (path, body) => {
    await refused(() => api.otherProvider.put(`${SHOP}/draft`, body), {
      status: 422,
      body: { errors: [{ path: `body.${path}`, message: 'is required' }] },
    });
  });

  test('is replaced as a whole; If-Match guards what somebody else saved', async () => {
    const { headers } = await api.otherProvider.get(SHOP);
    const etag = headers.get('etag') ?? '';
    bodyOf(await shop.save({ introduction: { name: '甲' } }, { 'if-match': etag }), 200);
    await refused(() => shop.save({ introduction: { name: '乙' } }, { 'if-match': etag }), { status: 412 });
    expect((await shop.read()).draft?.content).toMatchObject({ introduction: { name: '甲' } });
  });

  test.each<[string, SomeDraft, string]>([
    [
      'a template that there is none of',
      { introduction: { banner: { template: 'sunset' } } },
      'introduction.banner.template',
    ],
    [
      'a banner of both kinds',
      { introduction: { banner: { template: 'dawn', image: 'img_1' } } },
      'introduction.banner',
    ],
    ['two QQ numbers', { service: { qq: '12345678,87654321' } }, 'service.qq'],
    ['a list of e-mail addresses', { service: { email: ['a@b.example'] } }, 'service.email'],
    ['two telephone numbers', { service: { phone: '0755-1234567/7654321' } }, 'service.phone'],
    ['hours without seconds', { onlineHours: '09:00 - 18:00' }, 'onlineHours'],
    ['an hour that there is none of', { phoneHours: '09:00:00 - 25:00:00' }, 'phoneHours'],
    ['less than eight hours', { phoneHours: '09:00:00 - 16:59:59' }, 'phoneHours'],
    ['an end before the beginning', { onlineHours: '20:00:00 - 06:00:00' }, 'onlineHours'],
    ['seven best sellers', { bestSellers: [1, 2, 3, 4, 5, 6, 7].map((n) => `prd_${n}`) }, 'bestSellers'],
    ['one best seller twice', { bestSellers: ['prd_1', 'prd_1'] }, 'bestSellers'],
    ['an empty name', { introduction: { name: ' ' } }, 'introduction.name'],
  ])('SHOP-1: what is there is well-formed: %s', async (_, draft, path) => {
    await refused(() => shop.save(draft), {
      status: 422,
      body: { errors: [{ path: `body.${path}`, message: expect.any(String) }] },
    });
  });
});

describe('SHOP-1: what is submitted is complete', () => {
  test('the refusal names everything that is missing at once', async () => {
    bodyOf(await shop.save({ introduction: { name: '甲' }, service: { qq: '12345678' } }), 200);
    await refused(() => shop.submit(), {
      status: 422,
      body: {
        code: 'SHOP.NOT_READY',
        errors: [
          'introduction.banner',
          'introduction.logo',
          'introduction.mainTitle',
          'introduction.businessScope',
          'introduction.summary',
          'service.email',
          'service.phone',
          'onlineHours',
          'phoneHours',
        ].map((path) => ({ path, message: 'is required' })),
      },
    });
  });

  test('images and best sellers are the provider’s own, images for their purpose, products published', async () => {
    const theirs = await shopOf(api, api.provider).logo();
    await api.db.product.update({ where: { id: 'prd_other_service' }, data: { status: 'delisted' } });
    const wrong = {
      ...content,
      introduction: { ...content.introduction, logo: theirs, banner: { image: content.introduction.logo } },
      bestSellers: ['prd_other_service', 'prd_service'],
    };
    bodyOf(await shop.save(wrong), 200);
    await refused(() => shop.submit(), {
      status: 422,
      body: {
        errors: [
          { path: 'introduction.logo', message: 'is not a logo that you uploaded' },
          { path: 'introduction.banner.image', message: 'is not a banner that you uploaded' },
          {
            path: 'bestSellers.0',
            message: 'prd_other_service is delisted: remove it from bestSellers, or relist it first',
          },
          {
            path: 'bestSellers.1',
            message: 'prd_service is not a published product of this provider: remove it from bestSellers',
          },
        ],
      },
    });
    await api.db.product.update({ where: { id: 'prd_other_service' }, data: { status: 'exited' } });
    const incomplete = { ...wrong, phoneHours: null, bestSellers: ['prd_other_service'] };
    bodyOf(await shop.save(incomplete), 200);
    await refused(() => shop.submit(), {
      status: 422,
      body: {
        errors: [
          { path: 'phoneHours', message: 'is required' },
          { path: 'introduction.logo', message: 'is not a logo that you uploaded' },
          { path: 'introduction.banner.image', message: 'is not a banner that you uploaded' },
          { path: 'bestSellers.0', message: 'prd_other_service has left the market: remove it from bestSellers' },
        ],
      },
    });
    await api.db.product.update({ where: { id: 'prd_other_service' }, data: { status: 'published' } });
  });
});

describe('SHOP-2: the introduction is reviewed by people', () => {
  let reviewId = '';
  test('in review, nothing can be edited', async () => {
    reviewId = await shop.inReview(content);
    const now = await shop.read();
    expect(now).toMatchObject({
      published: null,
      draft: { status: 'in_review', number: 1, content },
      review: { id: reviewId, status: 'in_review', deadlines: [{ name: 'review_target' }], dueProvisional: false },
      allowedActions: ['provider.withdraw'],
    });
    for (const send of [() => shop.save(content), () => shop.submit(), () => shop.reset()]) {
      await refused(send, { status: 409, body: { code: 'SHOP.NOT_ALLOWED', allowedActions: ['provider.withdraw'] } });
    }
    expect((await page()).status).toBe(404);
  });

  test('SHOP-5: the reviewer sees a diff, field by field, and the pictures', async () => {
    const { diff } = bodyOf<{ diff: { field: string }[] }>(await api.ops.get(`/v1/ops/reviews/${reviewId}`), 200);
    expect(diff).toContainEqual({ field: 'introduction.name', before: null, after: content.introduction.name });
    expect((await api.ops.get(`/v1/ops/images/${content.introduction.logo}`)).status).toBe(200);
    expect((await api.buyer.get(`/v1/buyer/images/${content.introduction.logo}`)).status).toBe(404);
  });

  test('SHOP-3: withdrawn, it is a draft again and can be edited', async () => {
    const withdrawn = bodyOf<Shop>(await shop.withdraw(), 200);
    expect(withdrawn).toMatchObject({
      draft: { status: 'draft', number: 1, content },
      review: null,
      allowedActions: ['provider.draft', 'provider.draft.reset', 'provider.submit'],
    });
    await refused(() => shop.decide(reviewId, 'approve'), { status: 409, body: { code: 'REVIEW.NOT_ALLOWED' } });
    bodyOf(await shop.save({ ...content, bestSellers: [] }), 200);
  });

  test('rejected, the provider sees the status and the reason, and edits on in a new draft', async () => {
    reviewId = await shop.inReview(content);
    bodyOf(await shop.decide(reviewId, 'reject'), 200);
    const rejected = await shop.read();
    expect(rejected).toMatchObject({
      published: null,
      draft: { status: 'rejected', reason: '店铺名称与公司不符', content },
      review: { status: 'rejected', reason: '店铺名称与公司不符' },
      allowedActions: ['provider.draft'],
    });
    await refused(() => shop.reset(), { status: 409, body: { allowedActions: ['provider.draft'] } });
    await refused(() => shop.submit(), { status: 409, body: { allowedActions: ['provider.draft'] } });
    const edited = { ...content, introduction: { ...content.introduction, name: '另一家服务商' } };
    expect(bodyOf<Shop>(await shop.save(edited), 200).draft).toMatchObject({
      status: 'draft',
      number: 2,
      reason: null,
    });
    content = edited;
  });

  test('approved, it is published automatically', async () => {
    reviewId = await shop.inReview(content);
    bodyOf(await shop.decide(reviewId, 'approve'), 200);
    expect(await shop.read()).toMatchObject({
      published: { status: 'published', number: 2, content },
      draft: null,
      review: null,
      allowedActions: ['provider.draft'],
    });
    const { introduction, service, onlineHours, phoneHours } = content;
    const { name, mainTitle, businessScope, summary, logo } = introduction;
    expect(bodyOf(await page(), 200)).toEqual({
      ...{ id: ID, providerId: 'prv_other', name, mainTitle, businessScope, summary, slogan: null },
      ...{ logoImageId: logo, bannerImageId: 'img_banner_dawn', service, onlineHours, phoneHours },
      bestSellers: [expect.objectContaining({ id: 'prd_other_service', fromFen: 50_000 })],
      publishedAt: expect.any(String),
    });
    expect((await api.buyer.get(`/v1/buyer/images/${logo}`)).status).toBe(200);
  });
});

describe('SHOP-2: the rest is checked automatically and published at once', () => {
  test('it is published without a review, and the introduction stays as it was', async () => {
    const reviews = await api.db.review.count();
    const changed = { ...content, service: { ...content.service, qq: '87654321' }, bestSellers: [] };
    bodyOf(await shop.save(changed), 200);
    expect(bodyOf<Shop>(await shop.submit(), 200)).toMatchObject({
      published: { status: 'published', number: 3, content: changed },
      draft: null,
      review: null,
    });
    expect(await api.db.review.count()).toBe(reviews);
    expect(bodyOf(await page(), 200)).toMatchObject({ service: { qq: '87654321' }, bestSellers: [] });
    content = changed;
    const steps = await api.db.step.findMany({ where: { objectId: ID }, orderBy: { sequence: 'desc' }, take: 1 });
    expect(steps).toMatchObject([{ action: 'shop.publish', actorId: 'usr_provider_other', runId: null }]);
  });

  test('what is wrong with it is refused all the same', async () => {
    bodyOf(await shop.save({ ...content, bestSellers: ['prd_service'], service: {} }), 200);
    await refused(() => shop.submit(), {
      status: 422,
      body: { errors: ['service.qq', 'service.email', 'service.phone', 'bestSellers.0'].map((path) => ({ path })) },
    });
  });

  test('a submission that changes nothing is refused as such', async () => {
    bodyOf(await shop.save(content), 200);
    await refused(() => shop.submit(), { status: 409, body: { code: 'SHOP.UNCHANGED' } });
  });

  test('both parts changed are reviewed as a whole; the published version stays visible throughout (SHOP-5)', async () => {
    const both = {
      ...content,
      introduction: { ...content.introduction, slogan: '省心备案', banner: { image: await shop.banner() } },
      onlineHours: '00:00:00 - 24:00:00',
    };
    const reviewId = await shop.inReview(both);
    expect(bodyOf(await page(), 200)).toMatchObject({ slogan: null, onlineHours: content.onlineHours });
    const { diff } = bodyOf<{ diff: { field: string }[] }>(await api.ops.get(`/v1/ops/reviews/${reviewId}`), 200);
    expect(diff.map(({ field }) => field).sort()).toEqual([
      'introduction.banner.image',
      'introduction.banner.template',
      'introduction.slogan',
      'onlineHours',
    ]);
    bodyOf(await shop.decide(reviewId, 'approve'), 200);
    expect(bodyOf(await page(), 200)).toMatchObject({
      slogan: '省心备案',
      onlineHours: '00:00:00 - 24:00:00',
      bannerImageId: both.introduction.banner.image,
    });
    content = both;
  });
});

describe('SHOP-4: reset', () => {
  test('the draft starts over from what is published', async () => {
    bodyOf(await shop.save({ introduction: { name: '改名' } }), 200);
    expect(bodyOf<Shop>(await shop.reset(), 200).draft).toMatchObject({ status: 'draft', content });
    await refused(() => shop.submit(), { status: 409, body: { code: 'SHOP.UNCHANGED' } });
  });
});

describe('SHOP-5: every version is kept', () => {
  test('each is listed with its status and read with its content', async () => {
    type Page = { items: { id: string; number: number; status: string; reason: string | null }[] };
    const { items } = bodyOf<Page>(await api.otherProvider.get(`${SHOP}/versions`), 200);
    expect(items.map(({ number, status }) => [number, status])).toEqual([
      [5, 'draft'],
      [4, 'published'],
      [3, 'superseded'],
      [2, 'superseded'],
      [1, 'rejected'],
    ]);
    const second = bodyOf(await api.otherProvider.get(`${SHOP}/versions/${items[3]?.id}`), 200);
    expect(second).toMatchObject({ number: 2, content: { introduction: { name: '另一家服务商' } } });
    for (const id of [items[0]?.id, 'shv_unknown']) {
      expect((await api.provider.get(`${SHOP}/versions/${id}`)).status).toBe(404);
    }
  });
});

describe('SHOP-5: buyers see what is published, and nothing else', () => {
  test('published shops are listed by words and by provider', async () => {
    const ids = async (query: string) =>
      bodyOf<{ items: { id: string }[] }>(await api.buyer.get(`/v1/buyer/shops?${query}`), 200).items.map(
        ({ id }) => id,
      );
    expect(await ids('')).toEqual([ID, 'shp_demo']);
    expect(await ids(`q=${encodeURIComponent('服务商')}`)).toEqual([ID]);
    expect(await ids('providerId=prv_demo')).toEqual(['shp_demo']);
    expect(await ids('q=%25')).toEqual([]);
  });

  test('best sellers that were delisted meanwhile are left out; approval does not stumble over them', async () => {
    const demo = shopOf(api, api.provider);
    const sold = async () =>
      bodyOf<{ bestSellers: { id: string }[] }>(await page('shp_demo'), 200).bestSellers.map(({ id }) => id);
    expect(await sold()).toEqual(['prd_service', 'prd_saas_manual']);
    const { published } = await demo.read();
    if (published === null) throw new Error('the demonstration shop is not published');
    const bestSellers = ['prd_saas_manual', 'prd_service'];
    const introduction = { ...published.content.introduction, slogan: '新的口号' };
    const reviewId = await demo.inReview({ ...published.content, introduction, bestSellers });
    await api.db.product.update({ where: { id: 'prd_service' }, data: { status: 'delisted' } });
    expect(await sold()).toEqual(['prd_saas_manual']);
    bodyOf(await demo.decide(reviewId, 'approve'), 200);
    expect(await sold()).toEqual(['prd_saas_manual']);
    await api.db.product.update({ where: { id: 'prd_service' }, data: { status: 'published' } });
    expect(await sold()).toEqual(bestSellers);
  });
});

test('SHOP-1: the library of banner templates is listed with its pictures', async () => {
  const { items } = bodyOf<{ items: { id: string; imageId: string }[] }>(
    await api.provider.get(`${SHOP}/banner-templates`),
    200,
  );
  expect(items.length).toBeGreaterThanOrEqual(4);
  for (const { imageId } of items) expect((await api.buyer.get(`/v1/buyer/images/${imageId}`)).status).toBe(200);
});

test('SHOP-2: a submission repeated under its key is one submission with one answer', async () => {
  const before = await api.db.review.count();
  bodyOf(await shop.save({ ...content, introduction: { ...content.introduction, slogan: '又一次' } }), 200);
  const first = bodyOf<Shop>(await shop.submit(key('submit-1')), 200);
  expect(bodyOf<Shop>(await shop.submit(key('submit-1')), 200)).toEqual(first);
  expect(await api.db.review.count()).toBe(before + 1);
});

test('SHOP-1: a published shop whose best seller was delisted can be changed once it is removed, as the refusal says', async () => {
  const own = shopOf(api, api.provider);
  const complete = { ...shopWith(await own.logo()), bestSellers: ['prd_service', 'prd_saas_manual'] };
  await own.published(complete);
  await api.db.product.update({ where: { id: 'prd_service' }, data: { status: 'delisted' } });
  const changed = { ...complete, phoneHours: '08:00:00 - 20:00:00' };
  bodyOf(await own.save(changed), 200);
  const message = 'prd_service is delisted: remove it from bestSellers, or relist it first';
  await refused(() => own.submit(), { status: 422, body: { errors: [{ path: 'bestSellers.0', message }] } });
  bodyOf(await own.save({ ...changed, bestSellers: ['prd_saas_manual'] }), 200);
  bodyOf(await own.submit(), 200);
  expect((await own.read()).published?.content).toMatchObject({ phoneHours: '08:00:00 - 20:00:00' });
  await api.db.product.update({ where: { id: 'prd_service' }, data: { status: 'published' } });
});
