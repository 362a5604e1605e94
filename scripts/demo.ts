import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { z } from 'zod';
import { type System, startSystem } from './parts/system';

/**
 * `npm run demo`: a system of its own with policies of seconds instead of days, and a whole story on
 * it: a product that changes under review, then its delivery: three rejected acceptances, an appeal, the freeze that refuses both sides, the ruling, and the
 * acceptance because nobody acts. On a terminal it stays up until Ctrl-C, so that the Temporal UI can be read.
 */
const POLICIES = {
  'delivery.autoAcceptAfter': '6 seconds',
  'delivery.acceptanceReminders': ['4 seconds', '2 seconds'],
  'delivery.providerStall': '1 minutes',
  'delivery.appealTarget': '30 seconds',
};

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
const problem = z.object({ code: z.string(), detail: z.string(), allowedActions: z.array(z.string()).default([]) });
type Role = 'buyer' | 'provider' | 'ops';

function clientOf({ endpoints, tokens }: System) {
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

const say = (line: string) => console.log(`• ${line}`);

/** The provider's product costs less from now on, once operations have approved that. */
async function playReview(system: System): Promise<void> {
  const { does, isRefused, product, review, uploadLogo } = clientOf(system);
  say('The provider uploads a logo and lowers a price: an application, for what is published is reviewed.');
  const { content } = await product('prd_service');
  const [first, ...others] = content.specs;
  const specs = [{ ...first, priceFen: (first?.priceFen ?? 0) - 10_000 }, ...others];
  const { id } = await does('provider', 'provider/products/prd_service/modify', {
    content: { ...content, specs, logo: await uploadLogo() },
  });
  await isRefused('provider', 'provider/products/prd_service/delist', {});
  say('Operations read what changes, and approve.');
  for (const { field, before, after } of (await review(id)).diff) console.log(`  ${field}: ${before} → ${after}`);
  await does('ops', `ops/reviews/${id}/approve`);
}

/** Plays the story and answers the delivery as it ended. */
async function play(system: System) {
  const { does, isRefused, reads } = clientOf(system);
  await playReview(system);

  say('The buyer buys and pays.');
  const bought = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
  const { id: orderId } = await does('buyer', 'buyer/orders', bought);
  const { deliveryId } = await does('buyer', `sandbox/orders/${orderId}/pay`);
  if (!deliveryId) throw new Error('The order was not paid in time');
  const of = (role: Role) => `${role}/deliveries/${deliveryId}`;

  say('The buyer states the requirement; the provider confirms it.');
  await does('buyer', `${of('buyer')}/requirement`, { text: 'A web shop with 20 products' });
  await does('provider', `${of('provider')}/requirement/confirm`, { note: 'We begin today' });
  for (let number = 1; number <= 3; number += 1) {
    say(`The provider submits; the buyer rejects the acceptance (${number} of 3).`);
    await does('provider', `${of('provider')}/implementation/submit`, { summary: `Version ${number}` });
    await does('buyer', `${of('buyer')}/acceptance/reject`, { reason: `Version ${number} cannot take payments` });
  }
  say('The provider submits a fourth time; the buyer appeals, and everything freezes.');
  await does('provider', `${of('provider')}/implementation/submit`, { summary: 'Version 4' });
  const { appeal } = await does('buyer', `${of('buyer')}/appeals`, { reason: 'It still cannot take payments' });
  await isRefused('buyer', `${of('buyer')}/acceptance/accept`, { comment: '' });
  await isRefused('provider', `${of('provider')}/implementation/submit`, { summary: 'Version 5' });

  say('Both sides add evidence; the operations manager sends it back to implementing.');
  await does('buyer', `buyer/appeals/${appeal?.id}/evidence`, { text: 'A screenshot of the error' });
  await does('provider', `provider/appeals/${appeal?.id}/evidence`, { text: 'The payment log' });
  const ruling = { ruling: 'redo_implementation', reason: 'Payments were part of the requirement' };
  await does('ops', `ops/appeals/${appeal?.id}/resolve`, ruling);

  say('The provider submits once more; the buyer does nothing …');
  await does('provider', `${of('provider')}/implementation/submit`, { summary: 'Version 5, with payments' });
  for (;;) {
    const delivery = await reads('buyer', of('buyer'));
    if (delivery.outcome) return delivery;
    await sleep(250);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { exit: { type: 'boolean', default: !process.stdout.isTTY } } });
  const dataDir = mkdtempSync(path.join(tmpdir(), 'marketplace-demo-'));
  const policyFile = path.join(dataDir, 'policies.json');
  writeFileSync(policyFile, JSON.stringify(POLICIES, null, 2));
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const system = await startSystem({ dataDir, ports: 'free', policyFile, signal: stopping.signal });
  try {
    const delivery = await play(system);
    console.log(`\nTimeline of ${delivery.id} (${delivery.outcome}):`);
    for (const { at, actor, action, note } of delivery.timeline) {
      console.log(`  ${at}  ${actor.padEnd(8)} ${action.padEnd(32)} ${note ?? ''}`);
    }
    const workflowId = encodeURIComponent(`delivery/${delivery.id}`);
    console.log(`\nTemporal UI: ${system.endpoints.temporalUiUrl}/namespaces/default/workflows/${workflowId}`);
    console.log(`Mail inbox:  ${system.endpoints.mailUrl}`);
    console.log(`SMS inbox:   ${system.endpoints.smsUrl}`);
    if (values.exit) return;
    console.log('\nCtrl-C stops it.');
    if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
  } finally {
    await system.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
