import { Client as PgClient } from 'pg';
import type { PROVIDER_ACTIONS } from '../../../domain/instances/protocol';
import { couponsOf } from '../../factories/coupons';
import { instanceInput, startInstance } from '../../factories/instances';
import { addImage, contentOf, productsOf } from '../../factories/products';
import { type Api, PEOPLE, startApi, tokenOf } from '../../support/api';
import { eventually } from '../../support/eventually';
import { type HttpClient, httpClient, key } from '../../support/http';
import { loseAnswer } from '../../support/lost-answer';
import { ACCESS, answering, type SpecProvider, startSpecProvider, wellBehaved } from '../../support/spec-provider';
import { bodyOf, type Order, storyOf } from '../../support/story';

type Action = (typeof PROVIDER_ACTIONS)[number];
type Debugged = { passed: boolean; failure: string | null; requestId: string; passedActions: { action: Action }[] };

const DEBUGGER = '/v1/provider/delivery-debugger';

let api: Api;
let provider: SpecProvider;
let productId: string;
beforeAll(async () => {
  api = await startApi();
  provider = await startSpecProvider('a-token-of-tests');
  productId = (await productsOf(api).published('saas')).id;
});
beforeEach(() => {
  provider.behave(wellBehaved);
  provider.calls.length = 0;
});
afterAll(async () => {
  await api.stop();
  await provider.stop();
});

const debug = (action: Action, changes: object = {}) =>
  api.provider.post(DEBUGGER, { action, url: provider.url, token: provider.token, ...changes });
const debugged = async (action: Action, changes: object = {}): Promise<Debugged> =>
  bodyOf(await debug(action, changes), 200);
const save = (changes: object = {}, client: HttpClient = api.provider, id = productId) =>
  client.put(`/v1/provider/products/${id}/delivery-endpoint`, { url: provider.url, token: provider.token, ...changes });
const publish = async (changes: object = {}) =>
  api.provider.post('/v1/provider/products', {
    content: contentOf('saas', { logo: await addImage(api.db), ...changes }),
  });
const faultOf = (body: unknown) => (body as { errors?: { path: string; message: string }[] }).errors ?? [];

describe('INS-5: the debugger', () => {
  test('what is about an instance waits for one to be created at that URL', async () => {
    expect(await debug('renewInstance')).toMatchObject({ status: 409, body: { code: 'INSTANCE.NOT_ALLOWED' } });
  });

  test('a creation that is not ready keeps its request id until it is; then all other calls are about its instance', async () => {
    provider.behave(answering(200, '{"signId":"0"}'));
    const waiting = await debugged('createInstance');
    expect(waiting).toMatchObject({ passed: false, failure: 'not_ready', passedActions: [] });
    provider.behave(wellBehaved);
    const made = await debugged('createInstance');
    expect(made).toMatchObject({
      passed: true,
      requestId: waiting.requestId,
      passedActions: [{ action: 'createInstance' }],
    });
    for (const action of ['renewInstance', 'modifyInstance', 'expireInstance', 'destroyInstance'] as const) {
      expect(await debugged(action)).toMatchObject({ passed: true });
      expect(provider.callsOf(action)).toMatchObject([{ isSigned: true, signId: 'spec-1' }]);
    }
    const [creation] = provider.callsOf('createInstance');
    expect(provider.callsOf('destroyInstance')[0]).toMatchObject({ orderId: creation?.orderId });
  });

  test('what fails is said by its kind, and has not passed', async () => {
    provider.behave(answering(500, 'secret-of-the-server'));
    const failed = await debugged('verifyInterface');
    expect(failed).toMatchObject({ passed: false, failure: 'status' });
    expect(failed.passedActions.map(({ action }) => action)).not.toContain('verifyInterface');
    expect(JSON.stringify(failed)).not.toContain('secret-of-the-server');
  });

  test('repeated under its key it answers the same, and calls once', async () => {
    const key = { 'idempotency-key': 'debugger-once' };
    const body = { action: 'verifyInterface', url: provider.url, token: provider.token };
    const first = await api.provider.post(DEBUGGER, body, key);
    expect(await api.provider.post(DEBUGGER, body, key)).toMatchObject({ body: first.body });
    expect(provider.calls).toHaveLength(1);
  });

  test('a URL with a query is no delivery URL', async () => {
    const { status, body } = await debug('verifyInterface', { url: `${provider.url}?a=1` });
    expect([status, faultOf(body)]).toEqual([422, [{ path: 'body.url', message: expect.stringContaining('query') }]]);
  });
});

