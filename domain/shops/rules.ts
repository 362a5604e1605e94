import { diffOf } from '../shared/diff';
import type { ShopContent } from './content';

/** How far the work on a shop is: nothing begun, being written, being reviewed, or refused. */
export const SHOP_STAGES = ['none', 'draft', 'in_review', 'rejected'] as const;
export type ShopStage = (typeof SHOP_STAGES)[number];

/** Every status that a version may have. */
export const VERSION_STATUSES = ['draft', 'in_review', 'rejected', 'published', 'superseded'] as const;
export type VersionStatus = (typeof VERSION_STATUSES)[number];

/** What a provider can do to its shop, named role + path as the API lists it in `allowedActions`. */
export const SHOP_OPERATIONS = [
  'provider.draft',
  'provider.draft.reset',
  'provider.submit',
  'provider.withdraw',
] as const;
export type ShopOperation = (typeof SHOP_OPERATIONS)[number];

/** Legality as data (SHOP-2, SHOP-3, SHOP-4). What was rejected is edited on as a new draft. */
const LEGAL_IN: Record<ShopOperation, readonly ShopStage[]> = {
  'provider.draft': ['none', 'draft', 'rejected'],
  'provider.draft.reset': ['draft'],
  'provider.submit': ['draft'],
  'provider.withdraw': ['in_review'],
};

/** The stage that the newest version of a shop puts it in. */
export function stageOf(newest: VersionStatus | null): ShopStage {
  return newest === 'draft' || newest === 'in_review' || newest === 'rejected' ? newest : 'none';
}

export const isLegal = (operation: ShopOperation, stage: ShopStage): boolean => LEGAL_IN[operation].includes(stage);

/** Everything that the provider may do now. */
export const allowedShopActions = (stage: ShopStage): ShopOperation[] =>
  SHOP_OPERATIONS.filter((operation) => isLegal(operation, stage));

/**
 * How a submission is treated (SHOP-2): one that changes the introduction is reviewed as a whole; one that changes only
 * the rest is published at once; one that changes nothing is none.
 * @param published null before the first publication, which changes everything
 */
export function wayOf(published: ShopContent | null, content: ShopContent): 'review' | 'publish' | 'nothing' {
  const changes = diffOf(published, content);
  if (changes.length === 0) return 'nothing';
  const isOfIntroduction = published === null || changes.some(({ field }) => /^introduction\b/.test(field));
  return isOfIntroduction ? 'review' : 'publish';
}
