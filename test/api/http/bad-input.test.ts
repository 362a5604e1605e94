import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { everythingOf } from '../../factories/rows';
import { type Api, startApi } from '../../support/api';
import type { Answer } from '../../support/http';
import { tokenRoutes } from '../../support/routes';
import { operationPath, storyOf } from '../../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
let id = '';
let appealId = '';
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
  id = await story.deliveryAt('awaiting_requirement');
  appealId = (await story.appealed()).appealId;
});
afterAll(() => api.stop());

const requirement = () => operationPath(id, 'buyer.requirement');
const purchase = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
const raw = (
  body: string | Uint8Array<ArrayBuffer>,
  contentType = 'application/json',
  method = 'POST',
  path = requirement(),
) => api.buyer.send(method, path, { body, headers: { 'content-type': contentType } });

const problemSent = z.object({
  code: z.literal('REQUEST.INVALID'),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
});

/** The refusal must be a clear problem (the client sees to that), and leave everything as it was. */
async function expectRefused(send: () => Promise<Answer>, status: number, body: object = {}): Promise<void> {
  const before = await everythingOf(api.db);
  expect(await send()).toMatchObject({ status, body });
  expect(await everythingOf(api.db)).toEqual(before);
}

describe('a body that cannot be read is refused, and nothing changes', () => {
  test.each<[string, number, string, () => Promise<Answer>]>([
    ['half of it', 400, 'REQUEST.MALFORMED', () => raw('{"text":')],
    ['a word', 400, 'REQUEST.MALFORMED', () => raw('text')],
    ['NaN', 400, 'REQUEST.MALFORMED', () => raw('{"text":NaN}')],
    [
      'bytes that are no UTF-8',
      422,
      'REQUEST.INVALID',
      () => raw(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
    ],
    ['a form', 415, 'REQUEST.UNSUPPORTED_MEDIA_TYPE', () => raw('text=a', 'application/x-www-form-urlencoded')],
    ['a text', 415, 'REQUEST.UNSUPPORTED_MEDIA_TYPE', () => raw('{"text":"a"}', 'text/plain')],
    ['XML', 415, 'REQUEST.UNSUPPORTED_MEDIA_TYPE', () => raw('<text/>', 'application/xml')],
    ['another charset', 415, 'REQUEST.UNSUPPORTED_MEDIA_TYPE', () => raw('{}', 'application/json; charset=gbk')],
    ['an encoding of its own', 415, 'REQUEST.UNSUPPORTED_MEDIA_TYPE', () => encoded('zip')],
    ['one that is not what its encoding says', 400, 'REQUEST.MALFORMED', () => encoded('gzip')],
    ['a megabyte', 413, 'REQUEST.TOO_LARGE', () => raw(JSON.stringify({ text: 'a'.repeat(1_048_576) }))],
    ['a megabyte of blanks', 413, 'REQUEST.TOO_LARGE', () => raw(`{"text":"a"${' '.repeat(1_048_576)}}`)],
    [
      'a megabyte, compressed',
      413,
      'REQUEST.TOO_LARGE',
      () => encoded('gzip', gzipSync(`{"text":"${'a'.repeat(1_048_576)}"}`)),
    ],
    ['a thousand brackets', 422, 'REQUEST.INVALID', () => raw('['.repeat(1_000) + ']'.repeat(1_000))],
    ['nothing', 422, 'REQUEST.INVALID', () => api.buyer.post(requirement())],
    ['null', 400, 'REQUEST.MALFORMED', () => raw('null')],
    ['an array', 422, 'REQUEST.INVALID', () => raw('[]')],
  ])('%s is answered %i', async (_, status, code, send) => {
    await expectRefused(send, status, { code });
  });

  const encoded = (encoding: string, body: string | Buffer<ArrayBuffer> = '{"text":"a"}') =>
    api.buyer.send('POST', requirement(), {
      body,
      headers: { 'content-type': 'application/json', 'content-encoding': encoding },
    });
});

describe('fields that are wrong are named', () => {
  const many = Array.from({ length: 21 }, (_, n) => `att_${n}`);
  test.each<[string, object, string]>([
    ['a field too many', { text: 'a', extra: 1 }, 'body.extra'],
    ['two fields too many', { text: 'a', extra: 1, stage: 'completed' }, 'body.stage'],
    ['a number for a text', { text: 1 }, 'body.text'],
    ['null for a text', { text: null }, 'body.text'],
    ['an object for a text', { text: { toString: 'a' } }, 'body.text'],
    ['an array for a text', { text: ['a'] }, 'body.text'],
    ['an empty text', { text: '' }, 'body.text'],
    ['a text of blanks', { text: ' \n\t　' }, 'body.text'],
    ['a text of 4,001 characters', { text: 'a'.repeat(4_001) }, 'body.text'],
    ['a NUL', { text: 'a\0b' }, 'body.text'],
    ['an escape character', { text: 'a\u001b[31mb' }, 'body.text'],
    ['a DEL', { text: 'a\u007fb' }, 'body.text'],
    ['a C1 control character', { text: 'a\u0085b' }, 'body.text'],
    ['half an emoji', { text: 'a\ud83db' }, 'body.text'],
    ['the other half', { text: 'a\ude42b' }, 'body.text'],
    ['one attachment that is no list', { text: 'a', attachmentIds: 'att_1' }, 'body.attachmentIds'],
    ['too many attachments', { text: 'a', attachmentIds: many }, 'body.attachmentIds'],
    ['an attachment twice', { text: 'a', attachmentIds: ['att_1', 'att_1'] }, 'body.attachmentIds'],
    ['an id of another kind', { text: 'a', attachmentIds: ['dlv_1'] }, 'body.attachmentIds.0'],
    ['an attachment id that leads elsewhere', { text: 'a', attachmentIds: ['att_/../../x'] }, 'body.attachmentIds.0'],
    ['a number for an attachment', { text: 'a', attachmentIds: [1] }, 'body.attachmentIds.0'],
  ])('%s is refused by its field', async (_, body, path) => {
    const named = { code: 'REQUEST.INVALID', errors: expect.arrayContaining([expect.objectContaining({ path })]) };
    await expectRefused(() => api.buyer.post(requirement(), body), 422, named);
  });

  test.each([
    ['__proto__', '{"text":"a","__proto__":{"isAdmin":true}}'],
    ['constructor', '{"text":"a","constructor":{"prototype":{"isAdmin":true}}}'],
    ['prototype', '{"text":"a","prototype":{"isAdmin":true}}'],
  ])('%s is a field too many, and pollutes nothing', async (name, body) => {
    await expectRefused(() => raw(body), 422, { errors: [{ path: `body.${name}` }] });
    expect(Object.hasOwn(Object.prototype, 'isAdmin')).toBe(false);
  });

  test.each<[string, object, string]>([
    ['no product', { ...purchase, productId: undefined }, 'body.productId'],
    ['a price of the buyer’s own', { ...purchase, payableFen: 1 }, 'body.payableFen'],
    ['somebody else as buyer', { ...purchase, buyerId: 'usr_other' }, 'body.buyerId'],
    ['a channel that there is none of', { ...purchase, paymentChannel: 'cash' }, 'body.paymentChannel'],
    ['a product id with a NUL', { ...purchase, productId: 'prd_\0' }, 'body.productId'],
    ['a spec id with a NUL', { ...purchase, specId: 'spc_\0' }, 'body.specId'],
  ])('an order with %s is refused by its field', async (_, body, path) => {
    await expectRefused(() => api.buyer.post('/v1/buyer/orders', body), 422, { errors: [{ path }] });
  });

  test('every route that takes a body refuses what it does not know', async () => {
    const routes = tokenRoutes(api.registry()).filter(({ body }) => body !== undefined);
    expect(routes.length).toBeGreaterThan(12);
    const before = await everythingOf(api.db);
    for (const { method, path, body, roles } of routes) {
      const client = roles.includes('buyer') ? api.buyer : roles.includes('provider') ? api.provider : api.manager;
      const answer = await client.send(method, path.replace('{id}', id), {
        body: JSON.stringify({ ...(body as object), unknown: true }),
        headers: { 'content-type': 'application/json' },
      });
      const { status, body: problem } = answer;
      expect({ path, status, problem }).toMatchObject({
        path,
        status: 422,
        problem: { errors: expect.arrayContaining([{ path: 'body.unknown', message: 'is not a known field' }]) },
      });
    }
    expect(await everythingOf(api.db)).toEqual(before);
  });

  test('every route says of each missing field that it is required, and of each wrong one what it must be', async () => {
    const routes = tokenRoutes(api.registry()).filter(({ body }) => body !== undefined);
    let required = 0;
    for (const { method, path, body, roles } of routes) {
      const client = roles.includes('buyer') ? api.buyer : roles.includes('provider') ? api.provider : api.manager;
      const send = async (sent: object) => {
        const answer = await client.send(method, path.replace('{id}', id), {
          body: JSON.stringify(sent),
          headers: { 'content-type': 'application/json' },
        });
        return problemSent.parse(answer.body).errors;
      };
      const fields = Object.keys(z.record(z.string(), z.unknown()).parse(body));
      const missing = (await send({ unknown: true })).filter(({ path: at }) => at !== 'body.unknown');
      for (const { path: at, message } of missing) expect([path, at, message]).toEqual([path, at, 'is required']);
      const wrong = await send({
        unknown: true,
        ...Object.fromEntries(fields.map((field) => [field, { unknown: [] }])),
      });
      for (const { path: at, message } of wrong) {
        expect([path, at, message]).toEqual([path, at, expect.stringMatching(/^(is|are|has|must|may) /)]);
      }
      required += missing.length;
    }
    expect(required).toBeGreaterThan(20);
  });
});

describe('people’s words come back as they were sent', () => {
  test.each([
    ['emoji, of one and of many parts', '好的 🙂 👨‍👩‍👧 🇨🇳'],
    ['Chinese, rare characters too', '需求：𠮷野家，三页'],
    ['words from right to left', 'مرحبا שלום'],
    ['words that look like markup, SQL and a formula', `<b>"x"</b> '; DROP TABLE orders; -- =1+1 \${x} %s`],
    ['lines and tabs', '一\n二\r\n\t三'],
    ['combining marks, not normalised', 'e\u0301 ≠ \u00e9'],
    ['4,000 characters', '长'.repeat(4_000)],
  ])('%s come back unchanged', async (_, words) => {
    const { timeline } = await story.done(await story.deliveryAt('awaiting_requirement'), 'buyer.requirement', {
      text: words,
    });
    expect(timeline.at(-1)?.note).toBe(words);
  });

  test('blanks around them are cut', async () => {
    const own = await story.deliveryAt('awaiting_requirement');
    const { timeline } = await story.done(own, 'buyer.requirement', { text: '\u3000 三页 \n' });
    expect(timeline.at(-1)?.note).toBe('三页');
  });
});

describe('GEN-2, I-24: money is whole fen within bounds', () => {
  const refund = (amount: string) => `{"ruling":"cancel_and_refund","reason":"退款","refundFen":${amount}}`;
  const rule = (body: string) =>
    api.manager.send('POST', `/v1/ops/appeals/${appealId}/resolve`, {
      body,
      headers: { 'content-type': 'application/json' },
    });

  test.each([
    '-1',
    '0',
    '0.5',
    '1e400',
    '-1e400',
    '9007199254740993',
    '100000000001',
    '"100"',
    'true',
    '[]',
    '{}',
    'null',
  ])('refundFen %s is refused by its field', async (amount) => {
    const errors = expect.arrayContaining([expect.objectContaining({ path: 'body.refundFen' })]);
    await expectRefused(() => rule(refund(amount)), 422, { errors });
  });

  test.each(['NaN', 'Infinity', '0x10', '1_000', '01'])('refundFen %s is no JSON', async (amount) => {
    await expectRefused(() => rule(refund(amount)), 400);
  });

  test('an amount goes with cancel_and_refund only', async () => {
    const body = '{"ruling":"accept","reason":"通过","refundFen":1}';
    await expectRefused(() => rule(body), 422, { errors: [{ path: 'body.refundFen' }] });
  });
});

describe('a query that is wrong is refused by its field', () => {
  test.each([
    ['limit=0', 'query.limit'],
    ['limit=101', 'query.limit'],
    ['limit=1e9', 'query.limit'],
    ['limit=-1', 'query.limit'],
    ['limit=1.5', 'query.limit'],
    ['limit=all', 'query.limit'],
    ['limit=', 'query.limit'],
    ['limit=1&limit=2', 'query.limit'],
    ['limit[]=1', 'query.limit[]'],
    ['cursor=nonsense', 'query.cursor'],
    [`cursor=${Buffer.from("x' OR 1=1").toString('base64url')}`, 'query.cursor'],
    [`cursor=${Buffer.from('dlv_\0').toString('base64url')}`, 'query.cursor'],
    [`cursor=${'a'.repeat(201)}`, 'query.cursor'],
    ['sort=price', 'query.sort'],
    ['stage=done', 'query.stage'],
    ['frozen=perhaps', 'query.frozen'],
    ['orderId=dlv_1', 'query.orderId'],
    ['orderId=%00', 'query.orderId'],
    ['buyerId=usr_other', 'query.buyerId'],
    ['__proto__=1', 'query.__proto__'],
    ['constructor=1', 'query.constructor'],
  ])('?%s is refused', async (query, path) => {
    await expectRefused(() => api.buyer.get(`/v1/buyer/deliveries?${query}`), 422, { errors: [{ path }] });
  });
});

describe('what is not there is named as such', () => {
  test.each([
    '/',
    '/v1',
    '/v1/',
    '/v2/buyer/orders',
    '/v1/buyer',
    '/v1/nobody/orders',
    '/v1/buyer/orders/x/y/z',
    '/.env',
    '/v1//buyer/orders',
    '/docs/nothing',
  ])('%s is no route', async (path) => {
    await expectRefused(() => api.buyer.get(path), 404, { code: 'ROUTE.NOT_FOUND' });
  });

  test.each([
    ['DELETE', '/v1/buyer/orders', 'GET, POST, HEAD, OPTIONS'],
    ['PATCH', '/v1/me', 'GET, PUT, HEAD, OPTIONS'],
    ['GET', '/v1/buyer/deliveries/dlv_1/requirement', 'POST, OPTIONS'],
    ['PUT', '/v1/buyer/deliveries/dlv_1', 'GET, HEAD, OPTIONS'],
    ['POST', '/healthz', 'GET, HEAD, OPTIONS'],
  ])('%s %s is answered 405, and what there is instead', async (method, path, allow) => {
    const answer = await api.buyer.send(method, path);
    expect(answer).toMatchObject({ status: 405, body: { code: 'ROUTE.METHOD_NOT_ALLOWED' } });
    expect(answer.headers.get('allow')).toBe(allow);
    const options = await api.buyer.send('OPTIONS', path);
    expect([options.status, options.headers.get('allow')]).toEqual([204, allow]);
  });

  test.each(['/v1/buyer/orders/%', '/v1/buyer/orders/%zz', '/v1/buyer/orders/%E0%A4%A'])(
    '%s is no path',
    async (path) => {
      await expectRefused(() => api.buyer.get(path), 400, { code: 'REQUEST.MALFORMED' });
    },
  );

  test('a path that leads upwards leads nowhere', async () => {
    for (const path of [
      '/docs/../../package.json',
      '/docs/..%2f..%2fpackage.json',
      '//etc/passwd',
      '/docs/%2e%2e/%2e%2e/package.json',
    ]) {
      expect([400, 403, 404]).toContain(await statusOfRaw(path));
    }
  });
});

/** As a client that does not tidy the path up before it sends it. */
function statusOfRaw(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${api.url()}`, { path, headers: { authorization: `Bearer ${api.tokens.buyer}` } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });
}
