import { Client } from '@temporalio/client';
import { type Api, startApi } from '../../support/api';
import { type Answer, httpClient, key } from '../../support/http';
import { bodyOf, type Delivery, type DeliveryOperation, type Order, operationPath, storyOf } from '../../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

const TIMES = 20;
const atOnce = (send: (n: number) => Promise<Answer>) => Promise.all(Array.from({ length: TIMES }, (_, n) => send(n)));
const statusesOf = (answers: Answer[]) => answers.map(({ status }) => status).sort();
const oneDone = [200, ...Array(TIMES - 1).fill(409)];
const stepsOf = (objectId: string) => api.db.step.findMany({ where: { objectId }, orderBy: { sequence: 'asc' } });

describe('DLV-13: of conflicting operations at the same time exactly one is done', () => {
  test.each<
    [string, 'awaiting_requirement_confirmation' | 'implementing' | 'awaiting_acceptance', DeliveryOperation[]]
  >([
    ['accept or reject', 'awaiting_acceptance', ['buyer.acceptance.accept', 'buyer.acceptance.reject']],
    ['accept only', 'awaiting_acceptance', ['buyer.acceptance.accept']],
    [
      'confirm or reject the requirement',
      'awaiting_requirement_confirmation',
      ['provider.requirement.confirm', 'provider.requirement.reject'],
    ],
    ['submit', 'implementing', ['provider.implementation.submit']],
  ])('%s, twenty times at once: one is done', async (_, stage, operations) => {
    const id = await story.deliveryAt(stage);
    const before = await stepsOf(id);
    const answers = await atOnce((n) => {
      const operation = operations[n % operations.length] ?? 'buyer.acceptance.accept';
      return story.act(id, operation, undefined, key(`conflict-${n}`));
    });
    expect(statusesOf(answers)).toEqual(oneDone);
    const now = await story.delivery(id);
    for (const { status, body } of answers) {
      if (status === 409) {
        expect(body).toMatchObject({ code: 'DELIVERY.NOT_ALLOWED', allowedActions: now.allowedActions });
      } else expect(body).toEqual(now);
    }
    expect(await stepsOf(id)).toHaveLength(before.length + 1);
  });

  test('DLV-9, I-31: twenty appeals open one appeal', async () => {
    const id = await story.rejectedThreeTimes();
    const answers = await atOnce((n) => story.act(id, 'buyer.appeals', undefined, key(`appeal-${n}`)));
    expect(statusesOf(answers)).toEqual(oneDone);
    expect(await api.db.appeal.count({ where: { deliveryId: id } })).toBe(1);
  });

  test('DLV-10, I-21: twenty rulings that disagree rule once, and the money goes back once', async () => {
    const { id, appealId } = await story.appealed();
    const answers = await atOnce((n) =>
      n % 2 === 0
        ? story.rule(appealId, { ruling: 'cancel_and_refund', reason: '退款', refundFen: 1_000 + n })
        : story.rule(appealId, { ruling: 'accept', reason: '通过' }),
    );
    expect(statusesOf(answers)).toEqual(oneDone);
    const rulings = (await stepsOf(id)).filter(({ action }) => action === 'ops.resolve');
    expect(rulings).toHaveLength(1);
    const { appeal, stage } = await story.delivery(id);
    const done = answers.find(({ status }) => status === 200)?.body;
    expect(done).toMatchObject({ stage, appeal: { ruling: appeal?.ruling, refundFen: appeal?.refundFen } });
    expect(stage).toBe(appeal?.ruling === 'accept' ? 'completed' : 'cancelled');
  });

  test('what does not conflict is all done: twenty pieces of evidence', async () => {
    const { id, appealId } = await story.appealed();
    const answers = await atOnce((n) =>
      n % 2 === 0
        ? api.buyer.post(`/v1/buyer/appeals/${appealId}/evidence`, { text: `证据 ${n}` })
        : api.provider.post(`/v1/provider/appeals/${appealId}/evidence`, { text: `证据 ${n}` }),
    );
    expect(statusesOf(answers)).toEqual(Array(TIMES).fill(200));
    const { timeline } = await story.delivery(id);
    const evidence = timeline.filter(({ action }) => action.endsWith('.evidence')).map(({ note }) => note);
    expect(evidence.sort()).toEqual(Array.from({ length: TIMES }, (_, n) => `证据 ${n}`).sort());
  });
});

