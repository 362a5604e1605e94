import { callbackSecrets } from '../../../config/callback-secrets';
import { PAYMENT_CHANNELS, type PaymentChannel } from '../../../domain/orders/order';
import { parsePolicy } from '../../../domain/policies/catalogue';
import { signCallback } from '../../../sandbox/signature';
import { type Api, startApi } from '../../support/api';
import { callbackSecret, signedBy } from '../../support/callbacks';
import { eventually } from '../../support/eventually';
import { httpClient } from '../../support/http';
import { bodyOf, type Order, storyOf } from '../../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

let transactions = 0;
const newTransaction = () => `txn_test_${++transactions}`;

type Fact = { transactionId: string; orderId: string; status: 'succeeded' | 'failed'; amountFen: number };
const factOf = (order: Pick<Order, 'id' | 'payableFen'>, other: Partial<Fact> = {}): Fact => ({
  transactionId: newTransaction(),
  orderId: order.id,
  status: 'succeeded',
  amountFen: order.payableFen,
  ...other,
});

const secretsOf = (text: string) => ({
  config: { ...api.config, PAYMENT_CALLBACK_SECRETS: callbackSecrets.parse(text) },
});

const path = (channel = 'wechat') => `/v1/gateway/payments/${channel}/callbacks`;
const send = (body: string, signature: string | null, channel?: string) =>
  api.anonymous.send('POST', path(channel), {
    body,
    headers: { 'content-type': 'application/json', ...(signature !== null && { 'x-channel-signature': signature }) },
  });
/** A properly signed report of the channel, and accepted. */
async function report(fact: Fact, channel: PaymentChannel = 'wechat'): Promise<void> {
  const body = JSON.stringify(fact);
  bodyOf(await send(body, signedBy(channel, body), channel), 202);
}

const stored = () => api.db.paymentCallback.count();
const handled = () =>
  eventually(async () => expect(await api.db.paymentCallback.count({ where: { handledAt: null } })).toBe(0));
const returned = async (transactionId: string) =>
  (await story.refunds()).filter((refund) => refund.transactionId === transactionId);

/** A payment that goes back: the channel has sent all of it, once, and it stays so when it is reported again. */
async function expectReturned(fact: Fact, channel?: PaymentChannel): Promise<void> {
  await eventually(async () => expect(await returned(fact.transactionId)).toHaveLength(1));
  await report(fact, channel);
  await handled();
  expect(await returned(fact.transactionId)).toEqual([expect.objectContaining({ amountFen: fact.amountFen })]);
  const payment = await api.db.payment.findFirstOrThrow({ where: { transactionId: fact.transactionId } });
  expect(payment.status).toBe('surplus');
  await eventually(async () =>
    expect(await api.db.refund.findMany({ where: { paymentId: payment.id } })).toMatchObject([{ status: 'refunded' }]),
  );
}

describe('ORD-6: only what the channel has signed now is stored', () => {
  const other = (body: string) => body.replace('succeeded', 'failed');
  test.each<[string, (body: string) => string | null]>([
    ['no signature', () => null],
    ['a signature of another format', () => 'sha256=abc'],
    [
      'the signature of somebody else',
      (body) => signCallback({ secret: 'another secret', channel: 'wechat', rawBody: body }),
    ],
    ['the signature of another body', (body) => signedBy('wechat', other(body))],
    ['a signature of six minutes ago', (body) => signedBy('wechat', body, Date.now() - 360_000)],
    ['a signature of the future', (body) => signedBy('wechat', body, Date.now() + 360_000)],
    [
      'an old signature with a new time',
      (body) => signedBy('wechat', body, 0).replace('t=0', `t=${Math.floor(Date.now() / 1000)}`),
    ],
  ])('a callback with %s is refused and not stored', async (_, signature) => {
    const order = await story.order();
    const before = await stored();
    const body = JSON.stringify(factOf(order));
    expect(await send(body, signature(body))).toMatchObject({
      status: 401,
      body: { code: 'PAYMENT.SIGNATURE_INVALID' },
    });
    expect(await stored()).toBe(before);
    expect((await story.orderNow(order.id)).state).toBe('pending_payment');
  });

  test.each<[string, number, (fact: Fact) => string]>([
    ['a body that is no JSON', 400, () => '{"transactionId":'],
    ['an empty body', 400, () => ''],
    ['an array as its body', 422, (fact) => JSON.stringify([fact])],
    ['an unknown field', 422, (fact) => JSON.stringify({ ...fact, bonus: true })],
    ['a negative amount', 422, (fact) => JSON.stringify({ ...fact, amountFen: -1 })],
    ['half a fen', 422, (fact) => JSON.stringify({ ...fact, amountFen: 0.5 })],
    ['an amount beyond all safe integers', 422, (fact) => JSON.stringify(fact).replace(/200000/, '9007199254740993')],
    ['an unknown status', 422, (fact) => JSON.stringify({ ...fact, status: 'maybe' })],
    ['a transaction id with a NUL', 422, (fact) => JSON.stringify({ ...fact, transactionId: 'a\0b' })],
  ])('a signed callback with %s is answered %i and not stored', async (_, status, bodyFor) => {
    const before = await stored();
    const body = bodyFor(factOf(await story.order()));
    expect((await send(body, signedBy('wechat', body))).status).toBe(status);
    expect(await stored()).toBe(before);
  });

  test('a callback of an unknown channel is refused', async () => {
    const body = JSON.stringify(factOf(await story.order()));
    expect((await send(body, signedBy('wechat', body), 'bitcoin')).status).toBe(422);
  });
});

