import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { z } from 'zod';
import type { System } from '../parts/system';

const view = z.object({
  id: z.string(),
  stage: z.string().optional(),
  deliveryId: z.string().nullish(),
  outcome: z.string().nullish(),
  frozen: z.boolean().optional(),
  appeal: z.object({ id: z.string() }).nullish(),
  timeline: z
    .array(z.object({ at: z.string(), actor: z.string(), action: z.string(), note: z.string().nullable() }))
    .default([]),
});
const product = z.object({ content: z.looseObject({ specs: z.array(z.looseObject({ priceFen: z.int() })) }) });
const review = z.object({
  id: z.string(),
  diff: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
});
const order = z.object({
  id: z.string(),
  state: z.string(),
  payableFen: z.int(),
  paidFen: z.int(),
  refundedFen: z.int(),
  couponId: z.string().nullable(),
});
const refund = z.object({ id: z.string(), state: z.string(), refundedFen: z.int() });
const trialBalance = z.object({
  lines: z.array(z.object({ account: z.string(), debitFen: z.int(), creditFen: z.int() })),
  debitFen: z.int(),
  creditFen: z.int(),
  balanced: z.boolean(),
});
const problem = z.object({ code: z.string(), detail: z.string(), allowedActions: z.array(z.string()).default([]) });
export type Role = 'buyer' | 'provider' | 'ops';

/** The three people of the demonstration, as clients of the API. */
export function clientOf({ endpoints, tokens }: System) {
  async function call(role: Role, method: string, route: string, body?: unknown) {
    const response = await fetch(`${endpoints.apiUrl}/v1/${route}`, {
      method,
      headers: {
        authorization: `Bearer ${tokens[role]}`,
        ...(method === 'POST' ? { 'content-type': 'application/json', 'idempotency-key': randomUUID() } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, answer: await response.json() };
  }
  return {
    /** A command that must succeed. */
    async does(role: Role, route: string, body: unknown = {}) {
      const { status, answer } = await call(role, 'POST', route, body);
      if (status >= 300) throw new Error(`${route} answered ${status}: ${JSON.stringify(answer)}`);
      return view.parse(answer);
    },
    /** A command that must be refused. */
    async isRefused(role: Role, route: string, body: unknown) {
      const { status, answer } = await call(role, 'POST', route, body);
      if (status !== 409) throw new Error(`${route} should have been refused, but answered ${status}`);
      const { code, allowedActions } = problem.parse(answer);
      console.log(
        `  refused: ${role} ${route.split('/').slice(3).join(' ')} → 409 ${code}, allowed: ${allowedActions}`,
      );
    },
    async reads(role: Role, route: string) {
      return view.parse((await call(role, 'GET', route)).answer);
    },
    order: async (id: string) => order.parse((await call('buyer', 'GET', `buyer/orders/${id}`)).answer),
    refund: async (id: string) => refund.parse((await call('buyer', 'GET', `buyer/refunds/${id}`)).answer),
    trialBalance: async () => trialBalance.parse((await call('ops', 'GET', 'ops/ledger/trial-balance')).answer),
    /** Uploads a logo of one colour; answers its id. */
    async uploadLogo(): Promise<string> {
      const colour = { width: 120, height: 80, channels: 3, background: '#2a9d8f' } as const;
      const picture = await sharp({ create: colour }).png().toBuffer();
      const form = new FormData();
      form.append('file', new Blob([new Uint8Array(picture)]), 'logo.png');
      const headers = { authorization: `Bearer ${tokens.provider}` };
      const route = `${endpoints.apiUrl}/v1/provider/products/images/product_logo`;
      return view.parse(await (await fetch(route, { method: 'POST', headers, body: form })).json()).id;
    },
    /** A product as its provider sees it. */
    product: async (id: string) => product.parse((await call('provider', 'GET', `provider/products/${id}`)).answer),
    /** A review as operations see it. */
    review: async (id: string) => review.parse((await call('ops', 'GET', `ops/reviews/${id}`)).answer),
  };
}

/** One line of the story. */
export const say = (line: string) => console.log(`• ${line}`);
