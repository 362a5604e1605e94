import type { Deadline } from '../calendar/working-days';

/** What is reviewed: a shop's introduction (SHOP-2), a product application (PRD-5), a change of locked account data (ACC-3). */
export const REVIEW_KINDS = ['shop', 'product', 'account'] as const;
export type ReviewKind = (typeof REVIEW_KINDS)[number];

/** The stages of a review that is not decided: `security_check` comes first for image products (PRD-6). */
export const OPEN_STAGES = ['security_check', 'in_review'] as const;
export const DECIDED_STAGES = ['approved', 'rejected', 'withdrawn'] as const;
export const REVIEW_STAGES = [...OPEN_STAGES, ...DECIDED_STAGES] as const;
export type ReviewStage = (typeof REVIEW_STAGES)[number];
export type DecidedStage = (typeof DECIDED_STAGES)[number];

/** What is shown of a review: its stage, or `effective` where an application needed no review (PRD-5). */
export const REVIEW_STATUSES = [...REVIEW_STAGES, 'effective'] as const;
export type ReviewStatus = (typeof REVIEW_STATUSES)[number];

/** Everything the rules look at: one plain JSON object, kept by the workflow and stored with every step. */
export type ReviewState = {
  stage: ReviewStage;
  /** When the stage began, epoch ms: its target counts from there. */
  enteredAtMs: number;
  /** By when operations should be done with the stage; filled in by the activity that records it (GEN-1). */
  due: Deadline | null;
  /** The target has passed and managers were notified (SHOP-5). */
  overdue: boolean;
};

/** The decision, or null while the review is open. */
export const decisionOf = ({ stage }: Pick<ReviewState, 'stage'>): DecidedStage | null =>
  DECIDED_STAGES.find((decided) => decided === stage) ?? null;

export const isDecided = (state: Pick<ReviewState, 'stage'>): boolean => decisionOf(state) !== null;

/** A review as it is when something was just submitted. */
export const newReview = (needsSecurityCheck: boolean, nowMs: number): ReviewState => ({
  stage: needsSecurityCheck ? 'security_check' : 'in_review',
  enteredAtMs: nowMs,
  due: null,
  overdue: false,
});
