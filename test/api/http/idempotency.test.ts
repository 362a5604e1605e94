import { createHash } from 'node:crypto';
import { z } from 'zod';
import { keyRing } from '../../../codec/keys';
import { type Api, startApi } from '../../support/api';
import { type Answer, httpClient, key } from '../../support/http';
import { loseAnswer } from '../../support/lost-answer';
import { type DeliveryOperation, operationPath, storyOf } from '../../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

const withKey = (id: string, operation: DeliveryOperation, used: string, body?: object) =>
  story.act(id, operation, body, key(used));
const told = ({ status, body }: Answer) => ({ status, body });
const steps = (objectId: string) => api.db.step.count({ where: { objectId } });

describe('I-2, I-7: an Idempotency-Key stands for one command', () => {
  test('sent again, it is answered again, though the delivery has gone on', async () => {
    const id = await story.deliveryAt('awaiting_requirement');
    const first = await withKey(id, 'buyer.requirement', 'again');
    await story.done(id, 'provider.requirement.confirm');
    const count = await steps(id);
    expect(told(await withKey(id, 'buyer.requirement', 'again'))).toEqual(told(first));
    expect(await steps(id)).toBe(count);
  });

  test('with another body it is refused, and nothing is done', async () => {
    const id = await story.deliveryAt('awaiting_requirement');
    await withKey(id, 'buyer.requirement', 'other-body', { text: '三页' });
    const count = await steps(id);
    const refused = await withKey(id, 'buyer.requirement', 'other-body', { text: '四页' });
    expect(refused).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY.KEY_REUSED' } });
    expect(await steps(id)).toBe(count);
  });

  test('a body is the same however it is written', async () => {
    const id = await story.deliveryAt('awaiting_requirement');
    const first = await withKey(id, 'buyer.requirement', 'spelling', { text: '三页', attachmentIds: [] });
    const second = await api.buyer.send('POST', operationPath(id, 'buyer.requirement'), {
      body: '{ "attachmentIds": [ ],\n "text": "  \\u4e09\\u9875 " }',
      headers: { ...key('spelling'), 'content-type': 'application/json; charset=utf-8' },
    });
    expect(told(second)).toEqual(told(first));
  });

  test('a refusal is an answer too: it is repeated when the command would be possible by now', async () => {
    const id = await story.deliveryAt('implementing');
    const refused = await withKey(id, 'buyer.acceptance.accept', 'early');
    expect(refused).toMatchObject({ status: 409, body: { allowedActions: ['provider.implementation.submit'] } });
    await story.done(id, 'provider.implementation.submit');
    const repeated = await withKey(id, 'buyer.acceptance.accept', 'early');
    expect(told(repeated)).toEqual(told(refused));
    expect(repeated.headers.get('content-type')).toContain('application/problem+json');
    expect(await withKey(id, 'buyer.acceptance.accept', 'in-time')).toMatchObject({ status: 200 });
  });

  test('what is not a command yet uses up no key: a wrong body, a wrong token, an unknown route', async () => {
    const id = await story.deliveryAt('awaiting_requirement');
    expect(await withKey(id, 'buyer.requirement', 'corrected', { text: '' })).toMatchObject({ status: 422 });
    const path = operationPath(id, 'buyer.requirement');
    expect(await api.anonymous.post(path, { text: '三页' }, key('corrected'))).toMatchObject({ status: 401 });
    expect(await api.buyer.post(`${path}/no`, { text: '三页' }, key('corrected'))).toMatchObject({ status: 404 });
    expect(await withKey(id, 'buyer.requirement', 'corrected', { text: '三页' })).toMatchObject({ status: 200 });
  });

  test('it is remembered by another API process', async () => {
    const id = await story.deliveryAt('awaiting_requirement');
    const purchase = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
    const [stated, early, order, file] = [
      await withKey(id, 'buyer.requirement', 'restart'),
      await withKey(id, 'buyer.acceptance.accept', 'restart'),
      await api.buyer.post('/v1/buyer/orders', purchase, key('restart')),
      await api.buyer.upload('/v1/buyer/attachments', 'a.txt', 'text', key('restart')),
    ];
    const counts = [await steps(id), await api.db.order.count(), await api.db.attachment.count()];
    await api.restart();
    expect(told(await withKey(id, 'buyer.requirement', 'restart'))).toEqual(told(stated));
    expect(told(await withKey(id, 'buyer.acceptance.accept', 'restart'))).toEqual(told(early));
    expect(told(await api.buyer.post('/v1/buyer/orders', purchase, key('restart')))).toEqual(told(order));
    expect(told(await api.buyer.upload('/v1/buyer/attachments', 'a.txt', 'text', key('restart')))).toEqual(told(file));
    expect([await steps(id), await api.db.order.count(), await api.db.attachment.count()]).toEqual(counts);
    expect([stated, early, order, file].map(({ status }) => status)).toEqual([200, 409, 201, 201]);
  });
});

