import { deadlineAfter, type HolidayCalendar } from '../domain/calendar/working-days';
import type { Duration } from '../domain/policies/duration';
import { type ReviewPolicy, targetOf } from '../domain/reviews/rules';
import { isDecided } from '../domain/reviews/state';
import type { ReviewStep, StoredReviewStep } from '../domain/reviews/step';
import type { ReviewHandlers } from '../prisma/store/reviews/review-handler';
import { writeReviewStep } from '../prisma/store/reviews/steps';
import { findStep } from '../prisma/store/shared/audit-log';
import type { Database } from '../prisma/store/shared/database';
import { recordStep } from './shared/record-step';

export type ReviewActivities = ReturnType<typeof reviewActivities>;

/** The activities of the workflows that review. */
export function reviewActivities({
  db,
  calendar,
  reviewHandlers,
}: {
  db: Database;
  calendar: HolidayCalendar;
  reviewHandlers: ReviewHandlers;
}) {
  return {
    /** The instant by which operations should be done with a stage, and how sure it is (GEN-1). */
    async reviewTarget({ fromMs, target }: { fromMs: number; target: Duration }) {
      return deadlineAfter(fromMs, target, calendar);
    },

    /** The step that the table holds at a sequence, or null. */
    async storedReviewStep(key: { reviewId: string; sequence: number }): Promise<StoredReviewStep | null> {
      return findStep(db, key.reviewId, key.sequence);
    },

    /**
     * Records one step, and what it means for the object that is reviewed.
     * @returns the step that the table holds now, which wins: the workflow adopts it
     */
    async recordReviewStep(proposal: { step: ReviewStep; policy: ReviewPolicy }): Promise<StoredReviewStep> {
      const step = withDueInstant(proposal.step, proposal.policy, calendar);
      return recordStep(db, step.subject.reviewId, step, (runId) => writeReviewStep(db, step, runId, reviewHandlers));
    },
  };
}

/** An open stage gets its due instant, and the notices carry it. */
function withDueInstant(step: ReviewStep, policy: ReviewPolicy, calendar: HolidayCalendar): ReviewStep {
  const { state, notices } = step;
  if (state.due !== null || isDecided(state)) return step;
  const due = deadlineAfter(state.enteredAtMs, targetOf(state, policy), calendar);
  const dueAt = new Date(due.atMs).toISOString();
  return {
    ...step,
    state: { ...state, due },
    notices: notices.map((notice) =>
      notice.params.dueAt === '' ? { ...notice, params: { ...notice.params, dueAt } } : notice,
    ),
  };
}
