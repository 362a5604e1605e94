import { expectAgreement } from './support/agreement';
import { type Client, createClient } from './support/client';
import { inParallel, range } from './support/in-parallel';
import { amidst } from './support/moments';
import { expectSentOnce } from './support/notifications';
import { seededChoices } from './support/random';
import { scaled } from './support/scale';
import { summarise } from './support/summary';
import { type FaultSystem, startSystem } from './support/system';
import { walk } from './support/walk';

const NAME = 'the Temporal server is killed amidst commands';
const DELIVERIES = 16;
const COMMANDS = scaled(8, 18);

describe(`I-2, I-3, I-51: ${NAME}`, () => {
  let system: FaultSystem;
  let client: Client;
  beforeAll(async () => {
    system = await startSystem();
    client = createClient(system);
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  test('worker and API outlive it; nothing that was answered is lost, nothing happened twice', async () => {
    const choices = seededChoices(NAME);
    const deals = await inParallel(range(DELIVERIES), 8, () => client.buy());
    const work = inParallel(deals, DELIVERIES, (deal) => walk(client, deal, COMMANDS, choices.fork()));
    const [worker, api] = [system.pid('worker'), system.pid('api')];
    const kill = async () => {
      await system.kill('temporal');
      await system.start('temporal');
    };
    await amidst(system, choices, work, [kill, kill, kill]);

    expect([system.isRunning('worker', worker), system.isRunning('api', api)]).toEqual([true, true]);
    const counted = await expectAgreement(system, deals);
    summarise(NAME, { ...counted, ...(await expectSentOnce(system)) }, client.troubles);
  }, 240_000);
});
