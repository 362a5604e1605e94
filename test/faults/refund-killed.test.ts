import { z } from 'zod';
import { deliveryWorkflowId } from '../../workflows/deliveries/messages';
import { type Client, createClient } from './support/client';
import { dyingAfter } from './support/lost-step';
import { type FaultSystem, startSystem } from './support/system';
import { send } from './support/walk';

const refunds = z.object({ items: z.array(z.object({ refundId: z.string(), amountFen: z.int() })) });

describe('I-22: the worker is killed when the channel has sent a refund, before that is recorded', () => {
  let system: FaultSystem;
  let client: Client;
  beforeAll(async () => {
    system = await startSystem({ worker: null, policy: { 'order.startWithin': '2 seconds' } });
    client = createClient(system);
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  async function sentByChannel() {
    return refunds.parse(await (await fetch(`${system.channelUrl}/refunds`)).json()).items;
  }

  test('ORD-3: the order is cancelled, and the money goes back once, is counted once and notified once', async () => {
    await system.start('worker', dyingAfter('channel.refund'));
    const deal = await client.buy();
    await send(client, deal, 'buyer.requirement');
    await system.ended('worker');
    const [sent, ...more] = await sentByChannel();
    const order = await system.db.order.findUniqueOrThrow({ where: { id: deal.orderId } });
    expect([sent?.amountFen, more]).toEqual([Number(order.paidFen), []]);
    expect(order.refundedFen).toBe(0n);

    await system.kill('temporal');
    await system.start('temporal');
    await system.start('worker');
    // The server waits half a minute for the dead worker's answer before it has the refund repeated.
    const workflow = system.temporal.workflow.getHandle(deliveryWorkflowId(deal.deliveryId));
    await expect(workflow.result()).resolves.toMatchObject({ outcome: 'cancelled_and_refunded' });
    expect(await sentByChannel()).toEqual([sent]);
    expect(await system.db.order.findUniqueOrThrow({ where: { id: deal.orderId } })).toMatchObject({
      state: 'cancelled',
      refundedFen: order.paidFen,
    });
    const notified = await system.db.message.findMany({ where: { event: 'order.refunded' } });
    expect(notified.map(({ recipientId }) => recipientId).sort()).toEqual(['usr_demo', 'usr_provider_demo']);
  }, 120_000);
});
