import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually';
import { expectAgreement } from './support/agreement';
import { type Client, createClient } from './support/client';
import { inParallel, range } from './support/in-parallel';
import { amidst } from './support/moments';
import { expectSentOnce } from './support/notifications';
import { type Choices, seededChoices } from './support/random';
import { scaled } from './support/scale';
import { summarise } from './support/summary';
import { type FaultSystem, type Part, startSystem } from './support/system';
import { walk } from './support/walk';

const NAME = 'many deliveries, and everything is killed: one by one, then all at once';
const DELIVERIES = scaled(48, 200);
const CLIENTS = 24;
/** In the order in which they need each other. */
const EVERYTHING: readonly Part[] = ['postgres', 'temporal', 'worker', 'api'];

describe(`I-3, I-20, I-51: ${NAME}`, () => {
  let system: FaultSystem;
  let client: Client;
  beforeAll(async () => {
    system = await startSystem();
    client = createClient(system);
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  test('no delivery is lost, no payment counts twice, nobody is notified twice', async () => {
    const choices = seededChoices(NAME);
    const walkers = range(DELIVERIES).map(() => choices.fork());
    const begin = async (walker: Choices) => {
      const deal = await client.buy();
      await walk(client, deal, walker.between(0, 3), walker);
      return { deal, walker };
    };
    // Every fifth order is placed and paid amidst the faults.
    const early = await inParallel(walkers, CLIENTS, async (walker, n) => (n % 5 === 0 ? walker : begin(walker)));
    const work = inParallel(early, CLIENTS, async (begun) => {
      const { deal, walker } = 'deal' in begun ? begun : await begin(begun);
      await walk(client, deal, 3, walker);
      return deal;
    });
    const faultOf = (parts: readonly Part[]) => async () => {
      await Promise.all(parts.map((part) => system.kill(part)));
      await sleep(choices.between(0, 500));
      await system.ensure(...parts);
    };
    const oneByOne = EVERYTHING.map((part) => faultOf([part]));
    const deals = await amidst(system, choices, work, [...oneByOne, faultOf(EVERYTHING)]);

    const counted = await expectAgreement(system, deals);
    expect(counted.deliveries).toBe(DELIVERIES);
    await eventually(async () => expect(await running()).toBe(DELIVERIES - counted.completed));
    const payments = await system.db.payment.count({ where: { status: 'accepted' } });
    const others = [await system.db.payment.count(), await system.db.refund.count()];
    expect([payments, ...others]).toEqual([DELIVERIES, DELIVERIES, 0]);
    summarise(NAME, { ...counted, payments, ...(await expectSentOnce(system)) }, client.troubles);
  }, 400_000);

  /** How many deliveries the Temporal server has under way. */
  async function running(): Promise<number> {
    const query = "WorkflowType = 'delivery' AND ExecutionStatus = 'Running'";
    return (await system.temporal.workflow.count(query)).count;
  }
});
