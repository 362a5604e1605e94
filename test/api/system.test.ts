import { Client, Connection } from '@temporalio/client';
import { openDatabase } from '../../prisma/store/client';
import { type Api, startApi } from '../support/api';
import { testDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { httpClient, key } from '../support/http';
import { bodyOf, storyOf } from '../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

const nobody = () => api.anonymous;

describe('health', () => {
  test('alive and ready, without a token', async () => {
    expect(bodyOf(await nobody().get('/healthz'), 200)).toEqual({ status: 'ok' });
    expect(bodyOf(await nobody().get('/readyz'), 200)).toEqual({ database: true, temporal: true });
  });

  test('without its database it is alive, but not ready, and says no more than that', async () => {
    const gone = await testDatabase();
    const db = openDatabase(gone.appUrl, 1);
    await gone.drop();
    const door = await api.openDoor({ db });
    const lost = httpClient(() => door.url, api.tokens.buyer);
    expect((await lost.get('/healthz')).status).toBe(200);
    expect(await lost.get('/readyz')).toMatchObject({ status: 503, body: { database: false, temporal: true } });
    const { status, headers, body } = await lost.get('/v1/buyer/orders');
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    expect(body).toMatchObject({ code: 'SERVICE.UNAVAILABLE' });
    expect(JSON.stringify(body)).not.toMatch(/prisma|postgres|select|test_/i);
    await door.close();
    await db.$disconnect();
  });

  test('without Temporal it is not ready', async () => {
    const connection = Connection.lazy({ address: '127.0.0.1:1', connectTimeout: '300ms' });
    const door = await api.openDoor({ client: new Client({ connection }) });
    const lost = httpClient(() => door.url, null);
    expect(await lost.get('/readyz')).toMatchObject({ status: 503, body: { database: true, temporal: false } });
    await door.close();
    await connection.close();
  });
});

describe('when a process does not answer', () => {
  test('its client is told so in time, and may send the same request again', async () => {
    const config = { ...api.config, TASK_QUEUE: 'nobody-works-here' };
    const door = await api.openDoor({ config, answerWithinMs: 500 });
    const purchase = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
    const place = () => httpClient(() => door.url, api.tokens.buyer).post('/v1/buyer/orders', purchase, key('patient'));
    for (const { status, headers, body } of [await place(), await place()]) {
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      expect(body).toMatchObject({
        code: 'SERVICE.UNAVAILABLE',
        detail: expect.stringContaining('same Idempotency-Key'),
      });
    }
    await door.close();
  });
});

describe('metrics', () => {
  test('requests by route, method and status; commands by action and result', async () => {
    const id = await story.deliveryAt('awaiting_requirement_confirmation');
    await story.act(id, 'buyer.acceptance.accept');
    await nobody().get('/v1/buyer/orders');
    await nobody().get(`/nothing/${id}`);
    const metrics = await eventually(async () => {
      const { body, headers } = await nobody().get('/metrics');
      expect(headers.get('content-type')).toMatch(/^text\/plain/);
      expect(body).toMatch(/http_request_duration_seconds_count\{method="GET",route="unmatched",status="404"\} 1\n/);
      return String(body);
    });
    for (const line of [
      /http_request_duration_seconds_count\{method="POST",route="\/v1\/buyer\/deliveries\/\{id\}\/requirement",status="200"\} 1\n/,
      /http_request_duration_seconds_count\{method="POST",route="\/v1\/buyer\/deliveries\/\{id\}\/acceptance\/accept",status="409"\} 1\n/,
      /http_request_duration_seconds_count\{method="GET",route="\/v1\/buyer\/orders",status="401"\} 1\n/,
      /http_request_duration_seconds_bucket\{le="0\.1",/,
      /workflow_update_duration_seconds_count\{action="buyer\.requirement",result="done"\} 1\n/,
      /workflow_update_duration_seconds_count\{action="buyer\.acceptance\.accept",result="refused"\} 1\n/,
      /process_cpu_seconds_total/,
    ]) {
      expect(metrics).toMatch(line);
    }
    expect(metrics).not.toContain(id);
  });
});

describe('rate limits', () => {
  const limited = async (perMinute: number) => {
    const door = await api.openDoor({ config: { ...api.config, RATE_LIMIT_PER_MINUTE: perMinute } });
    return { ...door, as: (token: string | null) => httpClient(() => door.url, token) };
  };

  test('each caller has so many a minute, and reads how many are left', async () => {
    const door = await limited(3);
    const buyer = door.as(api.tokens.buyer);
    for (const left of [2, 1, 0]) {
      const { status, headers } = await buyer.get('/v1/me');
      expect([status, headers.get('ratelimit-policy')]).toEqual([200, expect.stringMatching(/q=3; w=60/)]);
      expect(headers.get('ratelimit')).toMatch(new RegExp(`r=${left}; t=\\d+`));
    }
    const refused = await buyer.get('/v1/me');
    expect(refused).toMatchObject({
      status: 429,
      body: { code: 'REQUEST.RATE_LIMITED', requestId: expect.any(String) },
    });
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    const [, seconds] = /t=(\d+)/.exec(refused.headers.get('ratelimit') ?? '') ?? [];
    expect(Math.abs(Number(refused.headers.get('retry-after')) - Number(seconds))).toBeLessThanOrEqual(1);
    expect((await door.as(api.tokens.provider).get('/v1/me')).status).toBe(200);
    expect((await door.as(null).get('/healthz')).status).toBe(200);
    await door.close();
  });

  test('who sends no token is counted by address', async () => {
    const door = await limited(2);
    const statuses = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await door.as(null).get('/v1/me')).status);
    expect(statuses).toEqual([401, 401, 429]);
    await door.close();
  });
});

describe('the document and its page', () => {
  test('/openapi.json is the document of the routes there are', async () => {
    const document = bodyOf<{ openapi: string; paths: object }>(await nobody().get('/openapi.json'), 200);
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toContain('/v1/buyer/deliveries/{id}/appeals');
  });

  test('/docs comes with all its parts from here, and asks nobody else', async () => {
    const moved = await nobody().get('/docs');
    expect([moved.status, moved.headers.get('location')]).toEqual([301, '/docs/']);
    const page = await nobody().get('/docs/');
    const html = bodyOf<string>(page, 200);
    const parts = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, part]) => String(part));
    expect(parts.length).toBeGreaterThan(4);
    for (const part of parts) {
      const url = new URL(part, `${api.url()}/docs/`);
      expect([part, url.origin]).toEqual([part, api.url()]);
      expect([part, (await nobody().get(url.pathname)).status]).toEqual([part, 200]);
    }
    const init = bodyOf<string>(await nobody().get('/docs/swagger-ui-init.js'), 200);
    const css = bodyOf<string>(await nobody().get('/docs/swagger-ui.css'), 200);
    expect(init).toContain('"url": "/openapi.json"');
    expect(init).toContain('"validatorUrl": null');
    // The namespaces of SVG are names, not addresses.
    const outside = (text: string) =>
      text.replaceAll(/https?:\/\/www\.w3\.org\/\S*/g, '').match(/https?:\/\/[^\s"']+/g);
    for (const text of [html, init, css.replaceAll(/\/\*[\s\S]*?\*\//g, '')]) expect(outside(text)).toBeNull();
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toContain('upgrade-insecure-requests');
  });
});

describe('every answer', () => {
  test.each(['/healthz', '/v1/me', '/nothing', '/docs/', '/openapi.json'])(
    '%s hides the server and hinders misuse',
    async (path) => {
      const { headers } = await api.buyer.get(path);
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('x-request-id')).toMatch(/^req_/);
    },
  );
});
