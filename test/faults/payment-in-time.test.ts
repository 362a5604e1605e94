import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '../support/eventually';
import { type Client, createClient } from './support/client';
import { type FaultSystem, startSystem } from './support/system';

const PAY_WITHIN_MS = 5_000;

describe('I-23: Temporal and the worker are away when an order is to close', () => {
  let system: FaultSystem;
  let client: Client;
  beforeAll(async () => {
    system = await startSystem({ policy: { 'order.payWithin': `${PAY_WITHIN_MS / 1_000} seconds` } });
    client = createClient(system);
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  test.each([
    ['Temporal', ['temporal']],
    ['Temporal and the worker', ['temporal', 'worker']],
    ['the worker', ['worker']],
  ] as const)(
    'ORD-6: with %s away over the deadline, an order that was paid in time is paid',
    async (_, away) => {
      const order = await client.order(await client.place());
      for (const part of away) await system.kill(part);
      const callbackUrl = `${system.apiUrl}/v1/gateway/payments/wechat/callbacks`;
      const payment = { orderId: order.id, channel: 'wechat', amountFen: order.payableFen, callbackUrl };
      const headers = { 'content-type': 'application/json' };
      await fetch(`${system.channelUrl}/payments`, { method: 'POST', headers, body: JSON.stringify(payment) });
      const where = { orderId: order.id };
      const stored = await eventually(() => system.db.paymentCallback.findFirstOrThrow({ where }));
      const { payBy } = await system.db.order.findUniqueOrThrow({ where: { id: order.id } });
      expect(stored.receivedAt.getTime()).toBeLessThan(payBy.getTime());
      await sleep(payBy.getTime() - Date.now() + 2_000);
      // As after an outage of hours: the next attempt to hand the payment over is minutes away, the closing is due.
      await system.db.paymentCallback.updateMany({ where, data: { nextAttemptAt: new Date(Date.now() + 10_000) } });
      for (const part of away) await system.start(part);
      await sleep(4_000);
      const { state } = await system.db.order.findUniqueOrThrow({ where: { id: order.id } });
      // A worker that stayed may be handing it over already.
      expect(['pending_payment', 'awaiting_start']).toContain(state);
      await eventually(
        async () =>
          expect(await system.db.order.findUniqueOrThrow({ where: { id: order.id } })).toMatchObject({
            state: 'awaiting_start',
            paidFen: BigInt(order.payableFen),
          }),
        60_000,
      );
      expect(await system.db.refund.count({ where })).toBe(0);
    },
    180_000,
  );
});
