import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { orderSchema } from '../../../api/http/schemas';
import { refundSchema } from '../../../api/refunds/schemas';
import { PAYMENT_CHANNELS } from '../../../domain/orders/order';
import { eventually } from '../../support/eventually';
import { type Answer, type Client, codeOf } from './client';
import type { Role } from './deal';
import { FOR_SALE, type ForSale } from './money-products';
import type { Choices } from './random';
import type { FaultSystem } from './system';
import { requestFor, STRAIGHT } from './walk';

/** How an order is paid. */
const PURCHASES = ['plain', 'repriced', 'two_channels', 'plain', 'out_of_order', 'free', 'late'] as const;
/** What is given back, before the order is completed or after. */
const BEFORE = ['none', 'agreed', 'automatic', 'part', 'withdrawn'] as const;
const AFTER = ['none', 'offered', 'approved', 'rejected', 'declined', 'by_provider'] as const;

/** Refunds that a channel does not answer are asked for again after ever longer pauses. */
const WAIT_MS = 300_000;
const POLL_MS = 300;
const identified = z.object({ id: z.string() });
const ENDED = ['refunded', 'withdrawn', 'rejected', 'declined'];

/** Lives the stories of orders; every answer that is not the expected one ends a story, unless a deadline was faster. */
export function moneyStories(client: Client, system: Pick<FaultSystem, 'apiUrl' | 'channelUrl'>, payWithinMs: number) {
  const send = (role: Role, path: string, body: object = {}): Promise<Answer> =>
    client.post({ role, path, body: { ...body }, key: randomUUID() });
  async function does(role: Role, path: string, body: object = {}): Promise<unknown> {
    const answer = await send(role, path, body);
    if (answer.status >= 300) throw new Error(`${role} ${path} is refused: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
  /** Whether it was done; a deadline may have been faster, and then it is refused. */
  async function mayDo(role: Role, path: string, body: object = {}): Promise<boolean> {
    const answer = await send(role, path, body);
    if (answer.status < 300) return true;
    if (!/NOT_ALLOWED|NOT_FOUND|DEADLINE/.test(codeOf(answer))) {
      throw new Error(`${role} ${path} is refused: ${JSON.stringify(answer.body)}`);
    }
    return false;
  }

  /** Places an order; as buyers do, once more when another order of theirs has just taken the coupon. */
  async function place(body: object): Promise<string> {
    for (;;) {
      const answer = await send('buyer', '/buyer/orders', body);
      if (answer.status < 300) return identified.parse(answer.body).id;
      if (codeOf(answer) !== 'COUPON.TAKEN') throw new Error(`No order: ${JSON.stringify(answer.body)}`);
    }
  }

  async function pay(orderId: string, wishes: { channel?: string; behaviour?: object } = {}, order?: Order) {
    const { payableFen, priceVersion, paymentChannel } = order ?? (await client.order(orderId));
    const { channel = paymentChannel, behaviour = {} } = wishes;
    const payment = { transactionId: `txn_${randomUUID()}`, orderId, channel, amountFen: payableFen, priceVersion };
    const callbackUrl = `${system.apiUrl}/v1/gateway/payments/${channel}/callbacks`;
    const taken = await fetch(`${system.channelUrl}/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...payment, callbackUrl, behaviour: { duplicates: 1, ...behaviour } }),
    });
    if (!taken.ok) throw new Error(`The channel refused the payment: ${await taken.text()}`);
  }
  type Order = z.infer<typeof orderSchema>;

  async function purchase(id: string, how: (typeof PURCHASES)[number], { kind, productId }: ForSale, choices: Choices) {
    const placed = await client.order(id);
    const delayMs = choices.between(0, 800);
    if ((how === 'repriced' || how === 'free') && productId !== 'prd_image') {
      const payableFen = how === 'free' ? 0 : Math.floor(placed.payableFen / 2);
      await mayDo('provider', `/provider/orders/${id}/price`, { payableFen, reason: 'as agreed by phone' });
      // Somebody still pays the price of before.
      if (how === 'repriced') await pay(id, {}, placed);
      else if (await mayDo('buyer', `/buyer/orders/${id}/take`)) return;
    }
    if (how === 'two_channels') {
      const other = PAYMENT_CHANNELS.find((channel) => channel !== placed.paymentChannel) ?? 'tenpay';
      await Promise.all([pay(id, { behaviour: { delayMs } }), pay(id, { channel: other, behaviour: { delayMs } })]);
    } else if (how === 'late') {
      await pay(id, { behaviour: { delayMs: payWithinMs + 2_000 } });
    } else await pay(id, { behaviour: { delayMs, failedAfterwards: how === 'out_of_order' || kind === 'direct' } });
  }

  /** The order once it is paid, free or closed. */
  const settled = (id: string) =>
    eventually(async () => {
      await sleep(POLL_MS);
      const order = await client.order(id);
      if (order.state === 'pending_payment') throw new Error(`${id} is neither paid nor closed`);
      return order;
    }, WAIT_MS);

  async function request(orderId: string, body: object, role: 'buyer' | 'provider' = 'buyer'): Promise<string | null> {
    const answer = await send(role, `/${role}/orders/${orderId}/refunds`, { reason: 'a story', ...body });
    if (answer.status < 300) return identified.parse(answer.body).id;
    if (!/NOT_ALLOWED/.test(codeOf(answer))) throw new Error(`No refund of ${orderId}: ${JSON.stringify(answer.body)}`);
    return null;
  }

  /** Waits for the end of a refund; operations approve again what the channel has refused. */
  const refundEnded = (refundId: string) =>
    eventually(async () => {
      await sleep(POLL_MS);
      const refund = refundSchema.parse((await client.get('ops', `/ops/refunds/${refundId}`)).body);
      if (refund.state === 'escalated' && refund.failure !== null) {
        const amountFen = refund.approvedFen ?? refund.requestedFen;
        await mayDo('ops', `/ops/refunds/${refundId}/approve`, { amountFen, reason: 'once more' });
      }
      if (!ENDED.includes(refund.state)) throw new Error(`${refundId} is still ${refund.state}`);
    }, WAIT_MS);

  async function refundBefore(order: Order, how: (typeof BEFORE)[number]) {
    if (how === 'none' || order.paidFen < 10) return;
    const amountFen = how === 'part' ? Math.floor(order.paidFen / 3) : order.paidFen;
    const refundId = await request(order.id, { reasonCode: 'other', amountFen });
    if (refundId === null) return;
    if (how === 'withdrawn') await mayDo('buyer', `/buyer/refunds/${refundId}/withdraw`);
    else if (how !== 'automatic') await mayDo('provider', `/provider/refunds/${refundId}/agree`);
    await refundEnded(refundId);
  }

  async function refundAfter(order: Order, how: (typeof AFTER)[number]) {
    const leftFen = order.paidFen - order.refundedFen;
    if (how === 'none' || leftFen < 10) return;
    const asked = { reasonCode: 'resources_spent', amountFen: Math.floor(leftFen / 2) };
    const refundId = await request(order.id, asked, how === 'by_provider' ? 'provider' : 'buyer');
    if (refundId === null) return;
    const part = { amountFen: Math.floor(leftFen / 4), reason: 'a part of it' };
    if (how === 'offered') {
      if (await mayDo('provider', `/provider/refunds/${refundId}/offer`, part))
        await mayDo('buyer', `/buyer/refunds/${refundId}/accept`);
    } else if (how !== 'by_provider') {
      const declined = await mayDo('provider', `/provider/refunds/${refundId}/decline`, { reason: 'it was used' });
      if (how === 'declined' && declined) await mayDo('buyer', `/buyer/refunds/${refundId}/withdraw`);
      else if (
        how !== 'declined' &&
        (await mayDo('buyer', `/buyer/refunds/${refundId}/escalate`, { reason: 'please' }))
      ) {
        if (how === 'approved') await mayDo('ops', `/ops/refunds/${refundId}/approve`, part);
        else await mayDo('ops', `/ops/refunds/${refundId}/reject`, { reason: 'no ground' });
      }
    }
    await refundEnded(refundId);
  }

  /** Delivers an order to its end. */
  async function complete(order: Order, { kind }: ForSale) {
    if (kind === 'supervised' && order.deliveryId !== null) {
      for (const action of STRAIGHT) {
        const answer = await client.post(requestFor(order.deliveryId, action));
        if (answer.status >= 300) throw new Error(`${action}: ${JSON.stringify(answer.body)}`);
      }
    }
    if (kind === 'direct') {
      await does('buyer', `/buyer/orders/${order.id}/requirement`, { text: 'what is wanted' });
      await does('provider', `/provider/orders/${order.id}/start`);
      await does('provider', `/provider/orders/${order.id}/done`, { details: 'all of it' });
      await does('buyer', `/buyer/orders/${order.id}/confirm`);
    }
  }

  return {
    does,
    /** The n-th story: an order from placing to its end, with what goes back of it. */
    async live(n: number, choices: Choices): Promise<void> {
      const product = FOR_SALE[n % FOR_SALE.length] ?? FOR_SALE[0];
      const how = PURCHASES[Math.floor(n / 2) % PURCHASES.length] ?? 'plain';
      const { productId, specId } = product;
      const paymentChannel = PAYMENT_CHANNELS[choices.between(0, PAYMENT_CHANNELS.length - 1)];
      const id = await place({ productId, specId, paymentChannel });
      await purchase(id, how, product, choices);
      const paid = await settled(id);
      if (paid.state === 'closed') return;
      if (product.kind !== 'at_once') await refundBefore(paid, BEFORE[n % BEFORE.length] ?? 'none');
      const going = await client.order(id);
      if (going.state === 'refunded' || going.state === 'cancelled') return;
      await complete(going, product);
      await refundAfter(await client.order(id), AFTER[Math.floor(n / 3) % AFTER.length] ?? 'none');
    },
  };
}
