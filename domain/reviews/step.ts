import type { Step, StoredStep } from '../shared/step';
import type { ReviewKind, ReviewState } from './state';

/** What is reviewed, as its workflow knows it; documents stay in the tables. */
export type ReviewSubject = {
  reviewId: string;
  kind: ReviewKind;
  /** `introduction` of a shop; publish, modify … of a product; what is to be changed of an account. */
  operation: string;
  /** The shop, the product, or the provider whose account it is. */
  objectId: string;
  providerId: string;
  /** What people call it: the shop's or product's name. */
  title: string;
};

/** One step of a review, written in one transaction: audit row, review, what it means for its object, outbox. */
export type ReviewStep = Step<ReviewState> & { subject: ReviewSubject };

/** The step that the table holds at a sequence. */
export type StoredReviewStep = StoredStep<ReviewState>;
