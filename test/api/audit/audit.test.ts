import { type Api, type LogLine, startApi } from '../../support/api';
import { eventually } from '../../support/eventually';
import { bodyOf, type Order, operationPath, storyOf } from '../../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

const id = (value: string) => ({ 'x-request-id': value });
const lineOf = (requestId: string): Promise<LogLine> =>
  eventually(() => {
    const line = api.logs.find((logged) => logged.requestId === requestId && logged.msg === 'request');
    if (line === undefined) throw new Error(`nothing was logged of ${requestId}`);
    return line;
  });

describe('AUD-1: a request can be followed from the client to the row', () => {
  test('its id comes back, is in the step, and in the log beside the workflow', async () => {
    const delivery = await story.deliveryAt('awaiting_requirement');
    const answer = await story.act(delivery, 'buyer.requirement', undefined, id('trace-1.a:b_c'));
    expect(answer.headers.get('x-request-id')).toBe('trace-1.a:b_c');
    const step = await api.db.step.findFirstOrThrow({ where: { objectId: delivery, action: 'buyer.requirement' } });
    expect(step).toMatchObject({
      requestId: 'trace-1.a:b_c',
      actorRole: 'buyer',
      actorId: 'usr_demo',
      sourceIp: expect.stringMatching(/127\.0\.0\.1$/),
      commandId: expect.stringMatching(/./),
    });
    const { workflowExecutionInfo: run } = await api.temporal.client.workflow
      .getHandle(`delivery/${delivery}`)
      .describe()
      .then(({ raw }) => raw);
    expect(step.runId).toBe(run?.execution?.runId);
    expect(await lineOf('trace-1.a:b_c')).toMatchObject({
      method: 'POST',
      route: '/v1/buyer/deliveries/{id}/requirement',
      status: 200,
      durationMs: expect.any(Number),
      workflowId: `delivery/${delivery}`,
    });
  });

  test('an order, too', async () => {
    const purchase = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
    const order = bodyOf<Order>(await api.buyer.post('/v1/buyer/orders', purchase, id('trace-order')), 201);
    expect(await api.db.step.findFirst({ where: { objectId: order.id } })).toMatchObject({
      action: 'order.placed',
      requestId: 'trace-order',
      actorId: 'usr_demo',
    });
    expect(await lineOf('trace-order')).toMatchObject({ status: 201, workflowId: `order/${order.id}` });
  });

  test('a refusal names its request in the body, the header and the log, and leaves no step', async () => {
    const delivery = await story.deliveryAt('awaiting_requirement');
    const refused = await story.act(delivery, 'buyer.acceptance.accept', undefined, id('trace-refused'));
    expect(refused).toMatchObject({ status: 409, body: { requestId: 'trace-refused' } });
    expect(refused.headers.get('x-request-id')).toBe('trace-refused');
    expect(await lineOf('trace-refused')).toMatchObject({ status: 409, workflowId: `delivery/${delivery}` });
    expect(await api.db.step.count({ where: { requestId: 'trace-refused' } })).toBe(0);
  });

  test.each([
    ['none is sent', undefined],
    ['it is empty', ''],
    ['it is too long', 'x'.repeat(129)],
    ['it would forge a log line', 'a","level":"fatal'],
    ['it holds blanks', 'a b'],
  ])('one is made up where %s', async (_, sent) => {
    const { headers } = await api.buyer.get('/v1/me', sent === undefined ? {} : id(sent));
    expect(headers.get('x-request-id')).toMatch(/^req_[\w-]{10,}$/);
  });
});

describe('what logs never hold', () => {
  test('no tokens, no words of people, no contacts', async () => {
    const delivery = await story.deliveryAt('awaiting_requirement');
    await api.buyer.put('/v1/me', {
      name: '日志里没有我',
      email: 'not.in.logs@demo.example',
      phone: '13900000009',
      language: 'zh-CN',
    });
    await story.done(delivery, 'buyer.requirement', { text: '不该出现在日志里的需求' });
    await story.done(delivery, 'provider.requirement.confirm');
    await story.done(delivery, 'provider.implementation.submit', { summary: '密码 not-in-any-log' });
    await api.manager.post('/codec/decode', { payloads: [] });
    await api.manager.send('POST', `/codec/${api.tokens.manager}/nothing`);
    await lineOf((await api.buyer.get('/v1/me')).headers.get('x-request-id') ?? '');
    const everything = JSON.stringify(api.logs);
    for (const secret of [
      api.tokens.manager,
      api.tokens.buyer,
      '不该出现',
      'not-in-any-log',
      'not.in.logs@',
      '13900000009',
    ]) {
      expect(everything).not.toContain(secret);
    }
  });

  test('an error nobody expected is logged with its request, and answered without its inside', async () => {
    const other = await api.startAnother({
      files: {
        put: () => Promise.reject(new Error('disk 7 is on fire')),
        open: () => Promise.reject(new Error('disk 7 is on fire')),
      },
    });
    const file = bodyOf<{ id: string }>(await api.buyer.upload('/v1/buyer/attachments', 'a.txt', 'text'), 201);
    const response = await fetch(`${other.url}/v1/buyer/attachments/${file.id}`, {
      headers: { authorization: `Bearer ${api.tokens.buyer}`, ...id('trace-500') },
    });
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ code: 'SERVICE.UNKNOWN', requestId: 'trace-500' });
    expect(text).not.toContain('disk 7');
    const logged = api.logs.find(({ msg, requestId }) => msg === 'unexpected error' && requestId === 'trace-500');
    expect(logged).toMatchObject({ err: { message: 'disk 7 is on fire' }, route: '/v1/buyer/attachments/{id}' });
    await other.close();
  });
});

test('DLV-13: the path of every operation is what allowedActions calls it', () => {
  expect(operationPath('dlv_1', 'provider.requirement.confirm')).toBe(
    '/v1/provider/deliveries/dlv_1/requirement/confirm',
  );
});
