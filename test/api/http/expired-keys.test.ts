import { openDatabase } from '../../../prisma/store/shared/database';
import { productsOf } from '../../factories/products';
import { type Api, startApi } from '../../support/api';
import { eventually } from '../../support/eventually';
import { type Answer, key } from '../../support/http';
import { storyOf } from '../../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
let product: object;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
  product = { content: await productsOf(api).content('human_service') };
});
afterAll(() => api.stop());

const EXPIRED = { status: 422, body: { code: 'IDEMPOTENCY.KEY_EXPIRED' } };
const purchase = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
const running = async () => (await api.temporal.client.workflow.count("ExecutionStatus = 'Running'")).count;

/** The record of a key is purged; its command, if one was carried out, was so as many days ago. */
async function purge(used: string, daysAgo: number): Promise<void> {
  await eventually(async () =>
    expect(await api.db.idempotencyRecord.count({ where: { key: used, answeredAt: { not: null } } })).toBe(1),
  );
  const { id } = await api.db.idempotencyRecord.findFirstOrThrow({ where: { key: used } });
  const owner = openDatabase(api.database.ownerUrl, 1);
  try {
    await owner.$executeRaw`ALTER TABLE steps DISABLE TRIGGER steps_append_only`;
    await owner.$executeRaw`
      UPDATE steps SET at = at - make_interval(days => ${daysAgo}::int) WHERE command_id = ${id}`;
    await owner.$executeRaw`ALTER TABLE steps ENABLE TRIGGER steps_append_only`;
  } finally {
    await owner.$disconnect();
  }
  await api.db.idempotencyRecord.deleteMany({ where: { id } });
}

const commands: Record<string, (used: string) => Promise<() => Promise<Answer>>> = {
  'of a command to a delivery': async (used) => {
    const id = await story.deliveryAt('awaiting_requirement');
    return () => story.act(id, 'buyer.requirement', undefined, key(used));
  },
  'that placed an order': async (used) => () => api.buyer.post('/v1/buyer/orders', purchase, key(used)),
  'that submitted a product for review': async (used) => () =>
    api.provider.post('/v1/provider/products', product, key(used)),
  'of an upload': async (used) => () => api.buyer.upload('/v1/buyer/attachments', 'a.txt', 'text', key(used)),
  'of a change that is made at once': async (used) => () =>
    api.provider.post('/v1/provider/contacts', { name: '周联系', email: 'zhou@demo.example' }, key(used)),
};

describe('I-2: a key that is older than its answer is kept is refused, and nothing is done', () => {
  test.each(Object.entries(commands))('a key %s is refused', async (name, begin) => {
    const used = `expired ${name}`.replaceAll(' ', '-');
    const send = await begin(used);
    expect((await send()).status).toBeLessThan(300);
    await purge(used, 3);
    const before = [await api.db.step.count(), await running()];
    expect(await send()).toMatchObject(EXPIRED);
    expect(await send()).toMatchObject(EXPIRED);
    expect([await api.db.step.count(), await running()]).toEqual(before);
  });
});

test('I-2: an order that its command cannot place, because it has placed another, leaves neither row nor workflow', async () => {
  const send = () => api.buyer.post('/v1/buyer/orders', purchase, key('placed-late'));
  expect(await send()).toMatchObject({ status: 201 });
  // It was begun longer ago than its answer is kept, and placed only now: worker or Temporal were away in between.
  await purge('placed-late', 0);
  const before = [await api.db.step.count(), await running()];
  expect(await send()).toMatchObject(EXPIRED);
  expect(await send()).toMatchObject(EXPIRED);
  expect([await api.db.step.count(), await running()]).toEqual(before);
});

test('I-2: a product that its command cannot submit, because it has submitted another, is not submitted', async () => {
  const send = () => api.provider.post('/v1/provider/products', product, key('submitted-late'));
  expect(await send()).toMatchObject({ status: 201 });
  await purge('submitted-late', 0);
  const before = [await api.db.step.count(), await api.db.review.count(), await running()];
  expect(await send()).toMatchObject(EXPIRED);
  expect([await api.db.step.count(), await api.db.review.count(), await running()]).toEqual(before);
});

test('I-2: a key of a refusal that is forgotten stands for a new command', async () => {
  const id = await story.deliveryAt('implementing');
  const accept = () => story.act(id, 'buyer.acceptance.accept', undefined, key('refused-long-ago'));
  expect(await accept()).toMatchObject({ status: 409 });
  await purge('refused-long-ago', 3);
  await story.done(id, 'provider.implementation.submit');
  expect(await accept()).toMatchObject({ status: 200 });
});
