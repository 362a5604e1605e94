import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  currentUpdateInfo,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { ReviewActivities } from '../../activities/reviews';
import type { Deadline } from '../../domain/calendar/working-days';
import { roleOf } from '../../domain/delivery/commands';
import { REVIEW_OPERATIONS, type ReviewCommand } from '../../domain/reviews/commands';
import { allowedReviewActions, LEGAL_IN, reviewDeadline, targetOf } from '../../domain/reviews/rules';
import { isDecided, type ReviewState } from '../../domain/reviews/state';
import type { ReviewStep, StoredReviewStep } from '../../domain/reviews/step';
import {
  applyReviewCommand,
  passReviewTarget,
  type ReviewTransition,
  submitted,
} from '../../domain/reviews/transitions';
import { alarm } from '../shared/deadline-timer';
import { asRefusal, refusal } from '../shared/failures';
import { calendarGrown, catchUp } from '../shared/messages';
import { oneAtATime } from '../shared/mutex';
import { changedReviewAttributes, describeReview } from './display';
import {
  type ReviewInput,
  type ReviewResult,
  reviewState,
  reviewUpdate,
  type SentReviewCommand,
  untilSubmitted,
} from './messages';

const { recordReviewStep, storedReviewStep, reviewTarget } = proxyLocalActivities<ReviewActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumInterval: '10 seconds' },
});

/** The parts of a step that the one who causes it decides. */
type Cause = Pick<ReviewStep, 'commandId' | 'action' | 'actorRole' | 'actorId' | 'requestId' | 'sourceIp' | 'note'>;

/** What a person causes: the submission, or a command to what was submitted. */
type Caused = Omit<ReviewCommand, 'action'> & { action: ReviewCommand['action'] | `provider.${string}` };

const causeOf = ({ commandId, action, note, origin }: Caused): Cause => ({
  commandId,
  action,
  note,
  actorRole: roleOf(action),
  actorId: origin.actorId,
  requestId: origin.requestId,
  sourceIp: origin.sourceIp,
});

const systemCause = (commandId: string, action: string): Cause => ({
  commandId,
  action,
  actorRole: 'system',
  actorId: 'system',
  requestId: null,
  sourceIp: null,
  note: '',
});

/** What the process knows of its review, and the only ways in which that changes. */
function keep({ subject, submission, needsSecurityCheck, policy }: ReviewInput) {
  const { reviewId } = subject;
  let state: ReviewState | null = null;
  let sequence = 0;

  /** Records one step; true when the table now holds it. What the table holds already wins and is adopted. */
  async function record(cause: Cause, next: ReviewTransition): Promise<boolean> {
    const step = { subject, sequence: sequence + 1, ...cause, ...next, atMs: Date.now() };
    const stored = (await recordReviewStep({ step, policy }).catch(asRefusal)) ?? step;
    adopt(stored);
    return stored.commandId === cause.commandId;
  }

  function adopt(stored: StoredReviewStep): void {
    if (stored.sequence <= sequence) return;
    setCurrentDetails(describeReview(subject, stored.state));
    const changes = changedReviewAttributes(state, stored.state);
    if (changes.length > 0) upsertSearchAttributes(changes);
    ({ state, sequence } = stored);
  }

  async function adoptWhatIsStored(): Promise<void> {
    for (;;) {
      const stored = await storedReviewStep({ reviewId, sequence: sequence + 1 });
      if (stored === null) return;
      adopt(stored);
    }
  }

  /** A provisional instant is asked for again: the calendar may know more by now (GEN-1). */
  async function reckonAgain(): Promise<void> {
    if (state?.due == null || !state.due.provisional || state.overdue || isDecided(state)) return;
    const due: Deadline = await reviewTarget({ fromMs: state.enteredAtMs, target: targetOf(state, policy) });
    if (due.calendarVersion === state.due.calendarVersion) return;
    const cause = systemCause(`${reviewId}/${sequence + 1}/due`, 'deadline.review_target.reckoned');
    await record(cause, { state: { ...state, due }, notices: [] });
  }

  function refuseUnlessLegal({ action }: ReviewCommand, now: ReviewState): void {
    if (LEGAL_IN[action].includes(now.stage)) return;
    const detail = `The review is ${now.stage.replaceAll('_', ' ')}: see allowedActions for what is possible now.`;
    throw refusal('REVIEW.NOT_ALLOWED', detail, { allowedActions: allowedReviewActions(now), judgedOn: sequence });
  }

  return {
    state: () => state,
    sequence: () => sequence,
    adoptWhatIsStored,
    reckonAgain,
    /** Takes up what is to be reviewed; an earlier run of this very review may have come further already. */
    async submit(): Promise<void> {
      const cause = causeOf({ ...submission, action: `provider.${subject.operation}`, note: '' });
      await record(cause, submitted(subject, needsSecurityCheck, Date.now()));
      await adoptWhatIsStored();
    },
    async passTargetIfDue(): Promise<void> {
      await reckonAgain();
      const due = state === null ? null : reviewDeadline(state);
      if (state === null || due === null || due.atMs > Date.now()) return;
      const cause = systemCause(`${reviewId}/${sequence + 1}/${due.name}`, `deadline.${due.name}`);
      await record(cause, passReviewTarget(subject, state));
    },
    /** Refuses at once what is not legal; nothing enters the history. */
    validate(command: ReviewCommand): void {
      if (state !== null) refuseUnlessLegal(command, state);
    },
    /** Judges a command on the truth and records it; returns when its row is there. */
    async perform(command: ReviewCommand): Promise<void> {
      for (;;) {
        if (state === null) throw refusal('REVIEW.NOT_FOUND', 'There is no such review.');
        refuseUnlessLegal(command, state);
        if (await record(causeOf(command), applyReviewCommand(subject, command, Date.now()))) return;
      }
    },
  };
}

