import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver';
import { expectAgreement, expectHistoriesReplay } from './support/agreement';
import { type Client, createClient } from './support/client';
import { expectEventsInOrder, subscribe } from './support/events';
import { inParallel, range } from './support/in-parallel';
import { amidst } from './support/moments';
import { expectSentOnce } from './support/notifications';
import { seededChoices } from './support/random';
import { summarise } from './support/summary';
import { type FaultSystem, startSystem } from './support/system';
import { walk } from './support/walk';

const NAME = 'the worker is killed amidst commands';
const DELIVERIES = 16;
const COMMANDS = 14;
const KILLS = 3;

describe(`I-2, I-3, I-51: ${NAME}`, () => {
  let system: FaultSystem;
  let client: Client;
  let receiver: WebhookReceiver;
  beforeAll(async () => {
    system = await startSystem();
    client = createClient(system);
    receiver = await startWebhookReceiver();
    await subscribe(client, receiver, ['deliveries']);
  }, 120_000);
  afterAll(async () => {
    await receiver.stop();
    await system.stop();
  }, 60_000);

  test('every command that was answered happened once; tables, workflows, histories and webhooks agree', async () => {
    const choices = seededChoices(NAME);
    const deals = await inParallel(range(DELIVERIES), 8, () => client.buy());
    const work = inParallel(deals, DELIVERIES, (deal) => walk(client, deal, COMMANDS, choices.fork()));
    const kill = async () => {
      await system.kill('worker');
      await system.start('worker');
    };
    await amidst(system, choices, work, Array(KILLS).fill(kill));

    const counted = await expectAgreement(system, deals);
    await expectHistoriesReplay(system, deals);
    const events = await expectEventsInOrder(system, receiver);
    expect(events.events).toBeGreaterThan(DELIVERIES);
    summarise(NAME, { ...counted, ...events, ...(await expectSentOnce(system)) }, client.troubles);
  }, 240_000);
});
