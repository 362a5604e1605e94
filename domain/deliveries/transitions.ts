import type { MessageEvent } from '../notifications/events';
import type { Notice } from '../notifications/notice';
import type { DeliveryPolicy } from '../policies/catalogue';
import type { Role } from '../shared/actor';
import { pauseClock, resumeClock, startClock, stoppedClock } from '../shared/clock';
import type { Transition as TransitionOf } from '../shared/step';
import type { DeliveryCommand } from './commands';
import { type Deadline, type DeadlineOutcome, deadlines } from './deadlines';
import { groundsMet } from './rules';
import type { DeliveryState, Outcome, Stage } from './state';

/** What a step makes of a delivery. */
export type Transition = TransitionOf<DeliveryState>;

type ParticipantRole = Exclude<Role, 'system'>;
type DeliveryEvent = MessageEvent extends infer E ? (E extends `delivery.${infer Name}` ? Name : never) : never;
const notice = (event: DeliveryEvent, to: ParticipantRole[], params: Record<string, string> = {}): Notice => ({
  event: `delivery.${event}`,
  to,
  params,
});

/** Enters a stage with a fresh stage clock; the start clock counts only while the provider must confirm (ORD-3). */
function enter(state: DeliveryState, stage: Stage, nowMs: number): DeliveryState {
  const waitsForStart = stage === 'awaiting_requirement_confirmation';
  return {
    ...state,
    stage,
    stalled: false,
    passed: [],
    stageClock: startClock(nowMs),
    startClock: waitsForStart ? resumeClock(state.startClock, nowMs) : pauseClock(state.startClock, nowMs),
  };
}

function close(state: DeliveryState, stage: 'completed' | 'cancelled', outcome: Outcome, nowMs: number): DeliveryState {
  const entered = enter(state, stage, nowMs);
  return { ...entered, outcome, stageClock: stoppedClock() };
}

/** Frozen time counts for nobody: both clocks stop (DLV-9, DLV-11). */
function freeze(state: DeliveryState, nowMs: number): DeliveryState {
  return {
    ...state,
    stageClock: pauseClock(state.stageClock, nowMs),
    startClock: pauseClock(state.startClock, nowMs),
  };
}

/**
 * `resume`: back where it froze. The auto-acceptance clock keeps its remaining time; a step of anybody
 * else starts its clock anew, or inactivity after a late ruling would have no outcome (GEN-5).
 */
function resume(state: DeliveryState, nowMs: number): DeliveryState {
  if (state.stage !== 'awaiting_acceptance') return enter(state, state.stage, nowMs);
  return { ...state, stageClock: resumeClock(state.stageClock, nowMs) };
}

function rule(state: DeliveryState, command: DeliveryCommand & { action: 'ops.resolve' }, nowMs: number) {
  switch (command.ruling) {
    case 'resume':
      return resume(state, nowMs);
    case 'redo_requirement':
      return enter(state, 'awaiting_requirement', nowMs);
    case 'redo_implementation':
      return enter(state, 'implementing', nowMs);
    case 'accept':
      return close(state, 'completed', 'accepted_by_ruling', nowMs);
    case 'cancel_and_refund':
      return close({ ...state, refundFen: command.refundFen }, 'cancelled', 'cancelled_and_refunded', nowMs);
  }
}

function resolve(
  state: DeliveryState,
  command: DeliveryCommand & { action: 'ops.resolve' },
  nowMs: number,
): Transition {
  const grounds = state.appeal?.grounds ?? [];
  const unfrozen: DeliveryState = {
    ...state,
    appeal: null,
    stalled: false,
    requirementRejections: grounds.includes('requirement_rejections') ? 0 : state.requirementRejections,
    acceptanceRejections: grounds.includes('acceptance_rejections') ? 0 : state.acceptanceRejections,
  };
  const ruled = rule(unfrozen, command, nowMs);
  const params = { ruling: command.ruling, reason: command.note };
  return { state: ruled, notices: [notice('appeal_resolved', ['buyer', 'provider'], params)] };
}

function openAppeal(
  state: DeliveryState,
  command: DeliveryCommand & { action: 'buyer.appeals' | 'provider.appeals' },
  policy: DeliveryPolicy,
  nowMs: number,
): Transition {
  const openedBy = command.action === 'buyer.appeals' ? 'buyer' : 'provider';
  const grounds = groundsMet(state, policy);
  const appeal = { id: command.appealId, openedBy, grounds, openedAtMs: nowMs, due: null, escalated: false } as const;
  const params = { openedBy, grounds: grounds.join(', '), reason: command.note };
  return {
    state: { ...freeze(state, nowMs), appeal },
    notices: [notice('appeal_opened', ['buyer', 'provider', 'ops'], params)],
  };
}

/** The buyer states the requirement, or edits it while it is unconfirmed without restarting any clock (DLV-2, DLV-6). */
function stateRequirement(state: DeliveryState, nowMs: number): Transition {
  if (state.stage === 'awaiting_requirement_confirmation') {
    return { state, notices: [notice('requirement_edited', ['provider'])] };
  }
  const next = enter(state, 'awaiting_requirement_confirmation', nowMs);
  return { state: next, notices: [notice('requirement_submitted', ['provider'])] };
}

