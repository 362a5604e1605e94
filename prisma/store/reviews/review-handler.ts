import type { ReviewKind } from '../../../domain/reviews/state';
import type { ReviewSubject } from '../../../domain/reviews/step';
import type { Prisma } from '../../generated/client';
import { addStep, type Change, type ObjectChange, type Transaction } from '../shared/audited-transaction';

/** What goes into review: what was in force then and what is proposed, which make the reviewer's diff. */
export type SubmittedDocuments = {
  base: Prisma.InputJsonObject | null;
  proposed: Prisma.InputJsonObject | null;
  /** What of the proposal only few may read. */
  sealed?: Buffer | null;
};

/** A review whose decision takes effect: its row's documents. */
export type Decided = ReviewSubject & {
  proposed: Prisma.JsonObject | null;
  sealed: Buffer | null;
  /** The reviewer's words. */
  reason: string;
  at: Date;
};

/** What a review's steps mean for the object that is reviewed; each runs in the step's own transaction. */
export type ReviewHandler = {
  /**
   * The object goes into review. It is locked before anything is read of it.
   * @throws AppError when this cannot be submitted now: the submission is refused, and nothing has changed
   */
  onSubmitted(tx: Transaction, subject: ReviewSubject, at: Date): Promise<SubmittedDocuments>;
  /** What was proposed takes effect. @returns the object before and after, as its trail shows it */
  approve(tx: Transaction, review: Decided): Promise<ObjectChange>;
  reject(tx: Transaction, review: Decided): Promise<void>;
  withdraw(tx: Transaction, review: Decided): Promise<void>;
};

export type ReviewHandlers = Record<ReviewKind, ReviewHandler>;

/** Who decided, by which request and run. */
export type Decision = Omit<Change, 'objectId' | 'providerId' | 'action' | 'note'>;

/**
 * Leaves in the object's own trail what a review made of it, beside the review's own step (AUD-1). The action is named
 * after what was applied for, whoever approved it; the note names the review.
 */
export async function addAppliedStep(
  tx: Transaction,
  { reviewId, kind, operation, objectId, providerId }: ReviewSubject,
  decision: Decision,
  change: ObjectChange,
): Promise<void> {
  const [commandId, action] = [`${decision.commandId}/applied`, `${kind}.${operation}`];
  await addStep(tx, { ...decision, objectId, providerId, commandId, action, note: reviewId }, change);
}