/** As the schema's owner: the application deletes nothing of what has passed. */
async function forgetChecks(): Promise<void> {
  const owner = new PgClient({ connectionString: api.database.ownerUrl });
  await owner.connect();
  await owner.query('DELETE FROM delivery_checks');
  await owner.end();
}

describe('INS-5: before a publication', () => {
  const passes = {
    url: 'https://tried.example/',
    providerId: 'prv_demo',
    passes: 1,
    tokenFingerprint: '',
    passedAt: new Date(),
  };

  test('create, renew, expire and destroy must have passed, and modify where there is a trial', async () => {
    await forgetChecks();
    const content = { deliveryUrl: 'https://saas.example/new', deliveryToken: 'token-in-plain-9' };
    const paths = async (changes: object = {}) => faultOf((await publish({ ...content, ...changes })).body);
    expect(await paths()).toMatchObject([
      { path: 'body.content.deliveryUrl', message: expect.stringContaining('verifyInterface') },
      { path: 'body.content.deliveryUrl', message: expect.stringContaining('modifyInstance') },
    ]);
    const actions = ['createInstance', 'renewInstance', 'expireInstance', 'destroyInstance'];
    await api.db.deliveryCheck.createMany({ data: actions.map((action) => ({ ...passes, action })) });
    // At another URL, modify does not count.
    await api.db.deliveryCheck.create({ data: { ...passes, url: 'https://other.example/', action: 'modifyInstance' } });
    expect(await paths()).toHaveLength(2);
    expect(await paths({ trial: null })).toMatchObject([{ message: expect.stringContaining('verifyInterface') }]);
    await api.db.deliveryCheck.create({ data: { ...passes, action: 'modifyInstance' } });
    await productsOf(api).proven(content);
    expect((await publish(content)).status).toBe(201);
  });

  test('INS-2: another token than the one that was verified is not saved', async () => {
    const content = { deliveryUrl: 'https://saas.example/new', deliveryToken: 'token-in-plain-8' };
    expect(faultOf((await publish(content)).body)).toMatchObject([{ path: 'body.content.deliveryUrl' }]);
  });
});

describe('INS-2: a delivery URL is saved once it answers the same echoback', () => {
  const stored = () => api.db.product.findUniqueOrThrow({ where: { id: productId } });

  test.each([
    ['another echoback', answering(200, '{"echoback":"something else"}')],
    ['an error', answering(500, '')],
    ['a redirect', answering(302, '', { location: 'https://elsewhere.example/' })],
  ])('with %s nothing is saved', async (_, behaviour) => {
    const before = await stored();
    provider.behave(behaviour);
    expect(await save()).toMatchObject({ status: 422, body: { code: 'DELIVERY_URL.NOT_VERIFIED' } });
    expect(await stored()).toEqual(before);
  });

  test('with the same echoback it is, and shown with the product; the token is shown nowhere', async () => {
    expect(bodyOf(await save(), 200)).toMatchObject({ productId, url: provider.url });
    expect(await productsOf(api).own(productId)).toMatchObject({ content: { deliveryUrl: provider.url } });
    const trail = JSON.stringify(await api.db.step.findMany({ where: { objectId: { in: [productId, 'prv_demo'] } } }));
    expect(trail).toContain('provider.delivery_endpoint');
    for (const text of [trail, JSON.stringify(api.logs), JSON.stringify(await stored())]) {
      expect(text).not.toContain(provider.token);
    }
  });

  test('INS-1: in production no private address, no URL without TLS and none with a query is called at all', async () => {
    const other = await api.startAnother({ config: { ...api.config, WEBHOOK_ALLOW_PRIVATE: false } });
    const client = httpClient(() => other.url, await tokenOf(PEOPLE.provider));
    const before = await stored();
    for (const url of [
      provider.url,
      'https://10.0.0.1/',
      'https://[::ffff:127.0.0.1]/',
      'https://localhost/',
      'https://saas.example/?tenant=1',
    ]) {
      const debugging = { action: 'verifyInterface', url, token: provider.token };
      for (const answer of [await save({ url }, client), await client.post(DEBUGGER, debugging)]) {
        expect([url, answer]).toMatchObject([url, { status: 422, body: { errors: [{ path: 'body.url' }] } }]);
      }
    }
    expect([provider.calls, await stored()]).toEqual([[], before]);
  });

  test('not of somebody else’s product, nor of what people deliver, nor while a review is open', async () => {
    expect(await save({}, api.otherProvider)).toMatchObject({ status: 404, body: { code: 'PRODUCT.NOT_FOUND' } });
    expect(await save({}, api.provider, 'prd_saas_manual')).toMatchObject({ body: { code: 'PRODUCT.NOT_ALLOWED' } });
    const products = productsOf(api);
    const other = await products.published('saas');
    const review = await products.applied(other.id, 'modify', products.changed(other, { deliveryDays: 9 }));
    expect(await save({}, api.provider, other.id)).toMatchObject({ status: 409, body: { code: 'REVIEW.IN_REVIEW' } });
    await products.withdraw(review.id);
  });
});

