import type { ShopDraft } from '../../../domain/shops/content';
import { lockObject, type Transaction } from '../../../prisma/store/shared/audited-transaction';
import { saveDraft, shopIdOf, shopState } from '../../../prisma/store/shops/shops';
import { type Shop, shopOf, shopWith } from '../../factories/shops';
import { type Api, startApi } from '../../support/api';
import { eventually } from '../../support/eventually';
import type { Answer } from '../../support/http';
import { bodyOf } from '../../support/story';

let api: Api;
let shop: ReturnType<typeof shopOf>;
let content: ReturnType<typeof shopWith>;
beforeAll(async () => {
  api = await startApi();
  shop = shopOf(api);
  content = shopWith(await shop.logo());
});
afterAll(() => api.stop());

const ROUNDS = 10;
const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort();
let wording = 0;
/** The same shop with another slogan: a change of the introduction. */
const changed = () => {
  wording += 1;
  return { ...content, introduction: { ...content.introduction, slogan: `口号 ${wording}` } };
};
/** What buyers read as slogan. */
async function sloganShown(): Promise<string | null> {
  const answer = await api.buyer.get(`/v1/buyer/shops/${shopIdOf('prv_other')}`);
  return answer.status === 404 ? null : bodyOf<{ slogan: string | null }>(answer, 200).slogan;
}

/** What must be true of versions and reviews, whatever happened. */
async function expectConsistent(): Promise<void> {
  const shopId = shopIdOf('prv_other');
  const versions = await api.db.shopVersion.findMany({ where: { shopId }, orderBy: { number: 'asc' } });
  const of = (status: string) => versions.filter((version) => version.status === status);
  expect(of('published').length).toBeLessThanOrEqual(1);
  expect(of('draft').length + of('in_review').length).toBeLessThanOrEqual(1);
  const row = await api.db.shop.findUniqueOrThrow({ where: { id: shopId } });
  expect(row.publishedVersionId).toBe(of('published')[0]?.id ?? null);
  const open = await api.db.review.findMany({ where: { objectId: shopId, status: 'in_review' } });
  expect(open.map(({ id }) => id)).toEqual(of('in_review').map(({ reviewId }) => reviewId));
  // What is under review is what the reviewer reads.
  for (const { proposed } of open) expect(of('in_review').map((version) => version.content)).toEqual([proposed]);
  const decided = await api.db.review.findMany({
    where: { objectId: shopId, status: { in: ['approved', 'rejected'] } },
  });
  for (const { id, status, proposed } of decided) {
    const version = versions.find(({ reviewId }) => reviewId === id);
    expect([id, version?.content]).toEqual([id, proposed]);
    expect(status === 'approved' ? ['published', 'superseded'] : ['rejected']).toContain(version?.status);
  }
}

afterEach(expectConsistent);

test('SHOP-4: twenty first saves at once make one shop with one draft', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => shop.save(changed())));
  expect(statuses(answers)).toEqual(Array(20).fill(200));
  expect(await api.db.shopVersion.count({ where: { shopId: shopIdOf('prv_other') } })).toBe(1);
});

describe('SHOP-3: withdrawal and decision race', () => {
  test.each(['approve', 'reject'] as const)('against %s: exactly one of them happens', async (decision) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const submitted = changed();
      const before = await sloganShown();
      const reviewId = await shop.inReview(submitted);
      const sends = [() => shop.withdraw(), () => shop.decide(reviewId, decision)];
      const answers = await Promise.all(
        round % 2 === 0 ? sends.map((send) => send()) : sends.reverse().map((send) => send()),
      );
      expect(statuses(answers)).toEqual([200, 409]);
      const { draft } = await shop.read();
      const won = draft?.status === 'draft' ? 'withdraw' : decision;
      expect(draft?.status ?? 'published').toBe({ withdraw: 'draft', approve: 'published', reject: 'rejected' }[won]);
      expect(await sloganShown()).toBe(won === 'approve' ? submitted.introduction.slogan : before);
      const { status } = await api.db.review.findUniqueOrThrow({ where: { id: reviewId } });
      expect(status).toBe({ withdraw: 'withdrawn', approve: 'approved', reject: 'rejected' }[won]);
    }
  });

  test('twenty of all kinds at once: one of them happens', async () => {
    const reviewId = await shop.inReview(changed());
    const sends = Array.from({ length: 20 }, (_, n) => {
      if (n % 3 === 0) return shop.withdraw();
      return shop.decide(reviewId, n % 3 === 1 ? 'approve' : 'reject');
    });
    expect(statuses(await Promise.all(sends))).toEqual([200, ...Array(19).fill(409)]);
  });
});

