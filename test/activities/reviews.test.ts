import { chineseCalendar } from '../../activities/calendar';
import { reviewActivities } from '../../activities/reviews';
import { parsePolicy, reviewPolicy } from '../../domain/policies/catalogue';
import type { ReviewStep, ReviewSubject } from '../../domain/reviews/step';
import { applyReviewCommand, submitted } from '../../domain/reviews/transitions';
import { unique } from '../factories/commands';
import { emptyReviewHandlers } from '../factories/reviews';
import { run, type Store, startStore } from '../support/store';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

const policy = reviewPolicy(parsePolicy(), 'shop');
const record = (step: ReviewStep) => {
  const { recordReviewStep } = reviewActivities({
    db: store.db,
    calendar: chineseCalendar(),
    reviewHandlers: emptyReviewHandlers(),
  });
  return run(recordReviewStep, { step, policy });
};
const origin = { actorId: 'usr_1', providerId: 'prv_demo', requestId: 'req_test', sourceIp: '127.0.0.1' };

/** A review that is submitted, and the step by which its provider withdraws it. */
async function withdrawn() {
  const n = unique();
  const [reviewId, objectId] = [`srv_${n}`, `shp_${n}`];
  const subject: ReviewSubject = {
    ...{ reviewId, objectId, kind: 'shop', operation: 'publish', providerId: 'prv_demo', title: 'A shop' },
  };
  const command = { commandId: `cmd_${unique()}`, action: 'provider.withdraw', note: '', origin } as const;
  const atMs = Date.now();
  const common = { ...origin, subject, atMs, note: '', actorRole: 'provider' } as const;
  await record({
    ...{ ...common, commandId: `cmd_${unique()}`, action: 'provider.publish', sequence: 1 },
    ...submitted(subject, false, atMs),
  });
  const step: ReviewStep = {
    ...{ ...common, commandId: command.commandId, action: command.action, sequence: 2 },
    ...applyReviewCommand(subject, command, atMs),
  };
  return { reviewId, step };
}

const reviewRow = (id: string) => store.db.review.findUniqueOrThrow({ where: { id } });

describe('recordReviewStep: a step follows the one that the review’s row is at', () => {
  const refused = { type: 'OBJECT.INCONSISTENT', nonRetryable: true };

  test('the step after the stored one is written', async () => {
    const { reviewId, step } = await withdrawn();
    await record(step);
    expect(await reviewRow(reviewId)).toMatchObject({ status: 'withdrawn', sequence: 2 });
  });

  test.each([3, 2])(
    'I-4: a row that is at step %i contradicts step 2: it is refused and nothing is written',
    async (sequence) => {
      const { reviewId, step } = await withdrawn();
      await store.db.review.update({ where: { id: reviewId }, data: { sequence } });
      await expect(record(step)).rejects.toMatchObject(refused);
      expect(await reviewRow(reviewId)).toMatchObject({ status: 'in_review', sequence });
      expect(await store.db.step.count({ where: { objectId: reviewId } })).toBe(1);
    },
  );
});
