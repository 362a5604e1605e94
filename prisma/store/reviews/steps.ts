import { z } from 'zod';
import { decisionOf, type ReviewState } from '../../../domain/reviews/state';
import type { ReviewStep, ReviewSubject, StoredReviewStep } from '../../../domain/reviews/step';
import { AppError } from '../../../domain/shared/errors';
import { Prisma } from '../../generated/client';
import { InconsistentObject, insertStep, storedInstead } from '../shared/audit-log';
import { lockObject, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { enqueueNotifications } from '../shared/outbox';
import { queryRow } from '../shared/query-rows';
import { dropProposal } from './proposals';
import { addAppliedStep, type Decided, type ReviewHandlers } from './review-handler';
import { openReviewOf } from './reviews';

/**
 * Writes one step of a review in one transaction: the audit row, the review, what it means for its object, and the
 * outbox (MSG-2). A step whose sequence or command is there already changes nothing.
 * @returns null when the step was written; otherwise the step that stands in its place
 * @throws AppError when what was submitted cannot be submitted now; nothing has changed then
 * @throws InconsistentObject when the review's row is missing, or the step is not its next one; nothing has changed
 */
export async function writeReviewStep(
  db: Database,
  step: ReviewStep,
  runId: string,
  handlers: ReviewHandlers,
): Promise<StoredReviewStep | null> {
  const written = await db.$transaction(async (tx) => {
    // Whatever is done to the object meanwhile waits: it comes before this step, or after it.
    await lockObject(tx, step.subject.objectId);
    if (!(await addStep(tx, step, runId))) return false;
    if (step.sequence === 1) await open(tx, step, handlers);
    else await advance(tx, step, runId, handlers);
    await enqueueNotifications(tx, {
      objectId: step.subject.reviewId,
      about: step.subject.objectId,
      providerId: step.subject.providerId,
      sequence: step.sequence,
      notices: step.notices,
      at: new Date(step.atMs),
    });
    return true;
  });
  return written ? null : storedInstead(db, { ...step, objectId: step.subject.reviewId });
}

async function addStep(tx: Transaction, step: ReviewStep, runId: string): Promise<boolean> {
  const { reviewId: objectId, providerId } = step.subject;
  const at = new Date(step.atMs);
  const audited = { ...step, objectId, providerId, stateAfter: step.state, runId, at };
  return (await tx.$executeRaw(insertStep(audited, step.sequence))) === 1;
}

/** The first step: the object goes into review, unless it is there already (SHOP-5, PRD-4). */
async function open(tx: Transaction, step: ReviewStep, handlers: ReviewHandlers): Promise<void> {
  const { subject, state } = step;
  const { reviewId: id, ...reviewed } = subject;
  const at = new Date(step.atMs);
  await requireNoneOpen(tx, subject);
  const { base, proposed, sealed = null } = await handlers[subject.kind].onSubmitted(tx, subject, at);
  await tx.review.create({
    data: {
      ...reviewed,
      id,
      status: state.stage,
      base: base ?? Prisma.DbNull,
      proposed: proposed ?? Prisma.DbNull,
      sealed: sealed && Uint8Array.from(sealed),
      dueAt: dueOf(state),
      dueProvisional: state.due?.provisional ?? false,
      calendarVersion: state.due?.calendarVersion ?? null,
      state,
      sequence: step.sequence,
      submittedBy: step.actorId,
      submittedAt: at,
      updatedAt: at,
    },
    select: { id: true },
  });
  await dropProposal(tx, id);
}

/**
 * What is under way excludes everything else that could be asked of the object.
 * @throws AppError REVIEW.IN_REVIEW
 */
export async function requireNoneOpen(
  tx: Transaction,
  subject: Pick<ReviewSubject, 'kind' | 'objectId' | 'operation'>,
): Promise<void> {
  const open = await openReviewOf(tx, subject);
  if (open === null) return;
  throw new AppError('REVIEW.IN_REVIEW', `${open} is being reviewed: wait for the decision, or withdraw it first.`);
}

const documents = z.object({
  proposed: z.record(z.string(), z.json()).nullable(),
  sealed: z.instanceof(Uint8Array).nullable(),
});

/** A later step: the review's row follows it, and a decision takes effect on the object. */
async function advance(tx: Transaction, step: ReviewStep, runId: string, handlers: ReviewHandlers): Promise<void> {
  const { subject, state, note, actorId } = step;
  const at = new Date(step.atMs);
  const decision = decisionOf(state);
  const isDecided = decision !== null;
  const reason = decision === 'rejected' ? note : null;
  // A due instant and an overdue mark stay as they were where the new state has none; hence no plain update. The row is
  // found only at the step before: the sequence is its optimistic lock.
  const query = Prisma.sql`
    UPDATE reviews SET status = ${state.stage}, due_at = coalesce(${dueOf(state)}, due_at),
      due_provisional = ${state.due?.provisional ?? false},
      calendar_version = coalesce(${state.due?.calendarVersion ?? null}, calendar_version),
      overdue = overdue OR ${state.overdue}, state = ${JSON.stringify(state)}::jsonb, sequence = ${step.sequence},
      reason = ${reason}, decided_by = ${isDecided ? actorId : null}, decided_at = ${isDecided ? at : null},
      updated_at = ${at}
    WHERE id = ${subject.reviewId} AND sequence = ${step.sequence - 1} RETURNING proposed, sealed`;
  const row = await queryRow(tx, documents, query);
  if (row === null) throw new InconsistentObject(subject.reviewId, `no row that step ${step.sequence} follows`);
  if (decision === null) return;
  const sealed = row.sealed && Buffer.from(row.sealed);
  const review: Decided = { ...subject, proposed: row.proposed, sealed, reason: note, at };
  const handler = handlers[subject.kind];
  switch (decision) {
    case 'approved':
      return addAppliedStep(tx, subject, { ...step, runId, at }, await handler.approve(tx, review));
    case 'rejected':
      return handler.reject(tx, review);
    case 'withdrawn':
      return handler.withdraw(tx, review);
  }
}

const dueOf = ({ due }: ReviewState): Date | null => (due === null ? null : new Date(due.atMs));