describe('ORD-8: a paid order is delivered by an instance', () => {
  test('bought and paid, its instance is made, the order is completed, and its money is earned', async () => {
    bodyOf(await save(), 200);
    const product = await productsOf(api).own(productId);
    const order = await storyOf(api).order({ productId, specId: product.content?.specs[0]?.id ?? '' });
    bodyOf(await api.buyer.post(`/v1/sandbox/orders/${order.id}/pay`), 202);
    await eventually(async () => {
      expect((await api.buyer.get(`/v1/buyer/orders/${order.id}`)).body).toMatchObject({ state: 'completed' });
    });
    const { items } = bodyOf<{ items: { id: string; orderId: string; stage: string }[] }>(
      await api.buyer.get('/v1/buyer/instances'),
      200,
    );
    expect(items[0]).toMatchObject({ orderId: order.id, stage: 'active', id: order.id.replace('ord_', 'ins_') });
    expect(provider.callsOf('createInstance')).toMatchObject([
      { orderId: order.id, productInfo: { spec: '基础版', timeSpan: 1, timeUnit: 'm', isTrial: false } },
    ]);
    const kinds = await api.db.journal.findMany({ where: { objectId: order.id }, select: { kind: true } });
    expect(kinds.map(({ kind }) => kind).sort()).toEqual(['order_completed', 'payment_received']);
  });
});