/**
 * The delivery after a command that `judge` found legal (DLV-2 … DLV-12).
 * @param nowMs the workflow's time, epoch milliseconds
 */
export function applyCommand(
  state: DeliveryState,
  command: DeliveryCommand,
  policy: DeliveryPolicy,
  nowMs: number,
): Transition {
  const reason = { reason: command.note };
  switch (command.action) {
    case 'ops.dispatch':
      return {
        state: enter(state, 'awaiting_requirement', nowMs),
        notices: [notice('dispatched', ['buyer', 'provider'])],
      };
    case 'buyer.requirement':
      return stateRequirement(state, nowMs);
    case 'provider.requirement.confirm': {
      const confirmed = enter({ ...state, requirementConfirmed: true }, 'implementing', nowMs);
      return {
        state: { ...confirmed, startClock: stoppedClock() },
        notices: [notice('requirement_confirmed', ['buyer'])],
      };
    }
    case 'provider.requirement.reject':
      return {
        state: enter(
          { ...state, requirementRejections: state.requirementRejections + 1 },
          'awaiting_requirement',
          nowMs,
        ),
        notices: [notice('requirement_rejected', ['buyer'], reason)],
      };
    case 'provider.implementation.submit': {
      const next = state.flow === 'self_operated' ? 'awaiting_platform_check' : 'awaiting_acceptance';
      return {
        state: enter({ ...state, submitted: true }, next, nowMs),
        notices: [notice('submitted', state.flow === 'self_operated' ? ['ops'] : ['buyer'])],
      };
    }
    case 'ops.check.pass':
      return {
        state: enter(state, 'awaiting_acceptance', nowMs),
        notices: [notice('check_passed', ['buyer', 'provider'])],
      };
    case 'ops.check.return':
      return {
        state: enter(state, 'implementing', nowMs),
        notices: [notice('check_returned', ['provider'], reason)],
      };
    case 'buyer.acceptance.accept':
      return {
        state: close(state, 'completed', 'accepted', nowMs),
        notices: [notice('completed', ['buyer', 'provider'], { outcome: 'accepted' })],
      };
    case 'buyer.acceptance.reject':
      return {
        state: enter({ ...state, acceptanceRejections: state.acceptanceRejections + 1 }, 'implementing', nowMs),
        notices: [notice('acceptance_rejected', ['provider'], reason)],
      };
    case 'buyer.appeals':
    case 'provider.appeals':
      return openAppeal(state, command, policy, nowMs);
    case 'buyer.evidence':
      return { state, notices: [notice('appeal_evidence', ['provider', 'ops'])] };
    case 'provider.evidence':
      return { state, notices: [notice('appeal_evidence', ['buyer', 'ops'])] };
    case 'ops.resolve':
      return resolve(state, command, nowMs);
  }
}

const ESCALATION_REASONS: Record<string, string> = {
  appeal_target: 'appeal_overdue',
  requirement_missing: 'requirement_missing',
};

/** Outcomes that end the delivery if nobody acts: what a reminder warns of. */
const ENDS_BY_ITSELF: readonly DeadlineOutcome[] = ['auto_accepted', 'cancelled_and_refunded'];

const REMINDED = { buyer_reminded: 'buyer', provider_reminded: 'provider', operations_reminded: 'ops' } as const;

/** The delivery after one of its deadlines has passed: recorded, notified, and acted upon (GEN-4, GEN-5). */
export function passDeadline(
  state: DeliveryState,
  deadline: Deadline,
  policy: DeliveryPolicy,
  nowMs: number,
): Transition {
  const recorded: DeliveryState = { ...state, passed: [...state.passed, deadline.name] };
  switch (deadline.outcome) {
    case 'buyer_reminded':
    case 'provider_reminded':
    case 'operations_reminded': {
      const turn = REMINDED[deadline.outcome];
      const end = deadlines(recorded, policy).find(({ outcome }) => ENDS_BY_ITSELF.includes(outcome));
      const dueAt = end === undefined ? '' : new Date(end.atMs).toISOString();
      return { state: recorded, notices: [notice('reminder', [turn], { turn, stage: state.stage, of: '', dueAt })] };
    }
    case 'buyer_may_appeal':
      return { state: { ...recorded, stalled: true }, notices: [notice('stalled', ['buyer', 'provider'])] };
    case 'operations_tasked':
    case 'escalated_to_operations': {
      const reason = ESCALATION_REASONS[deadline.name] ?? 'implementing_overdue';
      const appeal = state.appeal === null ? null : { ...state.appeal, escalated: true };
      return { state: { ...recorded, appeal }, notices: [notice('escalated', ['ops'], { reason })] };
    }
    case 'auto_accepted':
      return {
        state: close(state, 'completed', 'auto_accepted', nowMs),
        notices: [notice('completed', ['buyer', 'provider'], { outcome: 'auto_accepted' })],
      };
    case 'cancelled_and_refunded':
      return {
        state: close(state, 'cancelled', 'cancelled_and_refunded', nowMs),
        notices: [notice('cancelled', ['buyer', 'provider'], { outcome: 'start_overdue' })],
      };
  }
}
