import { type Clock, startClock, stoppedClock } from '../shared/clock';

/** Stages of a supervised delivery (DLV); the two `awaiting_dispatch`/`platform_check` are self-operated only. */
export const STAGES = [
  'awaiting_dispatch',
  'awaiting_requirement',
  'awaiting_requirement_confirmation',
  'implementing',
  'awaiting_platform_check',
  'awaiting_acceptance',
  'completed',
  'cancelled',
] as const;
export type Stage = (typeof STAGES)[number];

/** `standard` is the flow of third-party products; `self_operated` adds operations' dispatch and check (DLV-12). */
export const FLOWS = ['standard', 'self_operated'] as const;
export type Flow = (typeof FLOWS)[number];

/** How a delivery can end. */
export const OUTCOMES = ['accepted', 'auto_accepted', 'accepted_by_ruling', 'cancelled_and_refunded'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Why an appeal could be opened (DLV-6, DLV-7, DLV-8). */
export const GROUNDS = ['stall', 'requirement_rejections', 'acceptance_rejections'] as const;
export type Ground = (typeof GROUNDS)[number];

export const RULINGS = ['resume', 'redo_requirement', 'redo_implementation', 'accept', 'cancel_and_refund'] as const;
export type Ruling = (typeof RULINGS)[number];

/** An appeal that freezes the delivery. `due` is filled in by the activity that records it (GEN-1). */
export type OpenAppeal = {
  id: string;
  openedBy: 'buyer' | 'provider';
  grounds: Ground[];
  openedAtMs: number;
  due: { atMs: number; calendarVersion: string; provisional: boolean } | null;
  escalated: boolean;
};

/** Everything the rules look at: one plain JSON object, kept by the workflow and stored with every step. */
export type DeliveryState = {
  flow: Flow;
  stage: Stage;
  /** The open appeal; while there is one the delivery is frozen (DLV-9). */
  appeal: OpenAppeal | null;
  /** The open refund of the order; while there is one nothing goes on (RFD-6). Absent before refunds could be asked for. */
  refund?: { id: string } | null | undefined;
  /** What refunds have given back of the payment so far, fen; absent while it is nothing. */
  refundedFen?: number | undefined;
  requirementRejections: number;
  acceptanceRejections: number;
  /** The current provider step has lasted longer than the stall limit (DLV-6); recorded by its deadline. */
  stalled: boolean;
  /** A requirement was confirmed at least once: `redo_implementation` is possible (DLV-10). */
  requirementConfirmed: boolean;
  /** Something was submitted at least once: the ruling `accept` is possible (DLV-10). */
  submitted: boolean;
  /** Time in the present stage, frozen time left out. */
  stageClock: Clock;
  /** Time spent waiting for the provider to start, added up over rejections (ORD-3). */
  startClock: Clock;
  /** Names of the deadlines that have passed in the present stage. */
  passed: string[];
  outcome: Outcome | null;
  /** What the buyer gets back when cancelled; null means all that was paid. */
  refundFen: number | null;
};

/** Whether no party may operate: an appeal is open (DLV-9), or a refund (RFD-6). */
export const isFrozen = ({ appeal, refund }: Pick<DeliveryState, 'appeal' | 'refund'>): boolean =>
  appeal !== null || (refund ?? null) !== null;

export const isClosed = (state: Pick<DeliveryState, 'stage'>): boolean =>
  state.stage === 'completed' || state.stage === 'cancelled';

/** A delivery as it is when its order has just been paid (DLV-1, DLV-12a). */
export function newDelivery(flow: Flow, nowMs: number): DeliveryState {
  return {
    flow,
    stage: flow === 'self_operated' ? 'awaiting_dispatch' : 'awaiting_requirement',
    appeal: null,
    requirementRejections: 0,
    acceptanceRejections: 0,
    stalled: false,
    requirementConfirmed: false,
    submitted: false,
    stageClock: startClock(nowMs),
    startClock: stoppedClock(),
    passed: [],
    outcome: null,
    refundFen: null,
  };
}

/** The order states a running or ended delivery maps onto (ORD-2). */
export function orderStateOf(stage: Stage) {
  switch (stage) {
    case 'awaiting_dispatch':
    case 'awaiting_requirement':
    case 'awaiting_requirement_confirmation':
      return 'awaiting_start';
    case 'implementing':
    case 'awaiting_platform_check':
      return 'implementing';
    case 'awaiting_acceptance':
      return 'awaiting_confirmation';
    case 'completed':
      return 'completed';
    case 'cancelled':
      return 'cancelled';
  }
}
