import { refundDeadlines } from '../../domain/refunds/deadlines';
import { groundsOf, type RefundFacts } from '../../domain/refunds/grounds';
import { allowedRefundActions } from '../../domain/refunds/rules';
import type { RefundDetails, RefundRow } from '../../prisma/store/refunds/requests';

const iso = (instant: number | string) => new Date(instant).toISOString();
const isoOrNull = (instant: number | null) => (instant === null ? null : iso(instant));

/** A refund as lists show it: everything derives from the stored state, no clock is read (GEN-4). */
export function refundSummary({ state, policy, ...row }: RefundRow) {
  const { stage, initiatedBy, reasonCode, requestedFen, offeredFen, approvedFen, refundedFen } = state;
  const noReason = state.noReason ?? false;
  const { id, orderId, deliveryId, buyerId, providerId, reason, createdAt, updatedAt } = row;
  return {
    ...{ id, orderId, deliveryId, buyerId, providerId, initiatedBy, state: stage, noReason, reasonCode, reason },
    ...{ requestedFen, offeredFen, approvedFen, refundedFen, waitsFor: state.waitsFor ?? [], failure: state.failure },
    allowedActions: allowedRefundActions(state),
    deadlines: refundDeadlines(state, policy).map(({ atMs, ...deadline }) => ({ ...deadline, at: iso(atMs) })),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

/**
 * A refund in full.
 * @param facts for operations: what had happened when it was asked for; null for the parties
 */
export function refundView({ timeline, ...row }: RefundDetails, facts: RefundFacts | null) {
  return {
    ...refundSummary(row),
    timeline: timeline.map((step) => ({ ...step, at: iso(step.at) })),
    grounds: facts === null ? null : groundsOf(facts),
    facts: facts === null ? null : factsView(facts),
  };
}

const factsView = (facts: RefundFacts) => ({
  paidAt: isoOrNull(facts.paidAtMs),
  requestedAt: iso(facts.requestedAtMs),
  requirementAt: isoOrNull(facts.requirementAtMs),
  confirmedAt: isoOrNull(facts.confirmedAtMs),
  submittedAt: isoOrNull(facts.submittedAtMs),
  acceptedAt: isoOrNull(facts.acceptedAtMs),
  requirementRejections: facts.requirementRejections,
  acceptanceRejections: facts.acceptanceRejections,
  buyerActedAt: isoOrNull(facts.buyerActedAtMs),
  providerActedAt: isoOrNull(facts.providerActedAtMs),
});
