import { makeContinueAsNewFunc, proxyLocalActivities, setHandler } from '@temporalio/workflow';
import type { ReviewActivities } from '../../activities/reviews';
import { REVIEW_OPERATIONS, type ReviewCommand } from '../../domain/reviews/commands';
import { allowedReviewActions, LEGAL_IN, reviewDeadline, targetOf } from '../../domain/reviews/rules';
import { isDecided, newReview, type ReviewState } from '../../domain/reviews/state';
import { applyReviewCommand, passReviewTarget, submitted } from '../../domain/reviews/transitions';
import { type Refused, refusal } from '../shared/failures';
import { STEP_ACTIVITIES } from '../shared/step-activities';
import { causeOf, type Recomputation } from '../shared/subject';
import { supervise } from '../shared/supervision';
import { changedAttributes, describeReview } from './display';
import {
  type ReviewInput,
  type ReviewResult,
  reviewState,
  reviewUpdate,
  type SentReviewCommand,
  untilSubmitted,
} from './messages';

const { recordReviewStep, storedReviewStep, reviewTarget } = proxyLocalActivities<ReviewActivities>(STEP_ACTIVITIES);

function whyNotLegal(state: ReviewState, { action }: ReviewCommand): Refused | null {
  if (LEGAL_IN[action].includes(state.stage)) return null;
  const detail = `The review is ${state.stage.replaceAll('_', ' ')}: see allowedActions for what is possible now.`;
  return { code: 'REVIEW.NOT_ALLOWED', detail, allowedActions: allowedReviewActions(state) };
}

/** The workflow id says only what is reviewed, not which review of it: what is said to be decided is. */
function meantForAnother() {
  const detail = 'The review is decided; another one is under way.';
  return refusal({ code: 'REVIEW.NOT_ALLOWED', detail, allowedActions: [] });
}

/**
 * One review from submission to decision: of a shop's introduction (SHOP-2), of a product application (PRD-5), of a
 * change of locked account data (ACC-3). The provider may withdraw, operations decide; managers are notified of a
 * target that passes, and it decides nothing (SHOP-5).
 */
async function review(input: ReviewInput): Promise<ReviewResult> {
  const { subject, submission, needsSecurityCheck, policy } = input;
  const { reviewId } = subject;
  const supervised = supervise(
    {
      id: reviewId,
      commands: {
        updates: REVIEW_OPERATIONS.map(reviewUpdate),
        received: ({ reviewId: meantId, ...sent }: SentReviewCommand, commandId: string): ReviewCommand => {
          if (meantId !== reviewId) throw meantForAnother();
          return { ...sent, commandId };
        },
        judge: whyNotLegal,
        apply: (_, command, nowMs) => applyReviewCommand(subject, command, nowMs),
      },
      nextDeadline: reviewDeadline,
      passDeadline: (state) => passReviewTarget(subject, state),
      isClosed: isDecided,
      recompute: recomputeTarget,
      record: (step) => recordReviewStep({ step: { ...step, subject }, policy }),
      stored: (sequence) => storedReviewStep({ reviewId, sequence }),
      describe: (state) => describeReview(subject, state),
      changedAttributes,
      continueAsNew: (position) => makeContinueAsNewFunc<typeof review>()({ ...input, position }),
    },
    input.position ?? { state: newReview(needsSecurityCheck, Date.now()), sequence: 0 },
    {
      cause: causeOf({ ...submission, action: `provider.${subject.operation}`, note: '' }),
      transition: (nowMs) => submitted(subject, needsSecurityCheck, nowMs),
    },
  );
  setHandler(reviewState, () => ({ reviewId, ...supervised.position() }));
  setHandler(
    untilSubmitted,
    async () => {
      const refused = await supervised.opened();
      if (refused !== null) throw refused;
    },
    { validator: refuseOtherReview },
  );

  const refused = await supervised.opened();
  const { stage } = await supervised.untilClosed();
  if (refused !== null) return { outcome: 'refused' };
  if (stage === 'security_check' || stage === 'in_review') throw new Error(`${stage} is no decision`);
  return { outcome: stage };

  function refuseOtherReview(sent: { reviewId: string }): void {
    const detail = 'It is being reviewed: wait for the decision, or withdraw it first.';
    if (sent.reviewId !== reviewId) throw refusal({ code: 'REVIEW.IN_REVIEW', detail });
  }

  /** The calendar may know more by now of the days until the target (GEN-1). */
  async function recomputeTarget(state: ReviewState): Promise<Recomputation<ReviewState> | null> {
    const running = reviewDeadline(state);
    if (running === null || !state.due?.provisional) return null;
    const due = await reviewTarget({ fromMs: state.enteredAtMs, target: targetOf(state, policy) });
    return { name: running.name, before: state.due, after: due, state: { ...state, due } };
  }
}

export { review as accountTicket, review as productApplication, review as shopReview };
