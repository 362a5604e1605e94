import type { Duration } from '../policies/duration';
import { REVIEW_OPERATIONS, type ReviewOperation } from './commands';
import { isDecided, type ReviewStage, type ReviewState } from './state';

/** Legality as data: the stages in which each operation is possible (SHOP-2, SHOP-3, PRD-5, PRD-6). */
export const LEGAL_IN: Record<ReviewOperation, readonly ReviewStage[]> = {
  'provider.withdraw': ['security_check', 'in_review'],
  'ops.security.pass': ['security_check'],
  'ops.security.fail': ['security_check'],
  'ops.approve': ['in_review'],
  'ops.reject': ['in_review'],
};

/** Everything that somebody may do to the review now. */
export const allowedReviewActions = ({ stage }: Pick<ReviewState, 'stage'>): ReviewOperation[] =>
  REVIEW_OPERATIONS.filter((operation) => LEGAL_IN[operation].includes(stage));

/** The policies a review keeps from its start (GEN-3). */
export type ReviewPolicy = { target: Duration; securityTarget: Duration };

/** A running deadline of a review, visible to all (GEN-4). Nothing is ever decided by it (SHOP-5). */
export type ReviewDeadline = {
  name: 'review_target' | 'security_check_target';
  atMs: number;
  outcome: 'escalated_to_managers';
  stoppableBy: ['ops', 'provider'];
};

/** The deadline that runs, or null: none once it has passed, or once the review is decided. */
export function reviewDeadline({ stage, due, overdue }: ReviewState): ReviewDeadline | null {
  if (due === null || overdue || isDecided({ stage })) return null;
  const name = stage === 'security_check' ? 'security_check_target' : 'review_target';
  return { name, atMs: due.atMs, outcome: 'escalated_to_managers', stoppableBy: ['ops', 'provider'] };
}

/** How long the present stage should take at most. */
export const targetOf = ({ stage }: Pick<ReviewState, 'stage'>, policy: ReviewPolicy): Duration =>
  stage === 'security_check' ? policy.securityTarget : policy.target;
