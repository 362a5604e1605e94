import { AppError } from '../shared/errors';
import type { Grade, ProductStatus, ProductType } from './kinds';

/** Everything that is done to a product is an application (PRD-3). */
export const PRODUCT_OPERATIONS = ['publish', 'modify', 'delist', 'relist', 'upgrade', 'downgrade', 'exit'] as const;
export type ProductOperation = (typeof PRODUCT_OPERATIONS)[number];

/** What the rules look at. */
export type ProductFacts = {
  status: ProductStatus;
  grade: Grade;
  /** An application of it is in review, or in its security check. */
  inReview: boolean;
};

type Rule = { statuses: readonly ProductStatus[]; grade?: Grade; changes: { status?: ProductStatus; grade?: Grade } };

/** Legality as data: where each operation is possible, and what it changes beside the content (PRD-3). */
export const PRODUCT_RULES: Record<ProductOperation, Rule> = {
  publish: { statuses: ['unpublished'], changes: { status: 'published' } },
  modify: { statuses: ['published', 'delisted'], changes: {} },
  delist: { statuses: ['published'], changes: { status: 'delisted' } },
  relist: { statuses: ['delisted'], changes: { status: 'published' } },
  upgrade: { statuses: ['published', 'delisted'], grade: 'bazaar', changes: { grade: 'certified' } },
  downgrade: { statuses: ['published', 'delisted'], grade: 'certified', changes: { grade: 'bazaar' } },
  exit: { statuses: ['delisted'], changes: { status: 'exited' } },
};

/** Whether an operation is possible now; while an application is in review, none is (PRD-4). */
export function isLegal({ status, grade, inReview }: ProductFacts, operation: ProductOperation): boolean {
  const rule = PRODUCT_RULES[operation];
  return !inReview && rule.statuses.includes(status) && (rule.grade ?? grade) === grade;
}

export type ProductAction = `provider.${ProductOperation}`;

/** Everything that the provider may do to the product now, named role + path. */
export const allowedProductActions = (facts: ProductFacts): ProductAction[] =>
  PRODUCT_OPERATIONS.filter((operation) => isLegal(facts, operation)).map(
    (operation): ProductAction => `provider.${operation}`,
  );

/** The refusal of an operation that is not possible now, with what is (PRD-3, PRD-4). */
export function productRefusal(facts: ProductFacts): AppError {
  const allowedActions = allowedProductActions(facts);
  if (facts.inReview) {
    const detail = 'An application is being reviewed: wait for the decision, or withdraw it first.';
    return new AppError('REVIEW.IN_REVIEW', detail, { allowedActions });
  }
  const detail = `The product is ${facts.status} and ${facts.grade}: see allowedActions for what is possible now.`;
  return new AppError('PRODUCT.NOT_ALLOWED', detail, { allowedActions });
}

/** The operations that come with a content. */
export const BRINGS_CONTENT: readonly ProductOperation[] = ['publish', 'modify'];

/** Whether what is asked must pass a security check first: a machine image that buyers will start (PRD-6). */
export const needsSecurityCheck = (type: ProductType, operation: ProductOperation): boolean =>
  type === 'image' && BRINGS_CONTENT.includes(operation);

/**
 * Whether operations must approve, or it takes effect at once (PRD-5).
 * @param reviewed the policy `product.reviewed`; no policy puts an unchecked image on sale (PRD-6)
 */
export const isReviewed = (
  type: ProductType,
  operation: ProductOperation,
  reviewed: readonly ProductOperation[],
): boolean => reviewed.includes(operation) || needsSecurityCheck(type, operation);
