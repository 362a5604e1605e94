import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, startApi } from '../../support/api';
import { key } from '../../support/http';
import { loseAnswer } from '../../support/lost-answer';
import { type DeliveryOperation, storyOf } from '../../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

/** Both are allowed when they come, and wait for a third; the first one makes the second one impossible. */
async function raceOf(id: string, first: DeliveryOperation, second: DeliveryOperation) {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const holding = api.db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT FROM deliveries WHERE id = ${id} FOR UPDATE`;
    await released;
  });
  const edit = story.act(id, 'buyer.requirement');
  await sleep(300);
  const racing = [first, second].map((operation) => story.act(id, operation, undefined, key(`${id}-${operation}`)));
  await sleep(700);
  release();
  await holding;
  expect((await edit).status).toBe(200);
  return Promise.all(racing);
}

test('I-7: a refusal that Temporal keeps is answered again, however far the delivery has gone on since', async () => {
  const operations = ['provider.requirement.confirm', 'provider.requirement.reject'] as const;
  const id = await story.deliveryAt('awaiting_requirement_confirmation');
  const answers = await raceOf(id, ...operations);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  const refused = operations[answers.findIndex(({ status }) => status === 409)] ?? operations[0];
  const used = `${id}-${refused}`;
  await loseAnswer(api.db, used);
  await story.done(id, refused === operations[1] ? 'provider.implementation.submit' : 'buyer.requirement');

  const startedAt = performance.now();
  const repeated = await story.act(id, refused, undefined, key(used));
  expect(repeated).toMatchObject({ status: 409, body: { code: 'DELIVERY.NOT_ALLOWED' } });
  expect(performance.now() - startedAt).toBeLessThan(6_000);
});
