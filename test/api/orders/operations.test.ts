import type { z } from 'zod';
import type { orderDetailsSchema } from '../../../api/orders/schemas';
import { subAccount } from '../../factories/accounts';
import { addImage, productsOf } from '../../factories/products';
import { type Api, startApi } from '../../support/api';
import { eventually } from '../../support/eventually';
import { key } from '../../support/http';
import { notified } from '../../support/observe';
import { bodyOf, storyOf } from '../../support/story';

type Details = z.infer<typeof orderDetailsSchema>;

let api: Api;
let products: ReturnType<typeof productsOf>;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  products = productsOf(api);
  story = storyOf(api);
});
afterAll(() => api.stop());

const price = (id: string, payableFen: number, headers = {}) =>
  api.provider.post(`/v1/provider/orders/${id}/price`, { payableFen, reason: '老客户' }, headers);
const pay = (id: string, body?: object) => api.buyer.post(`/v1/sandbox/orders/${id}/pay`, body);
const details = async (id: string, role: 'buyer' | 'provider' | 'ops' = 'buyer') =>
  bodyOf<Details>(await api[role].get(`/v1/${role}/orders/${id}`), 200);

/** An unpaid order of a product of some type, which nobody supervises. */
async function unsupervised(type: 'human_service' | 'api' | 'image') {
  const own = type === 'human_service' ? { category: 'human_service', supervised: false } : {};
  const product = await products.published(type, own);
  return story.order({ productId: product.id, specId: product.content?.specs[0]?.id ?? '' });
}

describe('ORD-5: POST /v1/provider/orders/{id}/price', () => {
  test('the answer is the order at its new price; the same key again is the same answer, also after the payment', async () => {
    const { id } = await story.order();
    const again = key(`price-${id}`);
    const first = bodyOf<Details>(await price(id, 150_000, again), 200);
    expect(first).toMatchObject({
      payableFen: 150_000,
      originalFen: 200_000,
      priceVersion: 2,
      state: 'pending_payment',
    });
    expect(first.timeline.at(-1)).toMatchObject({ actor: 'provider', action: 'provider.price', note: '老客户' });
    expect(bodyOf(await pay(id), 202)).toMatchObject({ state: 'awaiting_start', paidFen: 150_000 });
    expect(bodyOf(await price(id, 150_000, again), 200)).toEqual(first);
  });

  test('409 once it is paid, 422 above the original or of an image, 404 of somebody else’s', async () => {
    const paid = await story.paidOrder();
    expect(await price(paid.id, 1)).toMatchObject({
      status: 409,
      body: { code: 'ORDER.NOT_ALLOWED', allowedActions: [] },
    });
    const { id } = await story.order();
    expect(await price(id, 200_001)).toMatchObject({ status: 422, body: { code: 'ORDER.PRICE_NOT_ALLOWED' } });
    const image = await unsupervised('image');
    expect(await price(image.id, 1)).toMatchObject({ status: 422, body: { code: 'ORDER.PRICE_NOT_ALLOWED' } });
    const other = await story.order({ productId: 'prd_other_service', specId: 'spc_other_once' });
    expect(await price(other.id, 1)).toMatchObject({ status: 404, body: { code: 'ORDER.NOT_FOUND' } });
  });

  test('a payment at the old price is sent back, one at the present price counts', async () => {
    const { id } = await story.order();
    bodyOf(await price(id, 150_000), 200);
    expect(bodyOf(await pay(id, { priceVersion: 1, amountFen: 200_000 }), 202)).toMatchObject({
      ...{ state: 'pending_payment', paidFen: 0 },
    });
    await eventually(async () => {
      const refund = await api.db.refund.findFirstOrThrow({ where: { orderId: id } });
      expect(refund).toMatchObject({ reason: 'old_price', status: 'refunded', amountFen: 200_000n });
      expect(await notified(api.db, refund.id)).toEqual(['order.payment_returned → buyer']);
    });
    expect(bodyOf(await pay(id), 202)).toMatchObject({ state: 'awaiting_start', paidFen: 150_000 });
  });

  test('repriced to nothing it is taken, not paid', async () => {
    const { id } = await story.order();
    expect(await api.buyer.post(`/v1/buyer/orders/${id}/take`, {})).toMatchObject({ status: 409 });
    bodyOf(await price(id, 0), 200);
    expect(await pay(id)).toMatchObject({
      status: 409,
      body: { code: 'ORDER.NOT_PAYABLE', allowedActions: ['buyer.take'] },
    });
    const taken = bodyOf<Details>(await api.buyer.post(`/v1/buyer/orders/${id}/take`, {}), 200);
    expect(taken).toMatchObject({ state: 'awaiting_start', paidFen: 0, deliveryId: expect.stringMatching(/^dlv_/) });
    await story.done(taken.deliveryId ?? '', 'buyer.requirement');
  });
});

