import { Client as PgClient } from 'pg';
import { parsePolicy } from '../../../domain/policies/catalogue';
import { PRODUCT_OPERATIONS } from '../../../domain/products/rules';
import { type Application, type OwnProduct, productsOf } from '../../factories/products';
import { type Api, startApi } from '../../support/api';
import { eventually } from '../../support/eventually';
import { type Answer, httpClient, key } from '../../support/http';
import { bodyOf } from '../../support/story';

let api: Api;
let products: ReturnType<typeof productsOf>;
/** The same API, beside it, where operations review everything, or nothing. */
let strict: ReturnType<typeof productsOf>;
let lax: ReturnType<typeof productsOf>;
beforeAll(async () => {
  api = await startApi();
  products = productsOf(api);
  strict = await underPolicy([...PRODUCT_OPERATIONS]);
  lax = await underPolicy([]);
});
afterAll(() => api.stop());

async function underPolicy(reviewed: string[]) {
  const { url } = await api.startAnother({ policy: parsePolicy({ 'product.reviewed': reviewed }) });
  return productsOf(
    api,
    httpClient(() => url, api.tokens.provider),
  );
}

const TIMES = 20;
const atOnce = (send: (n: number) => Promise<Answer>) => Promise.all(Array.from({ length: TIMES }, (_, n) => send(n)));
const statusesOf = (answers: Answer[]) => answers.map(({ status }) => status).sort();
const oneIn = [201, ...Array(TIMES - 1).fill(409)];
const openOf = (objectId: string) =>
  api.db.review.findMany({ where: { objectId, status: { in: ['security_check', 'in_review'] } } });
const bodyFor = (product: OwnProduct, operation: string) =>
  operation === 'modify' ? products.changed(product, { name: '又一个名字' }) : undefined;

