import { setTimeout as sleep } from 'node:timers/promises';
import type { HolidayCalendar } from '../../domain/calendar/working-days';
import { DAY_MS } from '../../domain/policies/duration';
import { AppError } from '../../domain/shared/errors';
import { calendarGrown } from '../../workflows/shared/messages';
import { emptyReviewHandlers, type Review, type ReviewWishes, reviewsOf } from '../factories/reviews';
import { eventually } from '../support/eventually';
import type { World } from '../support/world';

type Scenario = (world: World) => Promise<Record<string, string>>;

/** The review handlers of a world that records: nothing lies behind what is reviewed, and `refused` cannot be submitted. */
export const recordingReviewHandlers = emptyReviewHandlers();
recordingReviewHandlers.shop.onSubmitted = async (_tx, { operation }) => {
  if (operation === 'refused') throw new AppError('REQUEST.INVALID', 'This is not to be submitted.');
  return { base: null, proposed: null };
};

const workflowsOf = ({ workflowId }: Pick<Review, 'workflowId'>) => ({ review: workflowId });

/** A review of real time, and how it is decided. */
const decided =
  (wishes: ReviewWishes, ...actions: Parameters<Review['act']>[0][]): Scenario =>
  async (world) => {
    const review = await reviewsOf(world).submit(wishes);
    for (const action of actions) await review.act(action, 'because');
    await review.outcome();
    return workflowsOf(review);
  };

/** Recorded in real time, on the server that runs in production. */
export const REVIEWS_IN_REAL_TIME: Record<string, Scenario> = {
  'review-approved': decided({}, 'ops.approve'),
  'review-rejected': decided({ kind: 'account', operation: 'payee', objectId: 'prv_demo' }, 'ops.reject'),
  'review-security': decided(
    { kind: 'product', operation: 'publish', needsSecurityCheck: true },
    'ops.security.pass',
    'ops.approve',
  ),
  'review-security-failed': decided(
    { kind: 'product', operation: 'modify', needsSecurityCheck: true },
    'ops.security.fail',
  ),

  async 'review-withdrawn'(world) {
    const review = await reviewsOf(world).submit();
    const rival = reviewsOf(world).submit({ objectId: review.subject.objectId });
    await rival.catch(() => 'a refused submission leaves no trace');
    await Promise.allSettled([review.act('provider.withdraw'), review.act('ops.approve'), review.act('ops.reject')]);
    await review.outcome();
    return workflowsOf(review);
  },

  async 'review-overdue'(world) {
    const review = await reviewsOf(world).submit({ policy: { 'shop.reviewTarget': '1 second' } });
    await sleep(1_500);
    await review.act('ops.approve');
    await review.outcome();
    return workflowsOf(review);
  },

  async 'review-refused'(world) {
    const subject = { objectId: `shp_refused_${Date.now()}`, operation: 'refused' };
    await reviewsOf(world)
      .submit(subject)
      .catch(() => 'the workflow ends at once');
    return { review: `shop-review/${subject.objectId}` };
  },
};

/** A calendar that learns in the middle of `review-recomputed`. */
export async function reviewRecomputed(world: World, calendar: HolidayCalendar): Promise<Record<string, string>> {
  Object.assign(calendar, { version: 'ignorant', coveredYears: { from: 2000, to: 2001 }, isWorkday: () => true });
  const review = await reviewsOf(world).submit();
  const submittedAt = Date.parse((await review.view()).submittedAt);
  const firstDay = new Date(submittedAt + 2 * DAY_MS).toISOString();
  Object.assign(calendar, { version: 'grown', coveredYears: { from: 2000, to: 2100 } });
  calendar.isWorkday = (day) => day > firstDay;
  await review.workflow.signal(calendarGrown);
  await eventually(async () => expect((await review.view()).dueProvisional).toBe(false));
  await review.letDaysPass(20);
  await review.act('ops.reject', 'because');
  return workflowsOf(review);
}
