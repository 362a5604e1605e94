import type { Origin } from '../shared/actor';
import type { Ruling } from './state';

/** What people can do to a delivery, named role + path as the API lists it in `allowedActions`. */
export const OPERATIONS = [
  'buyer.requirement',
  'provider.requirement.confirm',
  'provider.requirement.reject',
  'provider.implementation.submit',
  'buyer.acceptance.accept',
  'buyer.acceptance.reject',
  'buyer.appeals',
  'provider.appeals',
  'ops.resolve',
  'ops.dispatch',
  'ops.check.pass',
  'ops.check.return',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Evidence goes to the open appeal, not to the flow, and so is not among the operations (DLV-10). */
export type Evidence = 'buyer.evidence' | 'provider.evidence';

/**
 * The words and files that come with a command: requirement text, reason, summary, comment … The words of `isSealed`
 * actions are sealed before they are sent, and travel as base64.
 */
type Content = { note: string; attachmentIds: string[] };

/** One command to a delivery; `commandId` makes it idempotent wherever it is repeated. */
export type DeliveryCommand = { commandId: string; origin: Origin } & Content &
  (
    | { action: Exclude<Operation, 'buyer.appeals' | 'provider.appeals' | 'ops.resolve'> }
    | { action: 'buyer.appeals' | 'provider.appeals'; appealId: string }
    | { action: Evidence; appealId: string }
    | { action: 'ops.resolve'; appealId: string; ruling: Ruling; refundFen: number | null }
  );
export type DeliveryAction = DeliveryCommand['action'];

/** Whether an action's words may hold accounts and passwords: only buyer and provider ever read them (ORD-2). */
export const isSealed = (action: string): boolean => action === 'provider.implementation.submit';