describe('PRD-4: while one application is in review, no other operation is possible', () => {
  test.each<[string, string[]]>([
    ['modify or upgrade', ['modify', 'upgrade']],
    ['modify only', ['modify']],
  ])('%s, twenty at once: exactly one gets in', async (_, operations) => {
    const product = await products.published('api');
    const answers = await atOnce((n) => {
      const operation = operations[n % operations.length] ?? 'modify';
      return products.apply(product.id, operation, bodyFor(product, operation), key(`${product.id}-${n}`));
    });
    expect(statusesOf(answers)).toEqual(oneIn);
    for (const { status, body } of answers) {
      if (status === 409) expect(body).toMatchObject({ code: 'REVIEW.IN_REVIEW' });
    }
    expect(await openOf(product.id)).toHaveLength(1);
    expect(await api.db.proposal.count()).toBe(0);
  });

  test('every operation that is legal, all of them reviewed, twenty at once: exactly one gets in', async () => {
    const product = await strict.published('api');
    const operations = ['modify', 'delist', 'upgrade'];
    const answers = await atOnce((n) => {
      const operation = operations[n % operations.length] ?? 'delist';
      return strict.apply(product.id, operation, bodyFor(product, operation), key(`${product.id}-${n}`));
    });
    expect(statusesOf(answers)).toEqual(oneIn);
    const [open] = await openOf(product.id);
    expect(answers.find(({ status }) => status === 201)?.body).toMatchObject({ id: open?.id });
    expect(await strict.own(product.id)).toMatchObject({ status: 'published', openApplicationId: open?.id });
  });

  test('what is reviewed and what takes effect at once, twenty at once: nothing takes effect beside a review', async () => {
    for (let round = 0; round < 3; round += 1) {
      const product = await products.published('api');
      const operations = ['upgrade', 'delist'];
      const answers = await atOnce((n) =>
        products.apply(product.id, operations[n % 2] ?? 'delist', undefined, key(`${product.id}-${n}`)),
      );
      const taken = answers.filter(({ status }) => status === 201).map(({ body }) => body as Application);
      const upgrades = taken.filter(({ operation }) => operation === 'upgrade');
      const delists = taken.filter(({ operation }) => operation === 'delist');
      expect(upgrades).toHaveLength(1);
      expect(delists.length).toBeLessThanOrEqual(1);
      const now = await products.own(product.id);
      expect(now.status).toBe(delists.length === 1 ? 'delisted' : 'published');
      expect(now).toMatchObject({ openApplicationId: upgrades[0]?.id, allowedActions: [] });
      // While it is open nothing gets in; what had taken effect had done so before.
      expect(await products.apply(product.id, now.status === 'delisted' ? 'exit' : 'delist')).toMatchObject({
        status: 409,
        body: { code: 'REVIEW.IN_REVIEW', allowedActions: [] },
      });
    }
  });

  test('what was found legal before a review began is refused once the review is there', async () => {
    const { id } = await products.published('api');
    const holder = new PgClient({ connectionString: api.database.ownerUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [id]);
    const waiting = (count: number) =>
      eventually(async () => {
        const locks = await holder.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
        expect(locks.rowCount).toBe(count);
      });
    // Both stand at the product's lock, the review first.
    const upgrading = products.apply(id, 'upgrade');
    await waiting(1);
    const delisting = products.apply(id, 'delist');
    await waiting(2);
    await holder.query('COMMIT');
    await holder.end();
    expect((await upgrading).status).toBe(201);
    expect(await delisting).toMatchObject({ status: 409, body: { code: 'REVIEW.IN_REVIEW' } });
    expect(await products.own(id)).toMatchObject({ status: 'published', allowedActions: [] });
  });

  test('twenty delistings at once: one takes effect, one application is left', async () => {
    const { id } = await products.published('api');
    const answers = await atOnce((n) => products.apply(id, 'delist', undefined, key(`${id}-${n}`)));
    expect(statusesOf(answers)).toEqual(oneIn);
    expect(await api.db.review.count({ where: { objectId: id, operation: 'delist' } })).toBe(1);
  });

  test('one delisting sent twenty times under one key: one application, one answer', async () => {
    const { id } = await products.published('api');
    const answers = await atOnce(() => products.apply(id, 'delist', undefined, key(`${id}-same`)));
    expect(answers[0]?.status).toBe(201);
    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
    expect(await api.db.review.count({ where: { objectId: id, operation: 'delist' } })).toBe(1);
  });

  test('the table itself refuses a second open application', async () => {
    const product = await products.published('api');
    const { id } = await products.applied(product.id, 'upgrade');
    const row = await api.db.review.findUniqueOrThrow({ where: { id } });
    const second = { ...row, id: `${id}x`, base: {}, proposed: {}, state: {} };
    await expect(api.db.review.create({ data: second })).rejects.toThrow(/[Uu]nique/);
  });

  test('once it is decided, the next one gets in', async () => {
    const product = await products.published('api');
    const first = await products.applied(product.id, 'upgrade');
    expect(await products.apply(product.id, 'delist')).toMatchObject({ status: 409 });
    await products.withdraw(first.id);
    const second = await products.applied(product.id, 'upgrade');
    await products.approve(second);
    await products.applied(product.id, 'delist');
    expect(await products.own(product.id)).toMatchObject({ status: 'delisted', grade: 'certified' });
  });

  test('withdraw against approve, ten of each at once: one decision, and the product agrees with it', async () => {
    for (let round = 0; round < 3; round += 1) {
      const product = await products.published('api');
      const { id } = await products.applied(product.id, 'upgrade');
      const answers = await atOnce((n) =>
        n % 2 === 0
          ? products.withdraw(id, key(`w-${n}`))
          : api.ops.post(`/v1/ops/reviews/${id}/approve`, undefined, key(`a-${n}`)),
      );
      expect(statusesOf(answers)).toEqual([200, ...Array(TIMES - 1).fill(409)]);
      const { status } = await products.application(id);
      expect(['approved', 'withdrawn']).toContain(status);
      const { grade, openApplicationId } = await products.own(product.id);
      expect([grade, openApplicationId]).toEqual([status === 'approved' ? 'certified' : 'bazaar', null]);
    }
  });
});

describe('PRD-5: which are reviewed is policy; what they do is the same', () => {
  test('everything reviewed: a delisting takes effect when it is approved', async () => {
    const { id } = await strict.published('api');
    const application = await strict.applied(id, 'delist');
    expect(application).toMatchObject({
      status: 'in_review',
      base: { status: 'published' },
      proposed: { status: 'delisted' },
    });
    expect(await strict.own(id)).toMatchObject({ status: 'published' });
    await strict.approve(application);
    expect(await strict.own(id)).toMatchObject({ status: 'delisted' });
    await strict.approve(await strict.applied(id, 'exit'));
    expect(await strict.own(id)).toMatchObject({ status: 'exited' });
  });

  test('nothing reviewed: a publication and a modification are there at once', async () => {
    const { status, objectId } = await lax.submitNew('saas', {}, 'certified');
    expect(status).toBe('effective');
    const product = await lax.own(objectId);
    expect(product).toMatchObject({ status: 'published', grade: 'certified', version: 1, hasDeliveryToken: true });
    const application = await lax.applied(objectId, 'modify', lax.changed(product, { name: '马上就改' }));
    expect(application).toMatchObject({ status: 'effective', diff: [{ field: 'content.name', after: '马上就改' }] });
    expect(await lax.own(objectId)).toMatchObject({ name: '马上就改', version: 2, hasDeliveryToken: true });
    expect(await api.db.proposal.count()).toBe(0);
    expect(bodyOf(await api.buyer.get(`/v1/buyer/products/${objectId}`), 200)).toMatchObject({ name: '马上就改' });
  });

  test('PRD-6: an image is checked and reviewed all the same', async () => {
    const application = await lax.submitNew('image');
    expect(application.status).toBe('security_check');
    await lax.approve(application);
    const product = await lax.own(application.objectId);
    const modification = await lax.applied(product.id, 'modify', lax.changed(product, { software: 'PostgreSQL 19' }));
    expect(modification.status).toBe('security_check');
    await lax.withdraw(modification.id);
    expect((await lax.applied(product.id, 'upgrade')).status).toBe('effective');
  });
});
