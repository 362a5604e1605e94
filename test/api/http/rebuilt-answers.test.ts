import { productsOf } from '../../factories/products';
import { type Api, startApi } from '../../support/api';
import { type Answer, key } from '../../support/http';
import { loseAnswer } from '../../support/lost-answer';
import { storyOf } from '../../support/story';

/** The answer to an accepted command is rebuilt as of its own step, whatever has happened since. */
let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

const told = ({ status, body }: Answer) => ({ status, body });

/** Sends a command whose answer is not recorded, and sends it again after something else has happened. */
const repeated = async (send: (used: string) => Promise<Answer>, used: string, meanwhile: () => Promise<unknown>) => {
  const first = await send(used);
  await loseAnswer(api.db, used);
  await meanwhile();
  return { first: told(first), again: told(await send(used)) };
};

test('I-7: the answer to evidence shows the appeal as it was, though it has been ruled on since (DLV-10)', async () => {
  const { appealId } = await story.appealed();
  const evidence = (used: string) =>
    api.buyer.post(`/v1/buyer/appeals/${appealId}/evidence`, { text: '证据' }, key(used));
  const ruling = { ruling: 'resume', reason: '继续' };
  const { first, again } = await repeated(evidence, 'evidence', async () => {
    expect((await story.rule(appealId, ruling)).status).toBe(200);
  });
  expect(first).toMatchObject({ status: 200, body: { frozen: true, appeal: { status: 'open', ruling: null } } });
  expect(again).toEqual(first);
});

test('I-7: the answer to a delivery’s command shows its own step, though stage, deadlines and timeline have changed since', async () => {
  const id = await story.deliveryAt('awaiting_requirement');
  const state = (used: string) => story.act(id, 'buyer.requirement', undefined, key(used));
  const { first, again } = await repeated(state, 'stage', () => story.done(id, 'provider.requirement.confirm'));
  expect(again).toEqual(first);
});

test('I-7: the answer to an application shows it as it was, though it has been decided since (PRD-5)', async () => {
  const products = productsOf(api);
  const body = { content: await products.content('image') };
  const submit = (used: string) => api.provider.post('/v1/provider/products', body, key(used));
  const { first, again } = await repeated(submit, 'submitted', async () => {
    const { id } = await api.db.review.findFirstOrThrow({ orderBy: { submittedAt: 'desc' } });
    const pass = (used: string) => api.ops.post(`/v1/ops/reviews/${id}/security/pass`, undefined, key(used));
    const passed = await repeated(pass, 'passed', () => products.decide(id, 'reject', { reason: '不符合要求' }));
    expect(passed.first).toMatchObject({ status: 200, body: { status: 'in_review', reason: null, decidedAt: null } });
    expect(passed.again).toEqual(passed.first);
  });
  expect(first).toMatchObject({ status: 201, body: { status: 'security_check' } });
  expect(again).toEqual(first);
});

test('I-7: the answer to an order shows it unpaid, though it has been paid since (ORD-6)', async () => {
  const purchase = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
  const place = (used: string) => api.buyer.post('/v1/buyer/orders', purchase, key(used));
  const { first, again } = await repeated(place, 'paid-since', async () => {
    const { id } = await api.db.order.findFirstOrThrow({ orderBy: { createdAt: 'desc' } });
    expect((await api.buyer.post(`/v1/sandbox/orders/${id}/pay`)).status).toBe(202);
  });
  expect(again).toEqual(first);
});

test('I-7: the answer to a payment by the sandbox stays, though its order has gone on since (ORD-6)', async () => {
  const { id } = await story.order();
  const pay = (used: string) => api.buyer.post(`/v1/sandbox/orders/${id}/pay`, undefined, key(used));
  const { first, again } = await repeated(pay, 'paid-once', async () => {
    const { deliveryId } = await story.orderNow(id);
    await story.done(deliveryId ?? '', 'buyer.requirement');
    await story.done(deliveryId ?? '', 'provider.requirement.confirm');
    expect((await story.orderNow(id)).state).toBe('implementing');
  });
  expect(first).toMatchObject({ status: 202, body: { state: 'awaiting_start' } });
  expect(again).toEqual(first);
  expect(await api.db.payment.count({ where: { orderId: id } })).toBe(1);
  expect(await pay('another-key')).toMatchObject({ status: 409, body: { code: 'ORDER.NOT_PAYABLE' } });
});
