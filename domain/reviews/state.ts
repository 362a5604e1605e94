import type { Deadline } from '../calendar/working-days';

/** What is reviewed: a shop's introduction (SHOP-2), a product application (PRD-5), a change of locked account data (ACC-3). */
export const REVIEW_KINDS = ['shop', 'product', 'account'] as const;
export type ReviewKind = (typeof REVIEW_KINDS)[number];

/** Open: `security_check` (image products first, PRD-6), `in_review`; the others are its end. */
export const REVIEW_STAGES = ['security_check', 'in_review', 'approved', 'rejected', 'withdrawn'] as const;
export type ReviewStage = (typeof REVIEW_STAGES)[number];

/** Everything the rules look at: one plain JSON object, kept by the process and stored with every step. */
export type ReviewState = {
  stage: ReviewStage;
  /** When the stage began, epoch ms: its target counts from there. */
  enteredAtMs: number;
  /** By when operations should be done with the stage; filled in by the activity that records it (GEN-1). */
  due: Deadline | null;
  /** The target has passed and managers were told (SHOP-5). */
  overdue: boolean;
};

export const isDecided = ({ stage }: Pick<ReviewState, 'stage'>): boolean =>
  stage !== 'security_check' && stage !== 'in_review';

/** A review as it is when something was just submitted. */
export const newReview = (needsSecurityCheck: boolean, nowMs: number): ReviewState => ({
  stage: needsSecurityCheck ? 'security_check' : 'in_review',
  enteredAtMs: nowMs,
  due: null,
  overdue: false,
});