describe('I-60: what is kept of a body is a hash under a key that the database does not hold', () => {
  const plainHashes = (text: string) =>
    (['hex', 'base64', 'base64url'] as const).map((encoding) => createHash('sha256').update(text).digest(encoding));
  const keptOf = (used: string) => api.db.idempotencyRecord.findFirstOrThrow({ where: { key: used } });

  test('the hash of a JSON body is none that anybody can compute from it', async () => {
    const body = { name: '周联系', email: 'zhou@demo.example', phone: '13800000019', language: 'zh-CN' };
    expect((await api.provider.post('/v1/provider/contacts', body, key('hashed'))).status).toBe(201);
    const { bodyHash } = await keptOf('hashed');
    expect(bodyHash).toMatch(/^test:[\w-]{43}$/);
    expect(plainHashes(JSON.stringify(body)).filter((plain) => bodyHash.includes(plain))).toEqual([]);
  });

  test('the hash of an upload is none that anybody can compute from it', async () => {
    const { body } = await api.buyer.upload('/v1/buyer/attachments', 'a.txt', 'text', key('hashed-upload'));
    const { id: _, ...file } = z.object({ id: z.string() }).loose().parse(body);
    const { bodyHash } = await keptOf('hashed-upload');
    expect(bodyHash).toMatch(/^test:[\w-]{43}$/);
    expect(plainHashes(JSON.stringify(file)).filter((plain) => bodyHash.includes(plain))).toEqual([]);
  });

  test('after the key was replaced, the same body is still the same, and another one another', async () => {
    const upload = (content: string) => api.buyer.upload('/v1/buyer/attachments', 'a.txt', content, key('rotated'));
    const first = await upload('text');
    const keys = keyRing([{ id: 'newer', key: Buffer.alloc(32, 9) }, ...api.keys.all]);
    const { url } = await api.startAnother({ keys });
    const client = httpClient(() => url, api.tokens.buyer);
    const repeated = (content: string) => client.upload('/v1/buyer/attachments', 'a.txt', content, key('rotated'));
    expect(told(await repeated('text'))).toEqual(told(first));
    expect(await repeated('other')).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY.KEY_REUSED' } });
  });
});

describe('I-7: a request whose answer was lost is answered when it is sent again', () => {
  test('PRD-7: an order that was placed is answered, though its product is not sold any more', async () => {
    const purchase = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
    const first = await api.buyer.post('/v1/buyer/orders', purchase, key('delisted'));
    await loseAnswer(api.db, 'delisted');
    await api.db.product.update({ where: { id: 'prd_service' }, data: { status: 'delisted' } });
    try {
      expect(told(await api.buyer.post('/v1/buyer/orders', purchase, key('delisted')))).toEqual(told(first));
    } finally {
      await api.db.product.update({ where: { id: 'prd_service' }, data: { status: 'published' } });
    }
  });
});

describe('I-2: a key is of one principal and one route', () => {
  test('the same key of two people is two keys', async () => {
    const purchase = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
    const mine = await api.buyer.post('/v1/buyer/orders', purchase, key('shared'));
    const theirs = await api.otherBuyer.post(
      '/v1/buyer/orders',
      { ...purchase, specId: 'spc_service_pro' },
      key('shared'),
    );
    expect([mine, theirs]).toMatchObject([
      { status: 201, body: { buyerId: 'usr_demo', specId: 'spc_service_basic' } },
      { status: 201, body: { buyerId: 'usr_other', specId: 'spc_service_pro' } },
    ]);
  });

  test('one key on two deliveries, and on two routes of one, is as many commands', async () => {
    const [one, two] = [await story.deliveryAt('awaiting_requirement'), await story.deliveryAt('awaiting_requirement')];
    for (const id of [one, two])
      expect(await withKey(id, 'buyer.requirement', 'k')).toMatchObject({ status: 200, body: { id } });
    expect(await withKey(one, 'provider.requirement.confirm', 'k')).toMatchObject({ status: 200 });
    expect(await withKey(two, 'provider.requirement.reject', 'k')).toMatchObject({ status: 200 });
  });

  test.each([
    ['another case', (path: string) => path.replace('buyer', 'BUYER')],
    ['a slash at the end', (path: string) => `${path}/`],
  ])('a route has one spelling, lest one key be two: %s is no route', async (_, misspelt) => {
    const id = await story.deliveryAt('awaiting_requirement');
    const answer = await api.buyer.post(
      misspelt(operationPath(id, 'buyer.requirement')),
      { text: '三页' },
      key('spelt'),
    );
    expect(answer).toMatchObject({ status: 404, body: { code: 'ROUTE.NOT_FOUND' } });
  });

  test('an escaped letter is the same letter, and the same key the same command', async () => {
    const id = await story.deliveryAt('awaiting_requirement');
    const first = await withKey(id, 'buyer.requirement', 'escaped');
    const escaped = operationPath(id.replace('dlv_', 'dlv%5F'), 'buyer.requirement');
    expect(told(await api.buyer.post(escaped, { text: '三页小程序：首页、商品、订单' }, key('escaped')))).toEqual(
      told(first),
    );
    expect(await steps(id)).toBe(2);
  });

  test.each([
    ['empty', ''],
    ['of 256 characters', 'k'.repeat(256)],
    ['with a space', 'a b'],
    ['with letters beyond ASCII', 'clé'],
  ])('a key %s is refused', async (_, used) => {
    const before = await api.db.idempotencyRecord.count();
    const refused = await api.buyer.post(
      '/v1/buyer/orders',
      { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' },
      key(used),
    );
    expect(refused).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY.KEY_INVALID' } });
    expect(await api.db.idempotencyRecord.count()).toBe(before);
  });

  test('a key of 255 characters is taken', async () => {
    const id = await story.deliveryAt('awaiting_requirement');
    expect(await withKey(id, 'buyer.requirement', '~'.repeat(255))).toMatchObject({ status: 200 });
  });
});

describe('I-7: of an upload the content is the body', () => {
  const upload = (content: string, name = 'a.txt') =>
    api.buyer.upload('/v1/buyer/attachments', name, content, key('upload'));

  test('the same content and name under the same key is the same file; another is refused', async () => {
    const first = await upload('three pages');
    expect(told(await upload('three pages'))).toEqual(told(first));
    const count = await api.db.attachment.count();
    expect(await upload('four pages')).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY.KEY_REUSED' } });
    expect(await upload('three pages', 'b.txt')).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY.KEY_REUSED' },
    });
    expect(await api.db.attachment.count()).toBe(count);
  });
});