test('DLV-13: an API process keeps below the server’s limit of updates in flight to one delivery', async () => {
  let [inFlight, most] = [0, 0];
  const { connection, options } = api.temporal.client;
  const client = new Client({
    connection,
    namespace: options.namespace,
    dataConverter: options.dataConverter,
    interceptors: {
      workflow: [
        {
          async startUpdate(input, next) {
            inFlight += 1;
            most = Math.max(most, inFlight);
            return next(input).finally(() => {
              inFlight -= 1;
            });
          },
        },
      ],
    },
  });
  const other = await api.startAnother({ client });
  const buyer = httpClient(() => other.url, api.tokens.buyer);
  const id = await story.deliveryAt('awaiting_acceptance');
  const path = operationPath(id, 'buyer.acceptance.accept');
  expect(statusesOf(await atOnce(() => buyer.post(path, {})))).toEqual(oneDone);
  expect([inFlight, most]).toEqual([0, 4]);
  await other.close();
});

describe('I-2, I-7: one key is one command and one answer, also when it is sent many times at once', () => {
  test('the same command twenty times makes one step and has twenty equal answers', async () => {
    const id = await story.deliveryAt('awaiting_requirement_confirmation');
    const before = await stepsOf(id);
    const answers = await atOnce(() => story.act(id, 'provider.requirement.confirm', undefined, key('confirm-once')));
    expect(statusesOf(answers)).toEqual(Array(TIMES).fill(200));
    for (const { body } of answers) expect(body).toEqual(answers[0]?.body);
    expect(await stepsOf(id)).toHaveLength(before.length + 1);
    const { timeline } = bodyOf<Delivery>(await api.buyer.get(`/v1/buyer/deliveries/${id}`), 200);
    expect(timeline.filter(({ action }) => action === 'provider.requirement.confirm')).toHaveLength(1);
  });

  test('the same refused command twenty times has twenty equal refusals', async () => {
    const id = await story.deliveryAt('awaiting_requirement');
    const answers = await atOnce(() => story.act(id, 'buyer.acceptance.accept', undefined, key('too-early')));
    expect(statusesOf(answers)).toEqual(Array(TIMES).fill(409));
    for (const { body } of answers) expect(body).toEqual(answers[0]?.body);
  });

  test('the same order twenty times is one order', async () => {
    const before = await api.db.order.count();
    const purchase = { productId: 'prd_saas_manual', specId: 'spc_saas_month', paymentChannel: 'tenpay' };
    const answers = await atOnce(() => api.buyer.post('/v1/buyer/orders', purchase, key('order-once')));
    expect(statusesOf(answers)).toEqual(Array(TIMES).fill(201));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await api.db.order.count()).toBe(before + 1);
    const { id } = bodyOf<Order>(answers[0] as Answer, 201);
    expect(await stepsOf(id)).toHaveLength(1);
  });

  test('without keys, or with twenty, it is twenty orders', async () => {
    const before = await api.db.order.count();
    const purchase = { productId: 'prd_saas_manual', specId: 'spc_saas_month', paymentChannel: 'tenpay' };
    await atOnce((n) => api.buyer.post('/v1/buyer/orders', purchase, n % 2 === 0 ? {} : key(`order-${n}`)));
    expect(await api.db.order.count()).toBe(before + TIMES);
  });

  test('the same payment twenty times is asked for once', async () => {
    const { id } = await story.order();
    const answers = await atOnce(() => api.buyer.post(`/v1/sandbox/orders/${id}/pay`, undefined, key('pay-once')));
    expect(statusesOf(answers)).toEqual(Array(TIMES).fill(202));
    expect(await api.db.paymentCallback.count({ where: { orderId: id } })).toBe(1);
  });

  test('the same upload twenty times is one attachment', async () => {
    const before = await api.db.attachment.count();
    const answers = await atOnce(() => api.buyer.upload('/v1/buyer/attachments', '需求.txt', '三页', key('file-once')));
    expect(statusesOf(answers)).toEqual(Array(TIMES).fill(201));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await api.db.attachment.count()).toBe(before + 1);
  });
});