describe('ORD-6: a signature is good for its own channel alone', () => {
  test('ORD-6: one signed body is stored for the channel that signed it and refused for the two others', async () => {
    const body = JSON.stringify(factOf(await story.order()));
    const signature = signedBy('wechat', body);
    const statuses: number[] = [];
    for (const channel of PAYMENT_CHANNELS) statuses.push((await send(body, signature, channel)).status);
    expect(statuses).toEqual([401, 202, 401]);
  });

  test('ORD-6: a channel cannot sign for another one, whatever channel it names in the signed text', async () => {
    const body = JSON.stringify(factOf(await story.order()));
    const before = await stored();
    for (const channel of ['wechat', 'tenpay']) {
      const signature = signCallback({ secret: callbackSecret('tenpay'), channel, rawBody: body });
      expect((await send(body, signature, 'wechat')).status).toBe(401);
    }
    expect(await stored()).toBe(before);
  });

  test('ORD-6: during a rotation the old and the new secret of a channel are accepted, and no third one', async () => {
    const secrets = ['the new secret of wechat', 'the old secret of wechat', 'the retired secret of wechat'];
    const rotating = await api.startAnother(secretsOf(`wechat:${secrets[0]},wechat:${secrets[1]}`));
    const gateway = httpClient(() => rotating.url, null);
    const statuses: number[] = [];
    for (const secret of secrets) {
      const body = JSON.stringify(factOf(await story.order()));
      const headers = {
        'content-type': 'application/json',
        'x-channel-signature': signCallback({ secret, channel: 'wechat', rawBody: body }),
      };
      statuses.push((await gateway.send('POST', path(), { body, headers })).status);
    }
    await rotating.close();
    expect(statuses).toEqual([202, 202, 401]);
  });

  test('ORD-6: a channel without a secret is refused', async () => {
    const alone = await api.startAnother(secretsOf('wechat:the secret of wechat'));
    const body = JSON.stringify(factOf(await story.order()));
    const headers = { 'content-type': 'application/json', 'x-channel-signature': signedBy('tenpay', body) };
    const answer = await httpClient(() => alone.url, null).send('POST', path('tenpay'), { body, headers });
    await alone.close();
    expect(answer).toMatchObject({ status: 401, body: { code: 'PAYMENT.SIGNATURE_INVALID' } });
  });
});

describe('ORD-6: callbacks come more than once and in any order; a payment counts once', () => {
  test('twenty callbacks at the same time are one payment', async () => {
    const order = await story.order();
    const fact = factOf(order);
    await Promise.all(Array.from({ length: 20 }, () => report(fact)));
    await eventually(async () => expect((await story.orderNow(order.id)).state).toBe('awaiting_start'));
    await report(fact);
    await handled();
    expect(await api.db.paymentCallback.count({ where: { orderId: order.id } })).toBe(1);
    expect(await api.db.payment.findMany({ where: { orderId: order.id } })).toMatchObject([
      { transactionId: fact.transactionId, amountFen: 200_000n, status: 'accepted' },
    ]);
    expect(await story.orderNow(order.id)).toMatchObject({ paidFen: 200_000, refundedFen: 0 });
    expect(await returned(fact.transactionId)).toEqual([]);
  });

  test.each([
    ['failed after succeeded', ['succeeded', 'failed']],
    ['succeeded after failed', ['failed', 'succeeded']],
    ['failed at the same time', ['succeeded', 'failed', 'succeeded', 'failed']],
  ] as const)('an order is paid whose callbacks are %s', async (_, statuses) => {
    const order = await story.order();
    const fact = factOf(order);
    await Promise.all(statuses.map((status) => report({ ...fact, status })));
    await eventually(async () => expect((await story.orderNow(order.id)).paidFen).toBe(200_000));
    await handled();
    expect(await api.db.payment.count({ where: { orderId: order.id } })).toBe(1);
    expect(await returned(fact.transactionId)).toEqual([]);
  });

  test('after a failed payment the order goes on waiting for another', async () => {
    const order = await story.order();
    await report(factOf(order, { status: 'failed' }));
    await handled();
    expect(await story.orderNow(order.id)).toMatchObject({ state: 'pending_payment', paidFen: 0 });
    await report(factOf(order));
    await eventually(async () => expect((await story.orderNow(order.id)).state).toBe('awaiting_start'));
  });

  test('a payment of nothing changes nothing: none goes back, the price may change, and the right payment is taken', async () => {
    const order = await story.order();
    const fact = factOf(order, { amountFen: 0 });
    await report(fact);
    await handled();
    const price = await api.provider.post(`/v1/provider/orders/${order.id}/price`, {
      payableFen: 100_000,
      reason: '优惠',
    });
    expect(price).toMatchObject({ status: 200, body: { state: 'pending_payment', payableFen: 100_000 } });
    await report(factOf(order, { amountFen: 100_000 }));
    await eventually(async () => expect((await story.orderNow(order.id)).paidFen).toBe(100_000));
    expect(await api.db.refund.count({ where: { orderId: order.id } })).toBe(0);
  });

  test('duplicates, a late failure and a wrong signature of the sandbox’s channel leave one payment', async () => {
    const order = await story.order();
    const behaviour = { duplicates: 5, failedAfterwards: true };
    const payment = {
      orderId: order.id,
      channel: 'wechat',
      amountFen: 200_000,
      callbackUrl: `${api.url()}${path()}`,
      behaviour,
    };
    const channel = httpClient(() => api.channel.url, null);
    await channel.post('/payments', { ...payment, behaviour: { badSignature: true } });
    const { transactionId } = bodyOf<Fact>(await channel.post('/payments', payment), 201);
    await eventually(async () =>
      expect(await api.db.paymentCallback.count({ where: { transactionId, handledAt: { not: null } } })).toBe(2),
    );
    expect(await story.orderNow(order.id)).toMatchObject({ state: 'awaiting_start', paidFen: 200_000 });
    expect(await api.db.paymentCallback.count({ where: { orderId: order.id } })).toBe(2);
    expect(await returned(transactionId)).toEqual([]);
  });
});

