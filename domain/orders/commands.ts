import type { Origin } from '../shared/actor';

/** What people can do to an order, named role + path as the API lists it in `allowedActions`. */
export const ORDER_OPERATIONS = [
  'provider.price',
  'buyer.take',
  'buyer.requirement',
  'provider.start',
  'provider.done',
  'buyer.confirm',
] as const;
export type OrderOperation = (typeof ORDER_OPERATIONS)[number];

/** One command to an order. `note` is the reason, the requirement or the details; those of `isSealed` actions travel sealed, as base64. */
export type OrderCommand = { commandId: string; origin: Origin; note: string } & (
  | { action: 'provider.price'; payableFen: number }
  | { action: 'buyer.requirement'; attachmentIds?: string[] }
  | { action: Exclude<OrderOperation, 'provider.price' | 'buyer.requirement'> }
);

/** Whether an action's words may hold accounts and passwords: only buyer and provider ever read them (ORD-2). */
export const isSealed = (action: string): boolean => action === 'provider.done';
