import type { ReasonCode } from './reasons';

/** Where a refund is (RFD). */
export const REFUND_STAGES = [
  'requested',
  'offered',
  'declined',
  'escalated',
  'executing',
  'refunded',
  'withdrawn',
  'rejected',
] as const;
export type RefundStage = (typeof REFUND_STAGES)[number];

/** The stages in which a refund holds its order: nothing else goes on with it (RFD-6). */
export const OPEN_STAGES = ['requested', 'offered', 'escalated', 'executing'] as const satisfies readonly RefundStage[];

/** What an execution can wait for (RFD-4). */
export const OBSTACLES = ['invoice'] as const;
export type Obstacle = (typeof OBSTACLES)[number];

/** Everything the rules look at: one plain JSON object, kept by the workflow and stored with every step. */
export type RefundState = {
  stage: RefundStage;
  initiatedBy: 'buyer' | 'provider';
  reasonCode: ReasonCode;
  /** Whether the request met the no-reason condition when it was made (RFD-3); filled in where it is recorded. */
  noReason: boolean | null;
  requestedFen: number;
  offeredFen: number | null;
  /** What is to be sent back, once somebody has agreed to it. */
  approvedFen: number | null;
  refundedFen: number;
  /** What the execution waits for; empty while the channel is being asked (RFD-4). Filled in where it is recorded. */
  waitsFor: Obstacle[] | null;
  /** How often the channel has been asked anew after it had refused for good; always under the same key. */
  attempt: number;
  /** Why the channel refused, after the latest attempt; null while none has failed. */
  failure: string | null;
  /** The channel's number of the refund, once it was sent. */
  channelRefundId: string | null;
  /** When the stage, or the wait for an obstacle, began (epoch ms). */
  enteredAtMs: number;
  /** Names of the deadlines that have passed since. */
  passed: string[];
  /** A declined refund that the buyer can no longer take to operations. */
  final: boolean;
};

/** Whether a refund holds its order (RFD-6). */
export const isOpen = ({ stage }: Pick<RefundState, 'stage'>): boolean => OPEN.includes(stage);
const OPEN: readonly RefundStage[] = OPEN_STAGES;

/** Whether nothing changes a refund any more. */
export const isOver = ({ stage, final }: Pick<RefundState, 'stage' | 'final'>): boolean =>
  stage === 'refunded' || stage === 'withdrawn' || stage === 'rejected' || (stage === 'declined' && final);

/** Whether the money is on its way: nobody can stop it, and the channel has the word. */
export const isSending = ({ stage, waitsFor }: Pick<RefundState, 'stage' | 'waitsFor'>): boolean =>
  stage === 'executing' && (waitsFor ?? []).length === 0;

/**
 * What of the order's payment a refund keeps reserved, fen: while it is open what it may send at most, nothing after the
 * channel has refused it for good.
 */
export function reservedFen(state: RefundState): number {
  if (!isOpen(state)) return 0;
  if (state.stage === 'executing') return state.approvedFen ?? state.requestedFen;
  return state.failure === null ? state.requestedFen : 0;
}