describe('ORD-6: money that is not the order’s goes back through the channel, once', () => {
  test.each([
    ['too much', 200_001],
    ['too little', 1],
  ])('a payment of %s goes back, and the order goes on waiting for the right amount', async (_, amountFen) => {
    const order = await story.order();
    const fact = factOf(order, { amountFen });
    await report(fact);
    await expectReturned(fact);
    expect(await story.orderNow(order.id)).toMatchObject({ state: 'pending_payment', paidFen: 0, refundedFen: 0 });
    await report(factOf(order));
    await eventually(async () => expect((await story.orderNow(order.id)).paidFen).toBe(200_000));
  });

  test('a payment through another channel than the order’s goes back', async () => {
    const order = await story.order({ paymentChannel: 'tenpay' });
    const fact = factOf(order);
    await report(fact, 'wechat');
    await expectReturned(fact, 'wechat');
    expect((await story.orderNow(order.id)).state).toBe('pending_payment');
  });

  test('a second payment goes back', async () => {
    const order = await story.paidOrder();
    const second = factOf(order);
    await report(second);
    await expectReturned(second);
    expect(await story.orderNow(order.id)).toMatchObject({ state: 'awaiting_start', paidFen: 200_000, refundedFen: 0 });
  });

  test('a second payment after the delivery is completed goes back', async () => {
    const id = await story.deliveryAt('completed');
    const { orderId } = await story.delivery(id);
    const second = factOf(await story.orderNow(orderId));
    await report(second);
    await expectReturned(second);
    expect(await story.orderNow(orderId)).toMatchObject({ state: 'completed', paidFen: 200_000, refundedFen: 0 });
  });

  test('a payment for an order that has closed goes back', async () => {
    const hasty = await api.startAnother({ policy: parsePolicy({ 'order.payWithin': '1 second' }) });
    const buyer = httpClient(() => hasty.url, api.tokens.buyer);
    const order = await story.order({ buyer });
    await hasty.close();
    await eventually(async () => expect((await story.orderNow(order.id)).state).toBe('closed'));
    const fact = factOf(order);
    await report(fact);
    await expectReturned(fact);
    expect(await story.orderNow(order.id)).toMatchObject({ state: 'closed', paidFen: 0, deliveryId: null });
  });

  test('a payment for an order that does not exist goes back', async () => {
    const fact = factOf({ id: 'ord_never', payableFen: 4_200 });
    await report(fact);
    await expectReturned(fact);
  });

  test('money goes back once when the channel fails and then loses its answer', async () => {
    const channel = httpClient(() => api.channel.url, null);
    bodyOf(await channel.put('/faults', { failNextRefunds: 1, loseNextAnswers: 1 }), 200);
    const fact = factOf(await story.paidOrder());
    await report(fact);
    await eventually(async () => {
      const rows = await api.db.refund.findMany({ where: { orderId: fact.orderId } });
      expect(rows).toMatchObject([{ status: 'refunded', amountFen: 200_000n, reason: 'already_paid' }]);
    });
    await expectReturned(fact);
  });
});
