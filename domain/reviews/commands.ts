import type { Origin } from '../shared/actor';

/** What people can do to an open review, named role + path as the API lists it in `allowedActions`. */
export const REVIEW_OPERATIONS = [
  'provider.withdraw',
  'ops.security.pass',
  'ops.security.fail',
  'ops.approve',
  'ops.reject',
] as const;
export type ReviewOperation = (typeof REVIEW_OPERATIONS)[number];

/** One command to a review; `note` is the reason of a rejection. `commandId` makes it idempotent. */
export type ReviewCommand = { commandId: string; action: ReviewOperation; note: string; origin: Origin };
