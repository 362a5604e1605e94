import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { expectAgreement } from './support/agreement';
import { type Answer, type Client, createClient } from './support/client';
import type { Deal, Post } from './support/deal';
import { range } from './support/in-parallel';
import { scaled } from './support/scale';
import { summarise } from './support/summary';
import { type FaultSystem, startSystem } from './support/system';
import { bringTo, requestFor, send } from './support/walk';

const NAME = 'PostgreSQL is killed between an answer and the next flush';
const CRASHES = scaled(10, 200);
const ROUND_MS = 30_000;

const made = z.object({ id: z.string() });

/** A request, and what happens after the crash before it is sent again, so that its object is another one by then. */
type Round = { post: Post; status: number; meanwhile: (first: Answer) => Promise<void> };

describe(`I-7: ${NAME}`, () => {
  let system: FaultSystem;
  let client: Client;
  const deals: Deal[] = [];
  beforeAll(async () => {
    system = await startSystem();
    client = createClient(system);
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  async function buy(): Promise<Deal> {
    const deal = await client.buy();
    deals.push(deal);
    return deal;
  }

  const kinds: Record<string, () => Promise<Round>> = {
    'accepted command': async () => {
      const deal = await buy();
      const post = requestFor(deal.deliveryId, 'buyer.requirement');
      return {
        post,
        status: 200,
        async meanwhile() {
          deal.done.push({ action: 'buyer.requirement', post });
          await send(client, deal, 'provider.requirement.confirm');
        },
      };
    },
    'refused command': async () => {
      const deal = await buy();
      await bringTo(client, deal, 'provider.implementation.submit');
      return {
        post: requestFor(deal.deliveryId, 'buyer.acceptance.accept'),
        status: 409,
        meanwhile: () => send(client, deal, 'provider.implementation.submit'),
      };
    },
    'order placed': async () => {
      const body = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
      return {
        post: { role: 'buyer', path: '/buyer/orders', body, key: randomUUID() },
        status: 201,
        meanwhile: ({ body: order }) => client.pay(made.parse(order).id),
      };
    },
    'change made at once': async () => ({
      post: {
        role: 'provider',
        path: '/provider/contacts',
        body: { name: '周联系', email: 'zhou@demo.example' },
        key: randomUUID(),
      },
      status: 201,
      async meanwhile({ body: contact }) {
        const path = `/provider/contacts/${made.parse(contact).id}/remove`;
        const removed = await client.post({ role: 'provider', path, body: {}, key: randomUUID() });
        expect(removed.status).toBe(200);
      },
    }),
    'change without a step': async () => {
      await buy();
      return {
        post: { role: 'buyer', path: '/me/messages/read-all', body: {}, key: randomUUID() },
        status: 200,
        meanwhile: async () => void (await buy()),
      };
    },
  };

  async function crash(): Promise<void> {
    await system.kill('postgres');
    await system.start('postgres');
  }

  test(
    'the same key gets the same answer, whatever the crash has taken and whatever has happened since',
    async () => {
      const counted = { crashes: 0, 'records that were lost': 0, 'answers that were lost': 0 };
      const kept = Object.entries(kinds);
      for (const round of range(CRASHES)) {
        const [name, begin] = kept[round % kept.length] ?? [];
        if (name === undefined || begin === undefined) throw new Error('there is no such kind');
        const { post, status, meanwhile } = await begin();
        const first = await client.post(post);
        await crash();
        expect({ round, name, status: first.status }).toEqual({ round, name, status });
        const record = await afterCrash(() => system.db.idempotencyRecord.findFirst({ where: { key: post.key } }));
        counted.crashes += 1;
        if (record === null) counted['records that were lost'] += 1;
        else if (record.answeredAt === null) counted['answers that were lost'] += 1;
        await meanwhile(first);
        expect({ round, name, answer: await client.post(post) }).toEqual({ round, name, answer: first });
      }
      summarise(NAME, { ...counted, ...(await expectAgreement(system, deals)) }, client.troubles);
    },
    60_000 + CRASHES * ROUND_MS,
  );
});

/** Connections that the crash has broken fail once more each. */
async function afterCrash<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await read();
    } catch (error) {
      if (tries === 20) throw error;
    }
  }
}
