import { randomUUID } from 'node:crypto';
import { type DeliveryMarket, operationsOf, send, untilPaid, view } from '../marketplace';

/** A peer as the load generator uses it: the same requests as to the system, to bare routes. */
export function peerMarket(url: string): DeliveryMarket {
  const post = async (path: string, body: unknown, expected: number) =>
    view.parse(await send(`${url}/${path}`, '', body, expected, { 'idempotency-key': randomUUID() }));
  return {
    async buy() {
      const what = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
      const order = await post('orders', what, 201);
      const payment = { orderId: order.id, transactionId: randomUUID(), amountFen: order.payableFen };
      await send(`${url}/payments`, '', payment, 202);
      return untilPaid(`${url}/orders/${order.id}`, '');
    },
    ...operationsOf((id, role, action, words) => {
      const [note] = Object.values(words);
      return post(`deliveries/${id}`, { action: `${role}.${action.replace('/', '.')}`, note }, 200);
    }),
  };
}