describe('INS-4, CPN-1: trial, formal purchase and renewal', () => {
  type Listed = { items: { id: string; orderId: string; stage: string }[] };
  const instanceOf = async (orderId: string) => {
    const { items } = bodyOf<Listed>(await api.buyer.get('/v1/buyer/instances?stage=active'), 200);
    const found = items.find((one) => one.orderId === orderId);
    if (found === undefined) throw new Error(`${orderId} has no active instance`);
    return found.id;
  };
  const completed = (orderId: string) =>
    eventually(async () =>
      expect((await api.buyer.get(`/v1/buyer/orders/${orderId}`)).body).toMatchObject({ state: 'completed' }),
    );

  test('each is ordered for its own price and by its own coupon, and only of an instance of one’s own', async () => {
    const coupons = couponsOf(api);
    bodyOf(await save(), 200);
    const { content } = await productsOf(api).own(productId);
    const [basic, pro] = (content?.specs ?? []).map(({ id }) => id);
    const order = (changes: object, buyer = api.buyer) =>
      buyer.post('/v1/buyer/orders', { productId, specId: basic, paymentChannel: 'wechat', ...changes });
    const ofScene = async (scene: string) => {
      const id = await coupons.usable({ kind: { discount: 0.5 }, scene });
      await coupons.claimed(id);
      return id;
    };
    const [formalCoupon, renewalCoupon] = [await ofScene('trial_to_formal'), await ofScene('renewal')];
    const { items } = bodyOf<{ items: { couponId: string }[] }>(
      await api.buyer.get('/v1/buyer/coupons?scene=renewal'),
      200,
    );
    expect(items.map(({ couponId }) => couponId)).toEqual([renewalCoupon]);

    const trial = bodyOf<Order>(await order({ isTrial: true }), 201);
    expect(trial).toMatchObject({ scene: 'new', isTrial: true, payableFen: 0, originalFen: 0, couponId: null });
    expect(await order({ isTrial: true })).toMatchObject({ status: 409, body: { code: 'ORDER.TRIAL_USED' } });
    bodyOf(await api.buyer.post(`/v1/buyer/orders/${trial.id}/take`, {}), 200);
    await completed(trial.id);
    const renewsInstanceId = await instanceOf(trial.id);
    expect(provider.callsOf('createInstance')).toMatchObject([
      { orderId: trial.id, productInfo: { isTrial: true, timeSpan: 7, timeUnit: 'd' } },
    ]);
    expect(await order({ renewsInstanceId }, api.otherBuyer)).toMatchObject({ body: { code: 'INSTANCE.NOT_FOUND' } });
    expect(await order({ renewsInstanceId, isTrial: true })).toMatchObject({ status: 422 });

    const formal = bodyOf<Order>(await order({ renewsInstanceId, specId: pro }), 201);
    expect(formal).toMatchObject({ scene: 'trial_to_formal', couponId: formalCoupon, payableFen: 100_000 });
    bodyOf(await api.buyer.post(`/v1/sandbox/orders/${formal.id}/pay`), 202);
    await completed(formal.id);
    expect(provider.callsOf('modifyInstance')).toMatchObject([{ orderId: formal.id, productInfo: { isTrial: false } }]);

    const otherSpec = await order({ renewsInstanceId });
    expect(otherSpec).toMatchObject({ status: 409, body: { code: 'ORDER.RENEWAL_NOT_POSSIBLE' } });
    const others = { productId: 'prd_saas_manual', specId: 'spc_saas_month', renewsInstanceId };
    expect(await order(others)).toMatchObject({ status: 409, body: { code: 'ORDER.RENEWAL_NOT_POSSIBLE' } });
    const manual = { productId: 'prd_saas_manual', specId: 'spc_saas_month', isTrial: true };
    expect(await order(manual)).toMatchObject({ status: 409, body: { code: 'PRODUCT.NO_TRIAL' } });
    const wrong = await order({ renewsInstanceId, specId: pro, couponId: await ofScene('new') });
    expect(wrong).toMatchObject({ status: 422, body: { code: 'COUPON.NOT_APPLICABLE' } });

    const renewal = bodyOf<Order>(await order({ renewsInstanceId, specId: pro }), 201);
    expect(renewal).toMatchObject({ scene: 'renewal', renewsInstanceId, couponId: renewalCoupon, payableFen: 100_000 });
    bodyOf(await api.buyer.post(`/v1/sandbox/orders/${renewal.id}/pay`), 202);
    await completed(renewal.id);
    expect(provider.callsOf('renewInstance')).toMatchObject([{ orderId: renewal.id, resourceId: renewsInstanceId }]);
  });

  test('fifty orders of one trial at the same moment make one', async () => {
    const product = await productsOf(api).published('saas');
    const specId = product.content?.specs[0]?.id;
    const body = { productId: product.id, specId, paymentChannel: 'wechat', isTrial: true };
    const answers = await Promise.all(Array.from({ length: 50 }, () => api.otherBuyer.post('/v1/buyer/orders', body)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(await api.db.order.count({ where: { productId: product.id, isTrial: true } })).toBe(1);
    for (const { body: refusal } of answers.filter(({ status }) => status === 409)) {
      expect(refusal).toMatchObject({ code: 'ORDER.TRIAL_USED' });
    }
    const again = () => api.otherBuyer.post('/v1/buyer/orders', body, key('once-more'));
    const refused = await again();
    expect(refused).toMatchObject({ status: 409, body: { code: 'ORDER.TRIAL_USED' } });
    await loseAnswer(api.db, 'once-more');
    expect(await again()).toMatchObject({ status: 409, body: { code: 'ORDER.TRIAL_USED' } });
  });
});

describe('INS-3: an instance is read by its parties', () => {
  test('buyer and provider see how it is got at as long as it is there, and nobody else sees anything', async () => {
    bodyOf(await save(), 200);
    const instance = await startInstance({ db: api.db, client: api.temporal.client }, instanceInput(productId));
    await eventually(async () => expect((await instance.row()).stage).toBe('active'));
    for (const [role, client] of [
      ['buyer', api.buyer],
      ['provider', api.provider],
    ] as const) {
      const path = `/v1/${role}/instances`;
      const seen = { id: instance.id, stage: 'active', signId: 'spec-1', access: ACCESS };
      expect(bodyOf(await client.get(`${path}/${instance.id}`), 200)).toMatchObject({
        ...seen,
        deadlines: [{ name: 'expiry' }],
        timeline: [{ action: 'instance.ordered' }, { action: 'instance.createInstance' }],
      });
      const list = await client.get(`${path}?stage=active`);
      const listed = expect.objectContaining({ id: instance.id, stage: 'active' });
      expect(list.body).toMatchObject({ items: expect.arrayContaining([listed]) });
      expect(JSON.stringify(list.body)).not.toContain('open-sesame');
    }
    expect((await api.otherBuyer.get(`/v1/buyer/instances/${instance.id}`)).status).toBe(404);
    expect((await api.otherProvider.get(`/v1/provider/instances/${instance.id}`)).status).toBe(404);
    expect(JSON.stringify(api.logs)).not.toContain('open-sesame');
    await instance.refund(instance.orderId);
    await eventually(async () => expect((await instance.row()).stage).toBe('destroyed'));
    expect((await api.buyer.get(`/v1/buyer/instances/${instance.id}`)).body).toMatchObject({ access: null });
  });
});
