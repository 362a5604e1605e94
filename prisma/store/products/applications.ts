import type { KeyRing } from '../../../codec/keys';
import type { Notice } from '../../../domain/notifications/notice';
import type { ProductProposal } from '../../../domain/products/change';
import { newReview } from '../../../domain/reviews/state';
import type { ReviewSubject } from '../../../domain/reviews/step';
import { noticeParams } from '../../../domain/reviews/transitions';
import { Prisma } from '../../generated/client';
import { addProposal, dropProposal } from '../reviews/proposals';
import { addAppliedStep, type SubmittedDocuments } from '../reviews/review-handler';
import { requireNoneOpen } from '../reviews/steps';
import { auditedTransaction, type Change, lockObject, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { enqueueNotifications } from '../shared/outbox';
import { productReviewHandler } from './review-handler';

/** An application that takes effect at once (PRD-5); its token is sealed as a proposal's. */
export type AtOnce = { subject: ReviewSubject; proposal: ProductProposal; sealed: Buffer | null };

/**
 * Carries out what needs no review, and leaves its application, which is effective from the start (PRD-5): product,
 * application, audit trail and notice in one transaction. A command that was carried out already changes nothing.
 * @param change names the application as its object
 * @throws AppError REVIEW.IN_REVIEW (PRD-4), PRODUCT.NOT_ALLOWED; nothing has changed then
 */
export async function applyAtOnce(
  db: Database,
  keys: KeyRing,
  change: Change,
  { subject, proposal, sealed }: AtOnce,
): Promise<void> {
  const handler = productReviewHandler(keys);
  const { reviewId, objectId, providerId } = subject;
  const { at } = change;
  await auditedTransaction(db, change, async (tx) => {
    await lockObject(tx, objectId);
    await requireNoneOpen(tx, subject);
    await addProposal(tx, { id: reviewId, providerId, content: proposal, sealed });
    const submitted = await handler.onSubmitted(tx, subject, at);
    await dropProposal(tx, reviewId);
    const state = { ...newReview(false, at.getTime()), stage: 'approved' };
    await addEffective(tx, change, subject, submitted, state);
    const review = { ...subject, proposed: null, sealed: submitted.sealed ?? null, reason: '', at };
    await addAppliedStep(tx, subject, change, await handler.approve(tx, review));
    const notice: Notice = { event: 'product.changed', to: ['provider'], params: noticeParams(subject) };
    await enqueueNotifications(tx, {
      objectId: reviewId,
      about: objectId,
      providerId,
      sequence: 1,
      notices: [notice],
      at,
    });
    return state;
  });
}

/** The application's row: decided by whom it was sent by, the moment it was. */
async function addEffective(
  tx: Transaction,
  { actorId, at }: Change,
  { reviewId, kind, operation, objectId, providerId, title }: ReviewSubject,
  { base, proposed, sealed = null }: SubmittedDocuments,
  state: Prisma.InputJsonObject,
): Promise<void> {
  await tx.review.create({
    data: {
      ...{ id: reviewId, kind, operation, objectId, providerId, title, status: 'effective', state, sequence: 1 },
      ...{ base: base ?? Prisma.DbNull, proposed: proposed ?? Prisma.DbNull },
      sealed: sealed === null ? null : new Uint8Array(sealed),
      ...{ submittedBy: actorId, submittedAt: at, decidedBy: actorId, decidedAt: at, updatedAt: at },
    },
  });
}
