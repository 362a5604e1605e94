import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { z } from 'zod';
import { callbackSecrets } from '../config/callback-secrets';
import { signCallback } from '../sandbox/signature';
import type { System } from '../scripts/parts/system';

/** What of any answer the load generator reads. */
export const view = z.object({
  id: z.string(),
  orderId: z.string().optional(),
  deliveryId: z.string().nullish(),
  state: z.string().optional(),
  stage: z.string().optional(),
  payableFen: z.int().optional(),
  appeal: z.object({ id: z.string() }).nullish(),
});
export type View = z.infer<typeof view>;

/** A product as it is applied for; the logo is added. */
const PRODUCT = {
  type: 'human_service',
  category: 'software',
  name: '数据备份',
  tags: ['备份'],
  deliveryDays: 3,
  thumbnail: null,
  specs: [{ name: '基础版', duration: 1, unit: 'month', listPriceFen: 20_000, priceFen: 15_000 }],
  summary: '每天备份一次。',
  description: '每天备份，保留三十天，随时可以恢复。',
  dependedProducts: [],
  documents: [],
  serviceAgreement: { text: '按约定的时间交付。' },
  requirementForm: 'after_ordering',
  requirementTemplate: '',
  needsImplementation: true,
  needsBuyerConfirmation: true,
};

/** Sends JSON and reads JSON; a status other than the expected one is an error. */
export async function send(
  url: string,
  token: string,
  body: unknown,
  expected: number,
  headers = {},
): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify(body),
  });
  const answer = await response.text();
  if (response.status !== expected) throw new Error(`${url} answered ${response.status}: ${answer}`);
  return JSON.parse(answer);
}

type Operate = (
  id: string,
  role: 'buyer' | 'provider',
  action: string,
  words: { [field: string]: string },
) => Promise<View>;

/** What is done to a delivery, in the same words whoever carries it out. */
export const operationsOf = (operate: Operate) => ({
  requirement: (id: string) => operate(id, 'buyer', 'requirement', { text: '请按附件搭建网站，下周上线。' }),
  confirm: (id: string) => operate(id, 'provider', 'requirement/confirm', { note: '已确认需求。' }),
  submit: (id: string) => operate(id, 'provider', 'implementation/submit', { summary: '已实施完成，请验收。' }),
  reject: (id: string) => operate(id, 'buyer', 'acceptance/reject', { reason: '首页无法打开。' }),
  accept: (id: string) => operate(id, 'buyer', 'acceptance/accept', { comment: '验收通过。' }),
});

/** A way to buy deliveries and to bring them to their end; `buy` answers the delivery's id. */
export type DeliveryMarket = ReturnType<typeof operationsOf> & { buy(): Promise<string> };

/** Polls an order until it is paid; answers its delivery's id. */
export async function untilPaid(orderUrl: string, token: string): Promise<string> {
  for (;;) {
    const response = await fetch(orderUrl, { headers: { authorization: `Bearer ${token}` } });
    const order = view.parse(await response.json());
    if (order.deliveryId) return order.deliveryId;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/** Brings a delivery from its purchase to its acceptance; answers its id. */
export async function straightDelivery(market: DeliveryMarket): Promise<string> {
  const id = await market.buy();
  for (const step of [market.requirement, market.confirm, market.submit, market.accept]) await step(id);
  return id;
}

/** The API as a load generator uses it: every command under an Idempotency-Key. */
export function marketplace({ endpoints, tokens, secrets }: System) {
  const { apiUrl } = endpoints;
  const [secret = ''] = callbackSecrets.parse(secrets.paymentCallbackSecrets).wechat;
  const post = async (role: keyof typeof tokens, path: string, body: unknown, expected = 200): Promise<View> =>
    view.parse(
      await send(`${apiUrl}/v1/${role}/${path}`, tokens[role], body, expected, { 'idempotency-key': randomUUID() }),
    );

  /** Reports to the gateway, as the channel does, that an order is paid. */
  async function callback(order: View): Promise<void> {
    const body = JSON.stringify({
      transactionId: randomUUID(),
      orderId: order.id,
      status: 'succeeded',
      amountFen: order.payableFen,
    });
    const response = await fetch(`${apiUrl}/v1/gateway/payments/wechat/callbacks`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-channel-signature': signCallback({ secret, channel: 'wechat', rawBody: body }),
      },
      body,
    });
    if (response.status !== 202) throw new Error(`The gateway answered ${response.status}`);
  }

  const operate: Operate = (id, role, action, body) => post(role, `deliveries/${id}/${action}`, body);

  return {
    /** Buys and pays; answers the delivery's id. */
    async buy(): Promise<string> {
      const order = await post(
        'buyer',
        'orders',
        { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' },
        201,
      );
      await callback(order);
      return untilPaid(`${apiUrl}/v1/buyer/orders/${order.id}`, tokens.buyer);
    },
    ...operationsOf(operate),
    appeal: (id: string) => operate(id, 'buyer', 'appeals', { reason: '三次验收均不合格。' }),
    resolve: (appealId: string) =>
      post('ops', `appeals/${appealId}/resolve`, { ruling: 'redo_implementation', reason: '请服务商重新实施。' }),
    /** Submits the publication of a new product; answers the review's id. */
    async apply(logo: string): Promise<string> {
      const application = { content: { ...PRODUCT, logo }, grade: 'bazaar' };
      return (await post('provider', 'products', application, 201)).id;
    },
    approve: (reviewId: string) => post('ops', `reviews/${reviewId}/approve`, {}),
    /** A logo for products; answers the image's id. */
    async uploadLogo(): Promise<string> {
      const form = new FormData();
      const green = { width: 120, height: 80, channels: 3, background: '#2a9d8f' } as const;
      const picture = await sharp({ create: green }).png().toBuffer();
      form.append('file', new Blob([new Uint8Array(picture)]), 'logo.png');
      const response = await fetch(`${apiUrl}/v1/provider/products/images/product_logo`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tokens.provider}` },
        body: form,
      });
      return view.parse(await response.json()).id;
    },
    /** An operation that the delivery must refuse. */
    refused: (id: string) =>
      send(`${apiUrl}/v1/buyer/deliveries/${id}/acceptance/accept`, tokens.buyer, { comment: '' }, 409, {
        'idempotency-key': randomUUID(),
      }),
  };
}
