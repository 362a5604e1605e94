import type { ProductContent } from './content';
import type { Grade, ProductStatus } from './kinds';
import { PRODUCT_RULES, type ProductOperation } from './rules';

/**
 * What an application changes of a product: only what is named. As an application's base it holds the same names with
 * what was in force, so that the two make the reviewer's diff.
 */
export type ProductChange = {
  status?: ProductStatus;
  grade?: Grade;
  content?: ProductContent | null;
  /** A new token comes with it, which nobody reads here (INS-1). */
  deliveryToken?: 'new' | null;
};

/** What comes with an application beside its operation; nothing with most. */
export type ProductProposal = { content?: ProductContent; grade?: Grade };

/** A product as far as applications change it. */
export type ProductNow = { status: ProductStatus; grade: Grade; content: ProductContent | null };

/** A product that nobody has applied for yet. */
export const NOT_YET: ProductNow = { status: 'unpublished', grade: 'bazaar', content: null };

/** What was in force, and what the application asks for (PRD-3). */
export function changeAsked(
  operation: ProductOperation,
  { status, grade, content }: ProductNow,
  proposal: ProductProposal,
  bringsToken: boolean,
): { base: ProductChange; proposed: ProductChange } {
  const proposed: ProductChange = {
    ...PRODUCT_RULES[operation].changes,
    ...proposal,
    ...(bringsToken ? { deliveryToken: 'new' } : {}),
  };
  const base: ProductChange = {
    ...('status' in proposed ? { status } : {}),
    ...('grade' in proposed ? { grade } : {}),
    ...('content' in proposed ? { content } : {}),
    ...(bringsToken ? { deliveryToken: null } : {}),
  };
  return { base, proposed };
}
