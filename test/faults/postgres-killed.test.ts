import { randomUUID } from 'node:crypto';
import { eventually } from '../support/eventually';
import { expectAgreement } from './support/agreement';
import { type Client, createClient } from './support/client';
import type { Post } from './support/deal';
import { inParallel, range } from './support/in-parallel';
import { amidst } from './support/moments';
import { expectSentOnce } from './support/notifications';
import { seededChoices } from './support/random';
import { scaled } from './support/scale';
import { summarise } from './support/summary';
import { type FaultSystem, startSystem } from './support/system';
import { reworded, walk } from './support/walk';

const NAME = 'PostgreSQL is killed amidst commands';
const DELIVERIES = 16;
const COMMANDS = scaled(8, 18);
const ORDERS = 6;

describe(`I-2, I-3, I-51: ${NAME}`, () => {
  let system: FaultSystem;
  let client: Client;
  beforeAll(async () => {
    system = await startSystem();
    client = createClient(system);
  }, 120_000);
  afterAll(() => system.stop(), 60_000);
  beforeEach(() => system.ensure('postgres', 'worker', 'api'), 60_000);

  test('an order that was begun just before the crash is placed once, whatever the tables have forgotten', async () => {
    const before = await system.db.order.count();
    await system.end('worker');
    const keys = range(ORDERS).map(() => randomUUID());
    const placing = inParallel(keys, ORDERS, (key) => client.place(key));
    await eventually(async () => expect(await runningOrders()).toBe(before + ORDERS));
    await Promise.all([system.kill('postgres'), system.kill('api')]);
    await system.start('postgres');
    await Promise.all([system.start('api'), system.start('worker')]);

    const placed = await placing;
    expect(await inParallel(keys, ORDERS, (key) => client.place(key))).toEqual(placed);
    const pro = { productId: 'prd_service', specId: 'spc_service_pro', paymentChannel: 'wechat' };
    const reused = await client.post({ role: 'buyer', path: '/buyer/orders', body: pro, key: keys[0] ?? '' });
    expect(reused.status).toBe(422);
    expect(await system.db.order.count()).toBe(before + ORDERS);
    expect(await runningOrders()).toBe(before + ORDERS);
  }, 120_000);

  test('worker and API outlive it; nothing that was answered is lost, nothing happened twice', async () => {
    const choices = seededChoices(NAME);
    const deals = await inParallel(range(DELIVERIES), 8, () => client.buy());
    const work = inParallel(deals, DELIVERIES, (deal) => walk(client, deal, COMMANDS, choices.fork()));
    const [worker, api] = [system.pid('worker'), system.pid('api')];
    // SIGQUIT is PostgreSQL's immediate shutdown: every connection breaks, nothing is tidied up.
    const faults = (['SIGKILL', 'SIGQUIT', 'SIGKILL'] as const).map((signal) => async () => {
      await system.signal('postgres', signal);
      await system.start('postgres');
    });
    await amidst(system, choices, work, faults);
    await expectKeysTaken(deals.flatMap(({ done }) => done.flatMap(({ post }) => post ?? [])));

    expect([system.isRunning('worker', worker), system.isRunning('api', api)]).toEqual([true, true]);
    const counted = await expectAgreement(system, deals);
    summarise(NAME, { ...counted, ...(await expectSentOnce(system)) }, client.troubles);
  }, 240_000);

  /** Every key still stands for what was done under it. */
  async function expectKeysTaken(posts: readonly Post[]): Promise<void> {
    const again = await inParallel(posts, DELIVERIES, (post) => client.post(post));
    expect(new Set(again.map(({ status }) => status))).toEqual(new Set([200]));
    const reused = await inParallel(posts, DELIVERIES, (post) => client.post(reworded(post)));
    expect(new Set(reused.map(({ status }) => status))).toEqual(new Set([422]));
  }

  /** How many orders the Temporal server has under way. */
  async function runningOrders(): Promise<number> {
    const query = "WorkflowType = 'order' AND ExecutionStatus = 'Running'";
    return (await system.temporal.workflow.count(query)).count;
  }
});
