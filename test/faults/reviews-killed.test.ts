import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { png } from '../factories/images';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver';
import { type Client, createClient } from './support/client';
import { expectEventsInOrder, subscribe } from './support/events';
import { inParallel, range } from './support/in-parallel';
import { amidst } from './support/moments';
import { expectSentOnce } from './support/notifications';
import { seededChoices } from './support/random';
import { expectReviewsAgree } from './support/review-agreement';
import { walkReviews } from './support/review-walk';
import { scaled } from './support/scale';
import { summarise } from './support/summary';
import { type FaultSystem, type Part, startSystem } from './support/system';

const NAME = 'products are reviewed, and everything is killed: one by one, then all at once';
const PRODUCTS = scaled(16, 48);
const ROUNDS = 4;
const CLIENTS = 16;
/** In the order in which they need each other. */
const EVERYTHING: readonly Part[] = ['postgres', 'temporal', 'worker', 'api'];

const image = z.object({ id: z.string() });

describe(`I-3, I-52: ${NAME}`, () => {
  let system: FaultSystem;
  let client: Client;
  let receiver: WebhookReceiver;
  beforeAll(async () => {
    system = await startSystem();
    client = createClient(system);
    receiver = await startWebhookReceiver();
  }, 120_000);
  afterAll(async () => {
    await receiver.stop();
    await system.stop();
  }, 60_000);

  async function uploadLogo(): Promise<string> {
    const form = new FormData();
    form.append('file', new Blob([await png({ width: 120, height: 80 })]), 'logo.png');
    const answer = await fetch(`${system.apiUrl}/v1/provider/products/images/product_logo`, {
      method: 'POST',
      headers: { authorization: `Bearer ${system.tokens.provider}` },
      body: form,
    });
    return image.parse(await answer.json()).id;
  }

  test('PRD-4, MSG-2, MSG-3: no review is in two states, no message lost or doubled, events come in order', async () => {
    const choices = seededChoices(NAME);
    const logo = await uploadLogo();
    await subscribe(client, receiver, ['products']);
    const work = inParallel(
      range(PRODUCTS).map(() => choices.fork()),
      CLIENTS,
      (walker) => walkReviews(client, logo, ROUNDS, walker),
    );
    const faultOf = (parts: readonly Part[]) => async () => {
      await Promise.all(parts.map((part) => system.kill(part)));
      await sleep(choices.between(0, 500));
      await system.ensure(...parts);
    };
    const applicants = await amidst(system, choices, work, [
      ...EVERYTHING.map((part) => faultOf([part])),
      faultOf(['worker']),
      faultOf(EVERYTHING),
    ]);

    const counted = await expectReviewsAgree(system, applicants);
    expect(counted).toMatchObject({ products: PRODUCTS, reviews: PRODUCTS * ROUNDS });
    expect(await system.db.review.count()).toBe(counted.reviews);
    const events = await expectEventsInOrder(system, receiver);
    expect(events.events).toBe(counted.messages - counted.reviews);
    summarise(NAME, { ...counted, ...events, ...(await expectSentOnce(system)) }, client.troubles);
  }, 400_000);
});
