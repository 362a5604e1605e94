import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPaymentChannel } from '../../sandbox/payment-channel';
import type { RunningServer } from '../../sandbox/server';
import { eventually } from '../support/eventually';

const secrets = { tencent_cloud: [], wechat: ['a secret for the tests', 'the one before'], tenpay: [] };

interface Received {
  status: string;
  isSigned: boolean;
}

/** Our side: records what it receives, and gives the answers that it is given. */
async function listener(answers: number[]): Promise<{ url: string; received: Received[]; server: Server }> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const [, time, signature] = /^t=(\d+),v1=(\w+)$/.exec(String(request.headers['x-channel-signature'])) ?? [];
    const expected = createHmac('sha256', 'a secret for the tests').update(`${time}.wechat.${body}`).digest('hex');
    received.push({ status: JSON.parse(body).status, isSigned: signature === expected });
    response.writeHead(answers.shift() ?? 202).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/callback`, received, server };
}

async function post(url: string, body: object, method = 'POST') {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer: { transactionId?: string; channelRefundId?: string } = Object(await response.json());
  return { status: response.status, body: answer };
}

describe('the payment channel of the sandbox', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'channel-'));
  const file = path.join(folder, 'channel.jsonl');
  let channel: RunningServer;
  beforeEach(async () => {
    channel = await startPaymentChannel({ port: 0, secrets, file });
  });
  afterEach(() => channel.stop());
  afterAll(() => rmSync(folder, { recursive: true }));

  const pay = (callbackUrl: string, behaviour: object = {}) =>
    post(`${channel.url}/payments`, { orderId: 'ord_1', channel: 'wechat', amountFen: 100, callbackUrl, behaviour });

  test('ORD-6: it calls back with a signature until it is acknowledged', async () => {
    const us = await listener([500, 503]);
    await pay(us.url);
    await eventually(() => expect(us.received).toHaveLength(3));
    expect(us.received.every(({ isSigned, status }) => isSigned && status === 'succeeded')).toBe(true);
    us.server.close();
  });

  test('it repeats callbacks, lets a failure follow and signs wrongly on demand', async () => {
    const us = await listener([]);
    await pay(us.url, { duplicates: 2, failedAfterwards: true });
    await eventually(() =>
      expect(us.received.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded', 'failed']),
    );
    await pay(us.url, { badSignature: true });
    await eventually(() => expect(us.received.at(-1)?.isSigned).toBe(false));
    us.server.close();
  });

  test('it calls back after a restart what was not acknowledged before', async () => {
    const us = await listener(Array(5).fill(500));
    await pay(us.url);
    await eventually(() => expect(us.received.length).toBeGreaterThanOrEqual(1));
    await channel.stop();
    us.received.length = 0;
    channel = await startPaymentChannel({ port: 0, secrets, file });
    await eventually(() => expect(us.received.length).toBeGreaterThanOrEqual(5));
    us.server.close();
  });

  test('it sends a refund once, whatever happens to the answer', async () => {
    const refund = { refundId: 'rfd_1', transactionId: 'txn_1', channel: 'wechat', amountFen: 40 };
    await post(`${channel.url}/faults`, { failNextRefunds: 1, loseNextAnswers: 1 }, 'PUT');
    expect((await post(`${channel.url}/refunds`, refund)).status).toBe(500);
    expect((await post(`${channel.url}/refunds`, refund)).status).toBe(500);
    const third = await post(`${channel.url}/refunds`, refund);
    expect(third).toMatchObject({ status: 200, body: { channelRefundId: expect.stringMatching(/^chr_/) } });
    const list = await (await fetch(`${channel.url}/refunds`)).json();
    expect(list).toMatchObject({ items: [{ refundId: 'rfd_1' }] });
  });

  test('it never sends back more than was paid', async () => {
    const us = await listener([]);
    const { body } = await pay(us.url);
    const refund = { transactionId: body.transactionId, channel: 'wechat', amountFen: 60 };
    expect((await post(`${channel.url}/refunds`, { ...refund, refundId: 'rfd_2' })).status).toBe(201);
    expect((await post(`${channel.url}/refunds`, { ...refund, refundId: 'rfd_3' })).status).toBe(422);
    us.server.close();
  });
});