describe('SHOP-5: one review at a time', () => {
  test('twenty submissions at once: one of them is reviewed', async () => {
    bodyOf(await shop.save(changed()), 200);
    const before = await api.db.review.count();
    const answers = await Promise.all(Array.from({ length: 20 }, () => shop.submit()));
    expect(statuses(answers)).toEqual([200, ...Array(19).fill(409)]);
    expect(await api.db.review.count()).toBe(before + 1);
    bodyOf(await shop.withdraw(), 200);
  });

  test('twenty submissions under one key are one, answered alike', async () => {
    bodyOf(await shop.save(changed()), 200);
    const headers = { 'idempotency-key': 'twenty' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => shop.submit(headers)));
    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
    const { review } = bodyOf<Shop>(answers[0] ?? { status: 0, headers: new Headers(), body: null }, 200);
    bodyOf(await shop.decide(review?.id ?? '', 'approve'), 200);
  });

  test('SHOP-2: twenty submissions of the rest at once: one of them publishes', async () => {
    const { published } = await shop.read();
    if (published === null) throw new Error('nothing is published');
    bodyOf(await shop.save({ ...published.content, service: { ...content.service, qq: '99999999' } }), 200);
    const answers = await Promise.all(Array.from({ length: 20 }, () => shop.submit()));
    expect(statuses(answers)).toEqual([200, ...Array(19).fill(409)]);
    expect((await shop.read()).published?.number).toBe(published.number + 1);
  });
});

describe('SHOP-4: an edit and a submission at the same time', () => {
  test('the edit is in what is submitted, or it is refused', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [first, edited] = [changed(), changed()];
      bodyOf(await shop.save(first), 200);
      const [submitted, saved] = await Promise.all([shop.submit(), shop.save(edited)]);
      bodyOf(submitted, 200);
      expect([200, 409]).toContain(saved.status);
      const { draft } = await shop.read();
      expect(draft).toMatchObject({ status: 'in_review', content: saved.status === 200 ? edited : first });
      await expectConsistent();
      bodyOf(await shop.withdraw(), 200);
    }
  });

  test('an edit that makes the draft incomplete: refused, or the submission is', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      bodyOf(await shop.save(changed()), 200);
      const [submitted, saved] = await Promise.all([shop.submit(), shop.save({})]);
      expect([
        [200, 409],
        [422, 200],
      ]).toContainEqual([submitted.status, saved.status]);
      await expectConsistent();
      if (submitted.status === 200) bodyOf(await shop.withdraw(), 200);
    }
  });

  test('SHOP-2: a draft that another save turned into one of the other kind is submitted again', async () => {
    const { published } = await shop.read();
    if (published === null) throw new Error('nothing is published');
    const other = { ...published.content, service: { ...content.service, qq: '77777777' } };
    for (const [saved, meanwhile] of [
      [other, changed()],
      [changed(), other],
    ] as const) {
      bodyOf(await shop.save(saved), 200);
      const before = await api.db.review.count();
      expect(await submittedWhile(meanwhile)).toMatchObject({ status: 409, body: { code: 'SHOP.NOT_ALLOWED' } });
      expect(await shop.read()).toMatchObject({ published, draft: { status: 'draft', content: meanwhile } });
      expect(await api.db.review.count()).toBe(before);
    }
  });

  /** Submits, and saves another draft after the submission was judged and before it has the shop's lock. */
  async function submittedWhile(meanwhile: ShopDraft): Promise<Answer> {
    const [shopId, providerId] = [shopIdOf('prv_other'), 'prv_other'];
    const waiting = () => api.db.$queryRaw<unknown[]>`
      SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    const hold = async (tx: Transaction) => {
      await lockObject(tx, shopId);
      const submitting = shop.submit();
      await eventually(async () => expect((await waiting()).length).toBeGreaterThan(0));
      const state = await shopState(tx, shopId);
      await saveDraft(tx, state, { shopId, providerId, id: '', content: meanwhile, at: new Date() });
      return { submitting };
    };
    const { submitting } = await api.db.$transaction(hold, { timeout: 20_000 });
    return submitting;
  }

  test('twenty saves with the same If-Match: one of them is kept', async () => {
    const { headers } = await api.otherProvider.get('/v1/provider/shop');
    const match = { 'if-match': headers.get('etag') ?? '' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => shop.save(changed(), match)));
    expect(statuses(answers)).toEqual([200, ...Array(19).fill(412)]);
  });
});
