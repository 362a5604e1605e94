import { allowedReviewActions, reviewDeadline } from '../../domain/reviews/rules';
import { diffOf } from '../../domain/shared/diff';
import type { ReviewDetails, ReviewRow } from '../../prisma/store/reviews/reviews';

/** Instants read the same everywhere, whatever the database's time zone wrote. */
const iso = (instant: number | string | Date) => new Date(instant).toISOString();
const isoOrNull = (instant: Date | null) => (instant === null ? null : iso(instant));

/** A review as lists show it: everything derives from the stored state, no clock is read (GEN-4). */
export function reviewSummary(row: ReviewRow) {
  const deadline = reviewDeadline(row.state);
  return {
    id: row.id,
    kind: row.kind,
    operation: row.operation,
    objectId: row.objectId,
    providerId: row.providerId,
    title: row.title,
    status: row.status,
    reason: row.reason,
    overdue: row.overdue,
    dueAt: isoOrNull(row.dueAt),
    dueProvisional: row.dueProvisional,
    allowedActions: allowedReviewActions(row.state),
    deadlines:
      deadline === null
        ? []
        : [
            {
              name: deadline.name,
              at: iso(deadline.atMs),
              outcome: deadline.outcome,
              stoppableBy: [...deadline.stoppableBy],
            },
          ],
    submittedBy: row.submittedBy,
    submittedAt: iso(row.submittedAt),
    decidedAt: isoOrNull(row.decidedAt),
  };
}

/** A review in full: what was in force, what is proposed, and in which fields they differ. */
export function reviewView(row: ReviewDetails) {
  const { base, proposed } = row;
  return {
    ...reviewSummary(row),
    base,
    proposed,
    diff: diffOf(base, proposed),
    timeline: row.timeline.map((step) => ({ ...step, at: iso(step.at) })),
  };
}
