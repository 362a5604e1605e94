import type { Origin } from '../shared/actor';

/** What people can do to a refund, named role + path as the API lists it in `allowedActions`. */
export const REFUND_OPERATIONS = [
  'buyer.withdraw',
  'buyer.accept',
  'buyer.escalate',
  'provider.agree',
  'provider.offer',
  'provider.decline',
  'ops.approve',
  'ops.reject',
] as const;
export type RefundOperation = (typeof REFUND_OPERATIONS)[number];

/** The operations that name an amount, fen. */
type WithAmount = 'provider.offer' | 'ops.approve';

/** One command to a refund; `commandId` makes it idempotent wherever it is repeated, `note` is the reason given. */
export type RefundCommand = { commandId: string; origin: Origin; note: string } & (
  | { action: Exclude<RefundOperation, WithAmount> }
  | { action: WithAmount; amountFen: number }
);
