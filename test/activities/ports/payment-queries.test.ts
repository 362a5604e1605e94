import { createServer } from 'node:http';
import { httpPaymentQueries } from '../../../activities/ports/payment-queries';
import { callbackSecrets } from '../../../config/callback-secrets';
import { startPaymentChannel } from '../../../sandbox/payment-channel';
import type { RunningServer } from '../../../sandbox/server';
import { unique } from '../../factories/commands';
import { CALLBACK_SECRETS } from '../../support/callbacks';
import { misbehave } from '../../support/observe';

const secrets = callbackSecrets.parse(CALLBACK_SECRETS);
let channel: RunningServer;
beforeAll(async () => {
  channel = await startPaymentChannel({ port: 0, secrets });
});
afterEach(() => misbehave(channel.url));
afterAll(() => channel.stop());

const ask = (orderId: string, of: 'wechat' | 'tenpay' = 'wechat') =>
  httpPaymentQueries(channel.url, secrets, 500).paymentsOf(of, orderId);

async function paid(orderId: string, behaviour: object = {}, other: object = {}) {
  const body = { orderId, channel: 'wechat', amountFen: 100, transactionId: `txn_${unique()}`, ...other };
  const response = await fetch(`${channel.url}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, callbackUrl: 'http://127.0.0.1:1', behaviour: { forgotten: true, ...behaviour } }),
  });
  expect(response.status).toBe(201);
  return body;
}

describe('ORD-6: a channel is asked for the payments of an order', () => {
  test('it answers those of that order and channel, and when each was paid, though it never called back', async () => {
    const [orderId, other] = [`ord_${unique()}`, `ord_${unique()}`];
    const at = '2026-11-25T03:00:00.123Z';
    const { transactionId } = await paid(orderId, {}, { at, priceVersion: 2 });
    const failed = await paid(orderId, { status: 'failed' });
    const unknown = await paid(orderId, { status: 'processing' });
    await paid(other);
    await paid(orderId, {}, { channel: 'tenpay' });
    expect(await ask(orderId)).toEqual([
      { transactionId, status: 'succeeded', amountFen: 100, priceVersion: 2, paidAt: new Date(at) },
      expect.objectContaining({ transactionId: failed.transactionId, status: 'failed' }),
      expect.objectContaining({ transactionId: unknown.transactionId, status: 'processing' }),
    ]);
    expect(await ask(orderId, 'tenpay')).toHaveLength(1);
    expect(await ask(`ord_${unique()}`)).toEqual([]);
  });

  test('an outcome that the channel learns of later is answered from then on', async () => {
    const orderId = `ord_${unique()}`;
    const { transactionId } = await paid(orderId, { status: 'processing' });
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ status: 'succeeded' });
    await fetch(`${channel.url}/payments/${transactionId}/outcome`, { method: 'PUT', headers, body });
    expect(await ask(orderId)).toMatchObject([{ transactionId, status: 'succeeded' }]);
  });

  test.each([
    ['an error', 'failNextPolls', /answered 500/],
    ['nothing at all', 'hangNextPolls', /timeout/],
    ['half a document', 'garbleNextPolls', /JSON/],
    ['ten megabytes', 'floodNextPolls', /longer than 65536/],
    ['the signature of somebody else', 'forgeNextPolls', /Not signed by wechat/],
    ['its answer to another question', 'repeatNextPolls', /another question/],
    ['what it knows of another order', 'confuseNextPolls', /another question/],
  ])('%s is no answer: nothing is known then', async (_, fault, message) => {
    const orderId = `ord_${unique()}`;
    await paid(orderId);
    await misbehave(channel.url, { [fault]: 1 });
    await expect(ask(orderId)).rejects.toThrow(message);
    expect(await ask(orderId)).toHaveLength(1);
  });

  test('a redirect is not followed', async () => {
    const away = createServer((request, response) =>
      response.writeHead(307, { location: `${channel.url}${request.url}` }).end(),
    );
    await new Promise<void>((resolve) => away.listen(0, '127.0.0.1', resolve));
    const address = away.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const asked = httpPaymentQueries(`http://127.0.0.1:${port}`, secrets).paymentsOf('wechat', `ord_${unique()}`);
    await expect(asked).rejects.toThrow();
    away.closeAllConnections();
    away.close();
  });

  test('the answer of one channel is not that of another, and one without a secret is not asked', async () => {
    const [wechat = ''] = secrets.wechat;
    const swapped = { ...secrets, tenpay: [wechat], wechat: [] };
    const port = httpPaymentQueries(channel.url, swapped);
    expect(port.channels).toEqual(['tencent_cloud', 'tenpay']);
    await expect(port.paymentsOf('tenpay', 'ord_1')).rejects.toThrow('Not signed by tenpay');
  });
});
