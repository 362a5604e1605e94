import type { InstanceAction, Purchase, PurchaseKind } from './protocol';
import type { Grant } from './term';

/**
 * Stages of an instance (INS): until the provider's side has made it; running; past its end, and still to be renewed;
 * being destroyed; gone.
 */
export const INSTANCE_STAGES = ['creating', 'active', 'expired', 'destroying', 'destroyed'] as const;
export type InstanceStage = (typeof INSTANCE_STAGES)[number];

/** A call that the provider's side has not answered as it should; its request id is its own however often it is tried. */
export type PendingCall = {
  requestId: string;
  action: InstanceAction;
  /** Since when it is to be made, epoch ms. */
  sinceMs: number;
  purchase: Purchase;
  /** The end of the instance that the call names, epoch ms. */
  expiresAtMs: number | null;
};

/** Everything the rules look at: one plain JSON object, kept by the workflow and stored with every step. No secrets. */
export type InstanceState = {
  stage: InstanceStage;
  /** The provider's name for it; null until it is made. */
  signId: string | null;
  /** What it is of: what was bought first, or what it was changed to last. */
  purchase: Purchase;
  /** What was bought of that, in order; the first counts from when the instance is ready. */
  grants: Grant[];
  /** When it ends or ended; null: never, or not ready yet. */
  expiresAtMs: number | null;
  /** In the order in which they are made, one at a time. */
  calls: PendingCall[];
  /** How many calls there were ever: request ids are counted. */
  callCount: number;
  /** Operations know that the first call has waited for long. */
  isLate: boolean;
  /** Orders whose purchase was given up when the instance was: their money goes back. */
  givenUp?: string[];
  /** Orders whose money had gone back before they were handed over: they buy nothing any more. */
  givenBack?: string[];
};

/** Whether nothing changes the instance any more. */
export const isDestroyed = ({ stage }: Pick<InstanceState, 'stage'>): boolean => stage === 'destroyed';

/** Whether nothing can be bought of it any more, and nothing but its destruction is still to come. */
export const isGone = ({ stage }: Pick<InstanceState, 'stage'>): boolean =>
  stage === 'destroying' || stage === 'destroyed';

/**
 * What a purchase is to an instance (INS-4): more of the same, or a change of it (a trial that becomes formal, another
 * spec); null where nothing can be bought of it: it is not made yet, is being destroyed, or has no end to put off.
 */
export function kindOfPurchase(
  { stage, expiresAtMs, purchase: has }: InstanceState,
  wanted: Pick<Purchase, 'specName' | 'isTrial'>,
): PurchaseKind | null {
  if ((stage !== 'active' && stage !== 'expired') || wanted.isTrial) return null;
  if (has.specName !== wanted.specName || has.isTrial) return 'change';
  return expiresAtMs === null ? null : 'more';
}

/** The orders whose purchase the provider's side has carried out: they are completed (ORD-8). */
export function servedOrders({ stage, grants, calls, givenUp = [] }: InstanceState): string[] {
  if (stage === 'creating') return [];
  const waiting = [...givenUp, ...calls.map(({ purchase }) => purchase.orderId)];
  return grants.map(({ orderId }) => orderId).filter((orderId) => !waiting.includes(orderId));
}
