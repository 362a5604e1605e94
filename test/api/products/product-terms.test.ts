import { createHash } from 'node:crypto';
import { productsOf } from '../../factories/products';
import { type Api, startApi } from '../../support/api';
import { key } from '../../support/http';
import { bodyOf, type Order, storyOf } from '../../support/story';

let api: Api;
let products: ReturnType<typeof productsOf>;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  products = productsOf(api);
  story = storyOf(api);
});
afterAll(() => api.stop());

/** A product on sale, and how its first spec is bought. */
async function onSale(changes: Record<string, unknown> = {}) {
  const product = await products.published('human_service', { category: 'software', ...changes });
  const [spec] = product.content?.specs ?? [];
  if (spec === undefined) throw new Error('it has no specs');
  return { product, spec, purchase: { productId: product.id, specId: spec.id } };
}
const buy = (purchase: object, headers = {}) =>
  api.buyer.post('/v1/buyer/orders', { ...purchase, paymentChannel: 'wechat' }, headers);

/** Pays an order and brings its delivery to the end. */
async function toTheEnd(order: Order): Promise<Order> {
  const { deliveryId } = bodyOf<Order>(await api.buyer.post(`/v1/sandbox/orders/${order.id}/pay`), 202);
  for (const operation of [
    'buyer.requirement',
    'provider.requirement.confirm',
    'provider.implementation.submit',
    'buyer.acceptance.accept',
  ] as const) {
    await story.done(deliveryId ?? '', operation);
  }
  return story.orderNow(order.id);
}

