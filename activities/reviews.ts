import { ApplicationFailure, activityInfo, log } from '@temporalio/activity';
import { deadlineAfter, type HolidayCalendar } from '../domain/calendar/working-days';
import type { Duration } from '../domain/policy/duration';
import { type ReviewPolicy, targetOf } from '../domain/reviews/rules';
import { isDecided } from '../domain/reviews/state';
import type { ReviewStep, StoredReviewStep } from '../domain/reviews/step';
import { type Database, isRefusedForGood } from '../prisma/store/client';
import type { EffectsOfKinds } from '../prisma/store/review-effects';
import { writeReviewStep } from '../prisma/store/reviews';
import { findStep } from '../prisma/store/stored-steps';
import { asRefusal } from './refusal';
import { runIdOf } from './run-id';

export type ReviewActivities = ReturnType<typeof reviewActivities>;

/** The activities of the processes that review. */
export function reviewActivities({
  db,
  calendar,
  effects,
}: {
  db: Database;
  calendar: HolidayCalendar;
  effects: EffectsOfKinds;
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
     * Records one step, and what it means for the object that is reviewed. No answer means the step is stored as
     * proposed; otherwise the answer is the step that the table holds, which wins: the process adopts it.
     */
    async recordReviewStep(proposal: {
      step: ReviewStep;
      policy: ReviewPolicy;
    }): Promise<StoredReviewStep | undefined> {
      const step = withDueInstant(proposal.step, proposal.policy, calendar);
      const runId = runIdOf(activityInfo());
      const stored = await writeReviewStep(db, step, runId, effects).catch(asItsEnd(step));
      const { subject, sequence, commandId, action, requestId } = step;
      const { reviewId, objectId } = subject;
      log.info('review step', { reviewId, objectId, sequence, action, requestId, overtaken: stored !== null });
      if (stored !== null) return stored;
      return step === proposal.step ? undefined : { sequence, commandId, state: step.state };
    },
  };
}

/** A person's command that is refused, or that the database can never take, fails for its sender only. */
const asItsEnd = (step: ReviewStep) => (error: unknown) => {
  if (step.requestId === null) throw error;
  if (!isRefusedForGood(error)) asRefusal(error);
  const message = 'What was sent cannot be stored; change it and send it again.';
  throw ApplicationFailure.create({ message, type: 'REQUEST.INVALID', nonRetryable: true, details: [{}] });
};

/** An open stage gets its due instant, and the notices tell it. */
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
