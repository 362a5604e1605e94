import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectAgreement } from './support/agreement';
import { type Client, codeOf, createClient } from './support/client';
import type { Deal, Post } from './support/deal';
import { inParallel, range } from './support/in-parallel';
import { summarise } from './support/summary';
import { type FaultSystem, startSystem } from './support/system';
import { requestFor, reworded, STRAIGHT } from './support/walk';

const NAME = 'the API is killed while requests are in flight';
const AT_ONCE = 8;

describe(`I-2, I-7: ${NAME}`, () => {
  let system: FaultSystem;
  let client: Client;
  beforeAll(async () => {
    system = await startSystem();
    client = createClient(system);
  }, 120_000);
  afterAll(() => system.stop(), 60_000);
  beforeEach(() => system.ensure('api', 'worker'), 60_000);

  /** Sends requests at once, and kills the API as soon as the first of them has changed the tables; answers the statuses. */
  async function cutOff(posts: readonly Post[], changes: () => Promise<number>): Promise<number[]> {
    const before = await changes();
    const answers = Promise.all(posts.map((post) => client.once(post)));
    while ((await changes()) === before) await sleep(1);
    await system.kill('api');
    return (await answers).map(({ status }) => status);
  }

  const steps = () => system.db.step.count();

  test('commands are answered when they are sent again, are carried out once, and take no other body', async () => {
    const deals = await inParallel(range(AT_ONCE), AT_ONCE, () => client.buy());
    const counted = { 'cut off': 0, 'of these done already': 0 };
    for (const action of STRAIGHT) {
      const posts = deals.map(({ deliveryId }) => requestFor(deliveryId, action));
      const statuses = await cutOff(posts, steps);
      counted['cut off'] += statuses.filter((status) => status === 0).length;
      counted['of these done already'] += await doneUnanswered(deals, action, statuses);
      await system.start('api');
      for (const [index, post] of posts.entries()) deals[index]?.done.push({ action, post });
      const answers = await inParallel(posts, AT_ONCE, (post) => client.post(post));
      expect(answers.map(({ status }) => status)).toEqual(posts.map(() => 200));
      const reused = await inParallel(posts, AT_ONCE, (post) => client.post(reworded(post)));
      expect(reused.map(({ status }) => status)).toEqual(posts.map(() => 422));
      expect(new Set(reused.map(codeOf))).toEqual(new Set(['IDEMPOTENCY.KEY_REUSED']));
    }
    expect(counted['of these done already']).toBeGreaterThan(0);
    summarise(NAME, { ...counted, ...(await expectAgreement(system, deals)) }, client.troubles);
  }, 150_000);

  test('an order is placed once, and the repetition answers the same order', async () => {
    const body = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
    const path = '/buyer/orders';
    const posts = range(AT_ONCE).map((): Post => ({ role: 'buyer', path, body, key: randomUUID() }));
    const orders = () => system.db.order.count();
    const before = await orders();
    expect(await cutOff(posts, orders)).toContain(0);
    await system.start('api');
    const placed = await inParallel(posts, AT_ONCE, (post) => client.place(post.key));
    expect(await orders()).toBe(before + AT_ONCE);
    expect(await inParallel(posts, AT_ONCE, (post) => client.place(post.key))).toEqual(placed);
  }, 60_000);

  /** How many commands were not answered although their step is stored. */
  async function doneUnanswered(deals: readonly Deal[], action: string, statuses: readonly number[]): Promise<number> {
    const unanswered = deals.filter((_, index) => statuses[index] === 0).map(({ deliveryId }) => deliveryId);
    return system.db.step.count({ where: { action, objectId: { in: unanswered } } });
  }
});