/**
 * One review from submission to decision: of a shop's introduction (SHOP-2), of a product application (PRD-5), of a
 * change of locked account data (ACC-3). The provider may withdraw, operations decide; a target that passes is told to
 * managers, and decides nothing (SHOP-5).
 */
async function review(input: ReviewInput): Promise<ReviewResult> {
  const { subject } = input;
  const kept = keep(input);
  const exclusively = oneAtATime();
  const timer = alarm();
  let refused: ApplicationFailure | null = null;

  /** A command with its id; the workflow id tells only what is reviewed, not which review of it is meant. */
  const received = ({ reviewId, ...sent }: SentReviewCommand): ReviewCommand => {
    const update = currentUpdateInfo();
    if (update === undefined) throw new Error('Commands come by updates only');
    if (reviewId === subject.reviewId) return { ...sent, commandId: update.id };
    throw refusal('REVIEW.NOT_ALLOWED', 'The review is decided; another one is under way.', { allowedActions: [] });
  };

  setHandler(reviewState, () => ({ reviewId: subject.reviewId, state: kept.state(), sequence: kept.sequence() }));
  setHandler(catchUp, () => exclusively(kept.adoptWhatIsStored));
  setHandler(calendarGrown, () => exclusively(kept.reckonAgain));
  const isAnswered = () => kept.state() !== null || refused !== null;
  const answerSubmission = async () => {
    await condition(isAnswered);
    if (refused !== null) throw refused;
  };
  setHandler(untilSubmitted, answerSubmission, {
    validator: ({ reviewId }) => {
      if (reviewId === subject.reviewId) return;
      throw refusal('REVIEW.IN_REVIEW', 'It is being reviewed: wait for the decision, or withdraw it first.');
    },
  });
  for (const action of REVIEW_OPERATIONS) {
    const perform = (sent: SentReviewCommand) => {
      const command = received(sent);
      return exclusively(() => kept.perform(command));
    };
    setHandler(reviewUpdate(action), perform, { validator: (sent) => kept.validate(received(sent)) });
  }
  setCurrentDetails(describeReview(subject, null));

  await exclusively(kept.submit).catch((error) => {
    if (!(error instanceof ApplicationFailure)) throw error;
    refused = error;
  });
  for (let state = kept.state(); state !== null && !isDecided(state); state = kept.state()) {
    const due = reviewDeadline(state);
    if (due) timer.ringBy(due.atMs, `set for ${due.name}: ${due.outcome}`);
    const seen = kept.sequence();
    await condition(() => timer.hasRung() || kept.sequence() !== seen);
    if (timer.hasRung()) {
      timer.silence();
      await exclusively(kept.passTargetIfDue);
    }
  }

  await condition(allHandlersFinished);
  return { outcome: outcomeOf(kept.state()) };
}

function outcomeOf(state: ReviewState | null): ReviewResult['outcome'] {
  const stage = state?.stage;
  return stage === 'approved' || stage === 'rejected' || stage === 'withdrawn' ? stage : 'refused';
}

export { review as accountTicket, review as productApplication, review as shopReview };
