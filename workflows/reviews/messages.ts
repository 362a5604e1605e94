import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { ReviewCommand, ReviewOperation } from '../../domain/reviews/commands';
import type { ReviewPolicy } from '../../domain/reviews/rules';
import type { ReviewKind, ReviewState } from '../../domain/reviews/state';
import type { ReviewSubject } from '../../domain/reviews/step';
import type { Origin } from '../../domain/shared/actor';

/** What the workflow of a review is started with. */
export type ReviewInput = {
  subject: ReviewSubject;
  /** The command that submits it, and from where it came (AUD-1). */
  submission: { commandId: string; origin: Origin };
  needsSecurityCheck: boolean;
  policy: ReviewPolicy;
  /** Where a review is that continues as new; absent at its start. */
  position?: { state: ReviewState; sequence: number };
};

/** How a review ended; `refused` when what was submitted could not be submitted, and nothing was reviewed. */
export type ReviewResult = { outcome: 'approved' | 'rejected' | 'withdrawn' | 'refused' };

/** The workflow type of each kind. */
export const REVIEW_WORKFLOWS = {
  shop: 'shopReview',
  product: 'productApplication',
  account: 'accountTicket',
} as const satisfies Record<ReviewKind, string>;

/**
 * Named by what is reviewed, so that a second review of it is impossible by construction (SHOP-5, PRD-4); an account's
 * data are reviewed by their kind.
 */
export function reviewWorkflowId({
  kind,
  objectId,
  operation,
}: Pick<ReviewSubject, 'kind' | 'objectId' | 'operation'>) {
  switch (kind) {
    case 'shop':
      return `shop-review/${objectId}`;
    case 'product':
      return `product-application/${objectId}`;
    case 'account':
      return `account-ticket/${objectId}/${operation}`;
  }
}

/**
 * Sent in one call with the start, and answered once the review's row is stored. Refused when another review of the same
 * object runs here, or when this one could not be submitted.
 */
export const untilSubmitted = defineUpdate<void, [{ reviewId: string }]>('untilSubmitted');

/** A command as it is sent: to which review, for the workflow id names only what is reviewed; its id is the update's own. */
export type SentReviewCommand = Omit<ReviewCommand, 'commandId'> & { reviewId: string };

/** One update a kind of command, so that a history reads in the words of the business. Answered when its row is stored. */
export const reviewUpdate = (action: ReviewOperation) => defineUpdate<void, [SentReviewCommand]>(action);

/** For operations and tests: what the workflow itself believes. Screens read PostgreSQL. */
export const reviewState = defineQuery<{ reviewId: string; state: ReviewState; sequence: number }>('state');
