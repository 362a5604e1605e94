import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import { type Policy, reviewPolicy } from '../../domain/policies/catalogue';
import type { ReviewOperation } from '../../domain/reviews/commands';
import type { ReviewSubject } from '../../domain/reviews/step';
import { AppError } from '../../domain/shared/errors';
import {
  findReview,
  findReviewAsOf,
  openReviewOf,
  type ReviewScope,
  reviewStatus,
} from '../../prisma/store/reviews/reviews';
import type { Database } from '../../prisma/store/shared/database';
import {
  REVIEW_WORKFLOWS,
  type ReviewInput,
  reviewState,
  reviewUpdate,
  reviewWorkflowId,
  untilSubmitted,
} from '../../workflows/reviews/messages';
import type { shopReview } from '../../workflows/reviews/workflow';
import { PROVIDER_ID } from '../../workflows/shared/search-attributes';
import type { Principal } from '../http/auth';
import { type CommandRequest, originOf } from '../http/command-request';
import { startAndWait } from '../http/start-workflow';
import type { CommandSender, WorkflowTarget } from '../http/temporal-commands';
import { reviewView } from './view';

/** How long a submission waits for a workflow that is just ending, or that has to catch up first. */
const TRY_AGAIN_FOR_MS = 8_000;
const PAUSE_MS = 100;

/** What is submitted for review; the documents are in the tables already. */
export type Submission = { subject: ReviewSubject; needsSecurityCheck: boolean };

/** Where routes submit, withdraw and decide reviews, and read what became of them. */
export type ReviewService = ReturnType<typeof reviewService>;

type ReviewServiceDependencies = {
  db: Database;
  client: Client;
  policy: Policy;
  taskQueue: string;
  commands: CommandSender;
  answerWithinMs?: number | undefined;
};

const noReview = () => new AppError('REVIEW.NOT_FOUND', 'There is no such review.');
const workflowTarget = (subject: Pick<ReviewSubject, 'kind' | 'objectId' | 'operation'>): WorkflowTarget => ({
  workflowId: reviewWorkflowId(subject),
  known: reviewState,
  absent: noReview,
  ended: () =>
    new AppError('REVIEW.NOT_ALLOWED', 'The review is decided: nothing more can be done to it.', {
      allowedActions: [],
    }),
});

/** The reviews that a principal may see: their provider's, or, for operations, all. */
export const reviewScope = ({ role, providerId }: Principal): ReviewScope =>
  role === 'ops' ? 'all' : { providerId: providerId ?? '' };

export function reviewService(dependencies: ReviewServiceDependencies) {
  const { db, commands } = dependencies;

  /**
   * A review in full.
   * @param asOf the command after whose step it is shown; as it is now if left out
   * @throws AppError REVIEW.NOT_FOUND also when it is somebody else's
   */
  async function view(reviewId: string, scope: ReviewScope, asOf?: string) {
    const found =
      asOf === undefined ? await findReview(db, reviewId, scope) : await findReviewAsOf(db, reviewId, scope, asOf);
    if (found === null) throw noReview();
    return reviewView(found);
  }

  return {
    view,

    /**
     * Starts the workflow of a review, and waits until its row is there. Submitted already, it changes nothing.
     * @throws AppError REVIEW.IN_REVIEW while another review of the object is open, or the refusal of the object itself
     */
    async submit({ principal, request, command }: CommandRequest, submission: Submission): Promise<void> {
      const { subject } = submission;
      const workflowId = reviewWorkflowId(subject);
      request.workflow = { workflowId };
      const { commandId } = command;
      const input = inputOf(dependencies, submission, { commandId, origin: originOf(principal, request) });
      for (const giveUpAt = Date.now() + TRY_AGAIN_FOR_MS; ; await sleep(PAUSE_MS)) {
        // Submitted by an earlier try whose answer was lost.
        if ((await findReview(db, subject.reviewId, 'all')) !== null) return;
        const refused = await start(dependencies, input).then(() => null, asRefusal);
        if (refused === null) return;
        const isFree = refused.code === 'REVIEW.IN_REVIEW' && (await openReviewOf(db, subject)) === null;
        if (Date.now() > giveUpAt || !(isFree || refused.code === 'SERVICE.BUSY')) throw refused;
        // The workflow that is there should be over: it has missed its last step, or is just ending.
        await commands.requestCatchUp(workflowId);
      }
    },

    /** Has one command carried out and answers the review as its step left it. @throws AppError the workflow's refusal */
    async act(
      reviewId: string,
      action: ReviewOperation,
      note: string,
      { principal, request, command }: CommandRequest,
    ) {
      const scope = reviewScope(principal);
      const found = await findReview(db, reviewId, scope);
      if (found === null) throw noReview();
      const target = workflowTarget(found);
      request.workflow = { workflowId: target.workflowId };
      const { commandId: updateId } = command;
      const sent = { reviewId, action, note, origin: originOf(principal, request) };
      const status = () => reviewStatus(db, reviewId, scope, updateId);
      await commands.sendTo(target, reviewUpdate(action), { updateId, sent }, status);
      return view(reviewId, scope, updateId);
    },
  };
}

function inputOf(
  { policy }: ReviewServiceDependencies,
  { subject, needsSecurityCheck }: Submission,
  submission: ReviewInput['submission'],
): ReviewInput {
  return { subject, submission, needsSecurityCheck, policy: reviewPolicy(policy, subject.kind) };
}

/** Starts the workflow, or finds it running; returns when what was submitted is in review. @throws AppError its refusal */
async function start(dependencies: ReviewServiceDependencies, input: ReviewInput): Promise<void> {
  const { client, taskQueue } = dependencies;
  const { subject, submission } = input;
  const { reviewId, kind, operation, title, objectId, providerId } = subject;
  const startWorkflowOperation = new WithStartWorkflowOperation<typeof shopReview>(REVIEW_WORKFLOWS[kind], {
    workflowId: reviewWorkflowId(subject),
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    taskQueue,
    args: [input],
    typedSearchAttributes: [{ key: PROVIDER_ID, value: providerId }],
    staticSummary: `${kind} ${operation.replaceAll('_', ' ')}: ${title}`,
    staticDetails: `Review ${reviewId} of ${objectId}, provider ${providerId}`,
  });
  const options = {
    updateId: submission.commandId,
    args: [{ reviewId }] as [{ reviewId: string }],
    startWorkflowOperation,
  };
  await startAndWait(
    dependencies,
    () => client.workflow.executeUpdateWithStart(untilSubmitted, options),
    'The review is just ending; send yours again.',
  );
}

/** An expected refusal; other errors are thrown on. */
function asRefusal(error: unknown): AppError {
  if (error instanceof AppError) return error;
  throw error;
}
