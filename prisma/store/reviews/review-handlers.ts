import type { KeyRing } from '../../../codec/keys';
import { accountReviewHandler } from '../accounts/tickets';
import { productReviewHandler } from '../products/review-handler';
import { shopReviewHandler } from '../shops/shops';
import type { ReviewHandlers } from './review-handler';

/** What the decisions of reviews mean for what is reviewed. @param keys opens what a proposal holds sealed */
export const reviewHandlersOf = (keys: KeyRing): ReviewHandlers => ({
  shop: shopReviewHandler,
  product: productReviewHandler(keys),
  account: accountReviewHandler(keys),
});
