import { Client, Connection } from '@temporalio/client';
import { openDatabase } from '../../../prisma/store/shared/database';
import { type Api, startApi } from '../../support/api';
import { testDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';
import { httpClient, key } from '../../support/http';
import { bodyOf, storyOf } from '../../support/story';

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
    const other = await api.startAnother({ db });
    const lost = httpClient(() => other.url, api.tokens.buyer);
    expect((await lost.get('/healthz')).status).toBe(200);
    expect(await lost.get('/readyz')).toMatchObject({ status: 503, body: { database: false, temporal: true } });
    const { status, headers, body } = await lost.get('/v1/buyer/orders');
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    expect(body).toMatchObject({ code: 'SERVICE.UNAVAILABLE' });
    expect(JSON.stringify(body)).not.toMatch(/prisma|postgres|select|test_/i);
    await other.close();
    await db.$disconnect();
  });

  test('without Temporal it is not ready', async () => {
    const connection = Connection.lazy({ address: '127.0.0.1:1', connectTimeout: '300ms' });
    const other = await api.startAnother({ client: new Client({ connection }) });
    const lost = httpClient(() => other.url, null);
    expect(await lost.get('/readyz')).toMatchObject({ status: 503, body: { database: true, temporal: false } });
    await other.close();
    await connection.close();
  });
});

describe('when a workflow does not answer', () => {
  test('its client is told so in time, and may send the same request again', async () => {
    const config = { ...api.config, TASK_QUEUE: 'nobody-works-here' };
    const other = await api.startAnother({ config, answerWithinMs: 500 });
    const purchase = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
    const place = () =>
      httpClient(() => other.url, api.tokens.buyer).post('/v1/buyer/orders', purchase, key('waiting'));
    for (const { status, headers, body } of [await place(), await place()]) {
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      expect(body).toMatchObject({
        code: 'SERVICE.UNAVAILABLE',
        detail: expect.stringContaining('same Idempotency-Key'),
      });
    }
    await other.close();
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
