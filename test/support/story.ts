import type { z } from 'zod';
import type { deliverySchema } from '../../api/deliveries/schemas';
import type { orderSchema } from '../../api/http/schemas';
import type { Operation } from '../../domain/deliveries/commands';
import type { Stage } from '../../domain/deliveries/state';
import type { PaymentChannel } from '../../domain/orders/order';
import type { Api } from './api';
import { eventually } from './eventually';
import type { Answer, HttpClient } from './http';

export type Delivery = z.infer<typeof deliverySchema>;
export type Order = z.infer<typeof orderSchema>;

/** Operations at `/v1/{role}/deliveries/{id}/…`: all but the ruling, which goes to the appeal. */
export type DeliveryOperation = Exclude<Operation, 'ops.resolve'>;

/** What a body says where a test does not care. */
const BODIES: Record<DeliveryOperation, object> = {
  'buyer.requirement': { text: '三页小程序：首页、商品、订单' },
  'provider.requirement.confirm': { note: '收到，五天内完成' },
  'provider.requirement.reject': { reason: '请补充接口文档' },
  'provider.implementation.submit': { summary: '已上线，后台账号 admin，密码 Pa55-word' },
  'buyer.acceptance.accept': { comment: '验收通过' },
  'buyer.acceptance.reject': { reason: '订单页打不开' },
  'buyer.appeals': { reason: '一直没有做好' },
  'provider.appeals': { reason: '需求一变再变' },
  'ops.dispatch': {},
  'ops.check.pass': {},
  'ops.check.return': { reason: '缺少验收文档' },
};

/** `buyer.acceptance.accept` → `/v1/buyer/deliveries/{id}/acceptance/accept`: role and path, as allowedActions say. */
export function operationPath(id: string, operation: DeliveryOperation): string {
  const [role, ...rest] = operation.split('.');
  return `/v1/${role}/deliveries/${id}/${rest.join('/')}`;
}

/** The body of an answer that must have that status; the client has checked it against the document. */
export function bodyOf<T>(answer: Answer, status: number): T {
  if (answer.status !== status) throw new Error(`not ${status} but ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body as T;
}

/** Who buys what, from whom. */
export type Purchase = { buyer?: HttpClient; productId?: string; specId?: string; paymentChannel?: PaymentChannel };

/** Ways to bring orders and deliveries of usr_demo with prv_demo to where a test begins. */
export function storyOf(api: Api) {
  const actorOf = (operation: DeliveryOperation): HttpClient => {
    if (operation.startsWith('buyer.')) return api.buyer;
    return operation.startsWith('provider.') ? api.provider : api.ops;
  };

  async function order(purchase: Purchase = {}): Promise<Order> {
    const {
      buyer = api.buyer,
      productId = 'prd_service',
      specId = 'spc_service_basic',
      paymentChannel = 'wechat',
    } = purchase;
    return bodyOf(await buyer.post('/v1/buyer/orders', { productId, specId, paymentChannel }), 201);
  }

  /** Buys and pays; answers the order, which has a delivery then. */
  async function paidOrder(purchase: Purchase = {}): Promise<Order & { deliveryId: string }> {
    const { buyer = api.buyer } = purchase;
    const placed = await order(purchase);
    const paid = bodyOf<Order>(await buyer.post(`/v1/sandbox/orders/${placed.id}/pay`), 202);
    const { deliveryId } = paid;
    if (deliveryId === null) throw new Error(`the order is still ${paid.state}`);
    return { ...paid, deliveryId };
  }

  /** Sends one operation as its role, with some body. */
  const act = (id: string, operation: DeliveryOperation, body: object = BODIES[operation], headers = {}) =>
    actorOf(operation).post(operationPath(id, operation), body, headers);

  /** As `act`, and expects it to be done. */
  const done = async (id: string, operation: DeliveryOperation, body?: object): Promise<Delivery> =>
    bodyOf(await act(id, operation, body), 200);

  /** A paid standard delivery that has come to a stage. */
  async function deliveryAt(
    stage: Exclude<Stage, 'awaiting_dispatch' | 'awaiting_platform_check' | 'cancelled'>,
    purchase: Purchase = {},
  ): Promise<string> {
    const { deliveryId } = await paidOrder(purchase);
    const way = [
      ['awaiting_requirement_confirmation', 'buyer.requirement'],
      ['implementing', 'provider.requirement.confirm'],
      ['awaiting_acceptance', 'provider.implementation.submit'],
      ['completed', 'buyer.acceptance.accept'],
    ] as const;
    for (const [reached, operation] of stage === 'awaiting_requirement' ? [] : way) {
      await done(deliveryId, operation);
      if (reached === stage) break;
    }
    return deliveryId;
  }

  /** A delivery whose acceptance was rejected three times and which waits for the fourth decision (DLV-8). */
  async function rejectedThreeTimes(purchase: Purchase = {}): Promise<string> {
    const id = await deliveryAt('awaiting_acceptance', purchase);
    for (let time = 1; time <= 3; time += 1) {
      await done(id, 'buyer.acceptance.reject');
      await done(id, 'provider.implementation.submit');
    }
    return id;
  }

  /** A delivery frozen by the buyer's appeal. */
  async function appealed(purchase: Purchase = {}): Promise<{ id: string; appealId: string }> {
    const id = await rejectedThreeTimes(purchase);
    const { appeal } = await done(id, 'buyer.appeals');
    if (appeal === null) throw new Error('the appeal is not shown');
    return { id, appealId: appeal.id };
  }

  return {
    order,
    paidOrder,
    act,
    done,
    deliveryAt,
    rejectedThreeTimes,
    appealed,
    rule: (appealId: string, body: object, by = api.manager) => by.post(`/v1/ops/appeals/${appealId}/resolve`, body),
    delivery: async (id: string, by = api.buyer, role = 'buyer'): Promise<Delivery> =>
      bodyOf(await by.get(`/v1/${role}/deliveries/${id}`), 200),
    orderNow: async (id: string): Promise<Order> => bodyOf(await api.buyer.get(`/v1/buyer/orders/${id}`), 200),
    /** What the channel has sent back, all of it. */
    async refunds(): Promise<{ refundId: string; transactionId: string; amountFen: number }[]> {
      const response = await fetch(`${api.channel.url}/refunds`);
      return ((await response.json()) as { items: [] }).items;
    },
    /** The mails that arrived for an address, once there are `count` of them; more may come. */
    mailsTo: (address: string, count: number) =>
      eventually(async () => {
        const response = await fetch(`${api.inbox.url}/api/messages?to=${encodeURIComponent(address)}`);
        const mails = (await response.json()) as { subject: string; text: string; messageId: string }[];
        expect(mails.length).toBeGreaterThanOrEqual(count);
        return mails;
      }),
  };
}