describe('ORD-2: an order that the provider fulfils directly', () => {
  test('from the payment to its completion; the details are for buyer and provider only, and stored sealed', async () => {
    const { id } = await unsupervised('human_service');
    bodyOf(await pay(id), 202);
    const act = (role: 'buyer' | 'provider', path: string, body: object) =>
      api[role].post(`/v1/${role}/orders/${id}/${path}`, body);
    bodyOf(await act('buyer', 'requirement', { text: '请装在生产环境' }), 200);
    bodyOf(await act('provider', 'start', {}), 200);
    const secret = '账号 admin，密码 Pa55-word-direct';
    const done = bodyOf<Details>(await act('provider', 'done', { details: secret }), 200);
    expect(done).toMatchObject({ state: 'awaiting_confirmation', deadlines: [{}, {}, {}, { name: 'auto_confirm' }] });
    expect((await details(id, 'provider')).timeline.at(-1)?.note).toBe(secret);
    expect((await details(id)).timeline.at(-1)?.note).toBe(secret);
    expect((await details(id, 'ops')).timeline.at(-1)?.note).toBeNull();
    const stored = await api.db.step.findFirstOrThrow({ where: { objectId: id, action: 'provider.done' } });
    expect([stored.note, Buffer.from(stored.sealedNote ?? []).includes('Pa55')]).toEqual([null, false]);
    expect(bodyOf(await act('buyer', 'confirm', {}), 200)).toMatchObject({ state: 'completed', allowedActions: [] });
    expect(await act('buyer', 'confirm', {})).toMatchObject({ status: 409, body: { code: 'ORDER.NOT_ALLOWED' } });
  });

  test('the requirement names files of the buyer’s own, which the provider’s people for orders read, and nobody else', async () => {
    const { id } = await unsupervised('human_service');
    bodyOf(await pay(id), 202);
    const requirement = (attachmentIds: string[]) =>
      api.buyer.post(`/v1/buyer/orders/${id}/requirement`, { text: '见附件', attachmentIds });
    const upload = async (client = api.buyer) =>
      bodyOf<{ id: string }>(await client.upload('/v1/buyer/attachments', '说明.txt', '三页'), 201).id;
    const foreign = await upload(api.otherBuyer);
    expect(await requirement([foreign])).toMatchObject({ status: 422, body: { code: 'ATTACHMENT.NOT_YOURS' } });
    const own = await upload();
    const read = (role: 'buyer' | 'provider' | 'ops', client = api[role]) =>
      client.get(`/v1/${role}/attachments/${own}`).then(({ status }) => status);
    expect(await read('provider')).toBe(404);
    const stated = bodyOf<Details>(await requirement([own]), 200);
    expect(stated.timeline.at(-1)?.attachments).toMatchObject([{ id: own, name: '说明.txt' }]);
    expect((await details(id, 'provider')).timeline.at(-1)?.attachments).toMatchObject([{ id: own }]);
    const forOrders = await subAccount(api, ['orders']);
    const forOthers = await subAccount(api, ['deliveries']);
    expect([await read('provider'), await read('provider', forOrders), await read('ops')]).toEqual([200, 200, 200]);
    expect([await read('provider', forOthers), await read('provider', api.otherProvider)]).toEqual([404, 404]);
    expect(await read('buyer', api.otherBuyer)).toBe(404);
  });

  test('PRD-2: without implementation and confirmation the payment completes it; what was agreed stands', async () => {
    const own = { category: 'human_service', supervised: false };
    const flags = { needsImplementation: false, needsBuyerConfirmation: false };
    const product = await products.published('human_service', { ...own, ...flags });
    const specId = product.content?.specs[0]?.id ?? '';
    const before = await story.order({ productId: product.id, specId });

    const needed = { needsImplementation: true, needsBuyerConfirmation: true };
    await products.approve(await products.applied(product.id, 'modify', products.changed(product, needed)));
    const after = await story.order({ productId: product.id, specId });
    expect(bodyOf(await pay(before.id), 202)).toMatchObject({ state: 'completed' });
    expect(bodyOf(await pay(after.id), 202)).toMatchObject({ state: 'awaiting_start' });
  });

  test('PRD-7: a demonstration product that is modified keeps the agreement of the orders of before', async () => {
    const { id } = await story.order();
    const { agreement } = await details(id);
    const content = { serviceAgreement: { text: '新的协议' }, logo: await addImage(api.db) };
    const seeded = await products.own('prd_service');
    await products.approve(await products.applied('prd_service', 'modify', products.changed(seeded, content)));
    expect((await details(id)).agreement).toEqual(agreement);
    expect((await details((await story.order()).id)).agreement).toEqual({ text: '新的协议' });
  });

  test('WDR-1: the fee is shown to the provider and operations, not to the buyer', async () => {
    const { id } = await unsupervised('human_service');
    const fees = await Promise.all((['buyer', 'provider', 'ops'] as const).map((role) => details(id, role)));
    expect(fees.map(({ feeBasisPoints }) => feeBasisPoints)).toEqual([null, 1_000, 1_000]);
  });
});

describe('ORD-8: what is delivered at once', () => {
  test('an API and an image can be bought; the paid order is completed and shows how to use it', async () => {
    const sold = await unsupervised('api');
    expect(await details(sold.id)).toMatchObject({ delivered: null, fulfilment: 'immediate' });
    expect(bodyOf(await pay(sold.id), 202)).toMatchObject({ state: 'completed', deliveryId: null });
    expect(await details(sold.id)).toMatchObject({
      ...{ state: 'completed', agreement: { text: '按约定的时间交付。' } },
      delivered: { endpointUrl: 'https://api.example/v1', documentationUrl: 'https://api.example/docs' },
    });
    const image = await unsupervised('image');
    bodyOf(await pay(image.id), 202);
    expect(await details(image.id)).toMatchObject({ delivered: { imageId: 'img-3gd4q8xk' } });
  });
});