describe('PRD-7: orders keep the terms they were placed on', () => {
  test('a modification: the old order is paid at the old price and delivered, a new one has the new terms', async () => {
    const { product, spec, purchase } = await onSale();
    const old = bodyOf<Order>(await buy(purchase), 201);
    const changes = { name: '新名字', specs: [{ ...spec, name: '新规格', priceFen: 12_345 }] };
    const modification = await products.applied(product.id, 'modify', products.changed(product, changes));
    expect(bodyOf<Order>(await buy(purchase), 201)).toMatchObject({ payableFen: 15_000, productName: '数据备份' });
    await products.approve(modification);

    expect(bodyOf<Order>(await buy(purchase), 201)).toMatchObject({
      payableFen: 12_345,
      productName: '新名字',
      specName: '新规格',
    });
    expect(await toTheEnd(old)).toMatchObject({
      state: 'completed',
      productName: '数据备份',
      specName: '基础版',
      payableFen: 15_000,
      paidFen: 15_000,
    });
  });

  test('an order keeps the version, the service agreement and the fee that it was placed on', async () => {
    const { product, purchase } = await onSale();
    const old = bodyOf<Order>(await buy(purchase), 201);
    const serviceAgreement = { text: '新的协议' };
    await products.approve(
      await products.applied(product.id, 'modify', products.changed(product, { serviceAgreement })),
    );
    const later = bodyOf<Order>(await buy(purchase), 201);
    const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex');
    const agreed = { productType: 'human_service', fulfilment: 'delivery', priceVersion: 1, originalFen: 15_000 };
    expect(await story.orderNow(old.id)).toMatchObject({
      ...{ ...agreed, productVersion: 1, agreementSha256: sha256Of('按约定的时间交付。') },
    });
    expect(later).toMatchObject({ ...agreed, productVersion: 2, agreementSha256: sha256Of('新的协议') });
    const stored = await api.db.order.findUniqueOrThrow({ where: { id: old.id } });
    expect(stored.feeBasisPoints).toBe(1_000);
  });

  test('supervision changed: an order that was placed is delivered under it all the same', async () => {
    const { product, purchase } = await onSale({ category: 'human_service' });
    const old = bodyOf<Order>(await buy(purchase), 201);
    await products.approve(
      await products.applied(product.id, 'modify', products.changed(product, { supervised: false })),
    );
    expect(bodyOf<Order>(await buy(purchase), 201)).toMatchObject({ fulfilment: 'direct' });
    expect(await toTheEnd(old)).toMatchObject({ state: 'completed' });
  });

  test.each([[['delist']], [['delist', 'exit']]])('%s: what was bought is delivered to its end', async (operations) => {
    const { product, purchase } = await onSale();
    const paid = await story.paidOrder(purchase);
    const unpaid = bodyOf<Order>(await buy(purchase), 201);
    for (const operation of operations) await products.applied(product.id, operation);
    expect(await buy(purchase)).toMatchObject({ status: 409, body: { code: 'PRODUCT.NOT_FOR_SALE' } });
    expect(await toTheEnd(unpaid)).toMatchObject({ state: 'completed', paidFen: 15_000 });
    await story.done(paid.deliveryId, 'buyer.requirement');
    expect(await story.delivery(paid.deliveryId)).toMatchObject({ stage: 'awaiting_requirement_confirmation' });
  });

  test('a spec that was taken out is not sold any more; orders of it go on', async () => {
    const { product, purchase } = await onSale();
    const old = bodyOf<Order>(await buy(purchase), 201);
    const specs = [{ name: '别的', duration: 1, unit: 'time', listPriceFen: 100, priceFen: 100 }];
    await products.approve(await products.applied(product.id, 'modify', products.changed(product, { specs })));
    expect(await buy(purchase)).toMatchObject({ status: 404, body: { code: 'PRODUCT.NOT_FOUND' } });
    expect(await toTheEnd(old)).toMatchObject({ state: 'completed', specName: '基础版' });
  });

  test('what is not published yet cannot be bought', async () => {
    const { objectId, proposed } = await products.submitNew('human_service');
    const [spec] = (proposed as { content: { specs: { id: string }[] } }).content.specs;
    expect(await buy({ productId: objectId, specId: spec?.id })).toMatchObject({
      status: 404,
      body: { code: 'PRODUCT.NOT_FOUND' },
    });
  });

  test('ORD-8: a SaaS product without manual delivery is bought to be delivered as an instance', async () => {
    const product = await products.published('saas');
    const order = bodyOf<Order>(await buy({ productId: product.id, specId: product.content?.specs[0]?.id }), 201);
    expect(order).toMatchObject({ fulfilment: 'instance' });
  });

  test('buying against delisting at the same time: bought or refused, and never once the delisting is answered', async () => {
    const { product, purchase } = await onSale();
    const buying = Array.from({ length: 20 }, (_, n) => buy(purchase, key(`${product.id}-${n}`)));
    const delisting = products.applied(product.id, 'delist');
    const answers = await Promise.all(buying);
    await delisting;
    for (const { status, body } of answers) {
      expect([201, 409]).toContain(status);
      expect(body).toMatchObject(status === 201 ? { payableFen: 15_000 } : { code: 'PRODUCT.NOT_FOR_SALE' });
    }
    expect(await buy(purchase)).toMatchObject({ status: 409 });
    const bought = answers.filter(({ status }) => status === 201);
    expect(await api.db.order.count({ where: { productId: product.id } })).toBe(bought.length);
    const [one] = bought;
    if (one !== undefined) expect(await toTheEnd(bodyOf<Order>(one, 201))).toMatchObject({ state: 'completed' });
  });

  test('buying against a modification at the same time: the old terms or the new ones, never a mixture', async () => {
    const { product, spec, purchase } = await onSale();
    const specs = [{ ...spec, name: '新规格', priceFen: 12_345 }];
    const { id } = await products.applied(product.id, 'modify', products.changed(product, { name: '新名字', specs }));
    const buying = Array.from({ length: 20 }, (_, n) => buy(purchase, key(`${product.id}-${n}`)));
    const deciding = products.decide(id, 'approve');
    const orders = (await Promise.all(buying)).map((answer) => bodyOf<Order>(answer, 201));
    await deciding;
    const terms = new Set(
      orders.map(({ productName, specName, payableFen }) => [productName, specName, payableFen].join()),
    );
    for (const one of terms) expect(['数据备份,基础版,15000', '新名字,新规格,12345']).toContain(one);
  });
});
