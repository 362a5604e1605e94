import { randomBytes } from 'node:crypto';
import { networkOf, windowCounter } from '../../../api/http/rate-limit';
import type { Config } from '../../../config';
import { openDatabase } from '../../../prisma/store/shared/database';
import { type Api, PEOPLE, startApi, tokenOf } from '../../support/api';
import { signedBy } from '../../support/callbacks';
import { httpClient } from '../../support/http';
import { bodyOf, type Order } from '../../support/story';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

/** An API of its own beside the first, with other limits. */
async function limited(env: Partial<Config>, db = api.db) {
  const server = await api.startAnother({ config: { ...api.config, ...env }, db });
  return { ...server, as: (token: string | null) => httpClient(() => server.url, token) };
}
const from = (address: string) => ({ 'x-forwarded-for': address });
const randomKey = () => `mbo_${randomBytes(13).toString('hex')}_${randomBytes(32).toString('hex')}`;

describe('rate limits: by principal after authentication', () => {
  test('each principal has so many a minute, and reads how many are left', async () => {
    const server = await limited({ RATE_LIMIT_PER_MINUTE: 3 });
    const buyer = server.as(api.tokens.buyer);
    for (const left of [2, 1, 0]) {
      const { status, headers } = await buyer.get('/v1/me');
      expect([status, headers.get('ratelimit-policy')]).toEqual([200, '"principal"; q=3; w=60']);
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"principal"; r=${left}; t=\\d+$`));
    }
    const refused = await buyer.get('/v1/me');
    expect(refused).toMatchObject({
      status: 429,
      body: { code: 'REQUEST.RATE_LIMITED', requestId: expect.any(String) },
    });
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    const [, seconds] = /t=(\d+)/.exec(refused.headers.get('ratelimit') ?? '') ?? [];
    expect(refused.headers.get('retry-after')).toBe(seconds);
    expect((await server.as(api.tokens.provider).get('/v1/me')).status).toBe(200);
    expect((await server.as(null).get('/healthz')).status).toBe(200);
  });

  test('another token of the same user does not begin anew', async () => {
    const server = await limited({ RATE_LIMIT_PER_MINUTE: 3 });
    const statuses = [];
    for (const hours of [1, 2, 3, 4]) {
      const token = await tokenOf(PEOPLE.buyer, undefined, `${hours}h`);
      statuses.push((await server.as(token).get('/v1/me')).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  test('the principals behind one address do not use up each other’s limit, nor the address’s', async () => {
    const server = await limited({ RATE_LIMIT_PER_MINUTE: 2 });
    for (let n = 0; n < 10; n += 1) {
      const token = await tokenOf({ sub: `usr_colleague_${n}`, role: 'buyer' });
      expect((await server.as(token).get('/v1/me')).status).toBe(200);
    }
  });
});

describe('rate limits: by address before authentication', () => {
  test('who sends no token is counted by address', async () => {
    const server = await limited({ RATE_LIMIT_PER_MINUTE: 2 });
    const answers = [];
    for (let n = 0; n < 3; n += 1) answers.push(await server.as(null).get('/v1/me'));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 429]);
    expect(answers[0]?.headers.get('ratelimit')).toMatch(/^"address"; r=1; t=\d+$/);
    expect(answers[2]?.headers.get('ratelimit-policy')).toBe('"address"; q=2; w=60');
  });

  test('random tokens and random keys are counted by address, wherever they are sent to', async () => {
    const server = await limited({ RATE_LIMIT_ADDRESS_PER_MINUTE: 4 });
    const statuses = [];
    for (const token of [randomKey(), randomBytes(30).toString('base64url')]) {
      statuses.push((await server.as(token).get('/v1/me')).status);
      statuses.push((await server.as(token).post('/codec/decode', { payloads: [] })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401]);
    expect((await server.as(randomKey()).get('/v1/provider/orders')).status).toBe(429);
    expect((await server.as(randomKey()).post('/codec/decode', { payloads: [] })).status).toBe(429);
    expect((await server.as(null).get('/readyz')).status).toBe(429);
  });

  test('garbage beyond the limit costs no look into the database', async () => {
    const nowhere = openDatabase('postgresql://nobody@127.0.0.1:1/nowhere', 1);
    const server = await limited({ RATE_LIMIT_ADDRESS_PER_MINUTE: 2 }, nowhere);
    const statuses = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await server.as(randomKey()).get('/v1/provider/orders')).status);
    expect(statuses).toEqual([503, 503, 429, 429]);
    await nowhere.$disconnect();
  });

  test('a valid token of somebody who is no account of the provider is counted by address, too', async () => {
    const server = await limited({ RATE_LIMIT_ADDRESS_PER_MINUTE: 2 });
    const stranger = await tokenOf({ sub: 'usr_stranger', role: 'provider', providerId: 'prv_demo' });
    const statuses = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await server.as(stranger).get('/v1/me')).status);
    expect(statuses).toEqual([403, 403, 429]);
  });

  test('a million addresses do not need more memory than a bounded number of them', () => {
    const counter = windowCounter(1_000);
    for (let n = 0; n < 1_000_000; n += 1) counter.take(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 1_000);
    expect(counter.size()).toBe(1_000);
  });

  test('a window ends after a minute, and what has ended is forgotten', () => {
    const counter = windowCounter();
    expect(counter.take('a', 0).count).toBe(1);
    expect(counter.take('a', 59_999).count).toBe(2);
    expect(counter.take('a', 60_000)).toEqual({ count: 1, endsAtMs: 120_000 });
    counter.take('b', 60_000);
    counter.take('c', 200_000);
    expect(counter.size()).toBe(1);
  });

  test('an IPv6 customer is one, whatever address of its network it uses', () => {
    expect(networkOf('2001:db8:1:2ff::1')).toBe(networkOf('2001:db8:1:200:ffff::9'));
    expect(networkOf('2001:db8:1:2ff::1')).not.toBe(networkOf('2001:db8:1:300::1'));
    expect(networkOf('::ffff:192.0.2.1')).toBe(networkOf('192.0.2.1'));
  });
});

describe('TRUST_PROXY_HOPS: the address behind a balancer', () => {
  const place = async (hops: number, forwarded: string) => {
    const server = await limited({ TRUST_PROXY_HOPS: hops });
    const body = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
    const answer = await server.as(api.tokens.buyer).post('/v1/buyer/orders', body, from(forwarded));
    const { id } = bodyOf<Order>(answer, 201);
    return (await api.db.step.findFirstOrThrow({ where: { objectId: id, action: 'order.placed' } })).sourceIp;
  };

  test('without a balancer nothing of X-Forwarded-For is believed', async () => {
    expect(await place(0, '203.0.113.9')).toMatch(/127\.0\.0\.1$/);
  });

  test('behind one, its word counts, and nothing of what the client says', async () => {
    expect(await place(1, '203.0.113.9')).toBe('203.0.113.9');
    expect(await place(1, '1.1.1.1, 203.0.113.9')).toBe('203.0.113.9');
  });

  test('behind two, the word of the outer one counts', async () => {
    expect(await place(2, '1.1.1.1, 203.0.113.9, 10.0.0.2')).toBe('203.0.113.9');
  });

  test('strangers behind the balancer do not use up what others may send', async () => {
    const server = await limited({ TRUST_PROXY_HOPS: 1, RATE_LIMIT_ADDRESS_PER_MINUTE: 1 });
    const get = (address: string) => server.as(null).get('/v1/me', from(address));
    expect((await get('203.0.113.1')).status).toBe(401);
    expect((await get('203.0.113.1')).status).toBe(429);
    expect((await get('203.0.113.2')).status).toBe(401);
  });
});

describe('ORD-6: payment callbacks have a limit of their own', () => {
  const send = (server: Awaited<ReturnType<typeof limited>>, signed: boolean) => {
    const body = JSON.stringify({
      transactionId: `txn_${randomBytes(6).toString('hex')}`,
      orderId: 'ord_unknown',
      status: 'failed',
      amountFen: 1,
    });
    const signature = signed ? signedBy('wechat', body) : `t=1,v1=${'0'.repeat(64)}`;
    return server.as(null).send('POST', '/v1/gateway/payments/wechat/callbacks', {
      body,
      headers: { 'content-type': 'application/json', 'x-channel-signature': signature },
    });
  };

  test('strangers who use up their address’s limit, with garbage for the gateway, too, leave the channel its own', async () => {
    const server = await limited({ RATE_LIMIT_ADDRESS_PER_MINUTE: 2, RATE_LIMIT_CALLBACKS_PER_MINUTE: 2 });
    expect((await server.as(null).get('/v1/me')).status).toBe(401);
    const garbage = [(await send(server, false)).status, (await send(server, false)).status];
    expect(garbage).toEqual([401, 429]);
    const taken = await send(server, true);
    expect([taken.status, taken.headers.get('ratelimit')]).toEqual([202, expect.stringMatching(/^"channel"; r=1; t=/)]);
    expect((await send(server, true)).status).toBe(202);
    expect((await send(server, true)).status).toBe(429);
  });
});
