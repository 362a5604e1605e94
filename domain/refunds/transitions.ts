import type { MessageEvent } from '../notifications/events';
import type { Audience, Notice } from '../notifications/notice';
import type { Transition as TransitionOf } from '../shared/step';
import type { RefundCommand } from './commands';
import type { RefundDeadline } from './deadlines';
import type { ReasonCode } from './reasons';
import { isSending, type RefundStage, type RefundState } from './state';

type Transition = TransitionOf<RefundState>;

type RefundEvent = MessageEvent extends infer E ? (E extends `refund.${infer Name}` ? Name : never) : never;
const notice = (event: RefundEvent, to: Audience[], params: Record<string, string> = {}): Notice => ({
  event: `refund.${event}`,
  to,
  params,
});
const PARTIES: Audience[] = ['buyer', 'provider'];
const EVERYBODY: Audience[] = ['buyer', 'provider', 'ops'];

const enter = (state: RefundState, stage: RefundStage, nowMs: number): RefundState => ({
  ...state,
  stage,
  waitsFor: stage === 'executing' ? null : [],
  enteredAtMs: nowMs,
  passed: [],
});

/** What is asked for. */
export type RefundRequest = { initiatedBy: 'buyer' | 'provider'; reasonCode: ReasonCode; amountFen: number };

/**
 * A refund as it begins: the buyer's request waits for the provider, the provider's own is executed (RFD-8). Whether it
 * meets the no-reason condition, and what it has to wait for, is found out where it is stored.
 */
export function begun(request: RefundRequest, note: string, nowMs: number): Transition {
  const { initiatedBy, reasonCode, amountFen } = request;
  const state: RefundState = {
    stage: 'requested',
    initiatedBy,
    reasonCode,
    noReason: null,
    requestedFen: amountFen,
    offeredFen: null,
    approvedFen: null,
    refundedFen: 0,
    waitsFor: [],
    attempt: 0,
    failure: null,
    channelRefundId: null,
    enteredAtMs: nowMs,
    passed: [],
    final: false,
  };
  const params = { amountFen: String(amountFen), reasonCode, reason: note };
  if (initiatedBy === 'provider') return execute(state, amountFen, 'provider', nowMs);
  return { state, notices: [notice('requested', PARTIES, params)] };
}

function execute(state: RefundState, approvedFen: number, by: string, nowMs: number): Transition {
  const params = { amountFen: String(approvedFen), by };
  return {
    state: { ...enter(state, 'executing', nowMs), approvedFen, attempt: state.attempt + 1 },
    notices: [notice('approved', PARTIES, params)],
  };
}

function escalate(state: RefundState, why: string, reason: string, nowMs: number): Transition {
  const params = { amountFen: String(state.requestedFen), why, reason };
  return { state: enter(state, 'escalated', nowMs), notices: [notice('escalated', EVERYBODY, params)] };
}

/** The refund after a command that `judgeRefund` found legal (RFD-1 … RFD-5). */
export function applyRefundCommand(state: RefundState, command: RefundCommand, nowMs: number): Transition {
  const reason = { reason: command.note };
  switch (command.action) {
    case 'provider.agree':
      return execute(state, state.requestedFen, 'provider', nowMs);
    case 'buyer.accept':
      return execute(state, state.offeredFen ?? state.requestedFen, 'buyer', nowMs);
    case 'ops.approve':
      return execute(state, command.amountFen, 'ops', nowMs);
    case 'provider.offer':
      return {
        state: { ...enter(state, 'offered', nowMs), offeredFen: command.amountFen },
        notices: [notice('offered', ['buyer'], { amountFen: String(command.amountFen), ...reason })],
      };
    case 'provider.decline':
      return { state: enter(state, 'declined', nowMs), notices: [notice('declined', ['buyer'], reason)] };
    case 'buyer.escalate':
      return escalate(state, 'buyer_asked', command.note, nowMs);
    case 'buyer.withdraw':
      return { state: enter(state, 'withdrawn', nowMs), notices: [notice('withdrawn', ['provider'])] };
    case 'ops.reject':
      return { state: enter(state, 'rejected', nowMs), notices: [notice('rejected', PARTIES, reason)] };
  }
}

/** The refund after one of its deadlines has passed: recorded, notified, and acted upon (RFD-2, RFD-5a, GEN-5). */
export function passRefundDeadline(state: RefundState, deadline: RefundDeadline, nowMs: number): Transition {
  const recorded: RefundState = { ...state, passed: [...state.passed, deadline.name] };
  switch (deadline.outcome) {
    case 'executed':
      return execute(state, state.requestedFen, 'system', nowMs);
    case 'escalated_to_operations':
      return escalate(state, 'no_answer', '', nowMs);
    case 'declined_for_good':
      return { state: { ...recorded, final: true }, notices: [] };
    case 'operations_reminded':
      return { state: recorded, notices: [notice('reminder', ['ops'], { turn: 'ops' })] };
    case 'parties_reminded':
      return { state: recorded, notices: [notice('reminder', EVERYBODY, { turn: 'invoice' })] };
  }
}

/** The refund once nothing stands in the way of its execution any more (RFD-4); null where it does not wait. */
export function released(state: RefundState, nowMs: number): Transition | null {
  if (state.stage !== 'executing' || isSending(state)) return null;
  return { state: enter(state, 'executing', nowMs), notices: [] };
}

/** What the payment channel says of an attempt, once it is known. */
export type ChannelAnswer = { status: 'refunded'; channelRefundId: string } | { status: 'failed'; reason: string };

/**
 * The refund after the channel's answer: done, or for operations to look at, with nothing reserved any more. Null where
 * it was not being sent.
 */
export function answered(state: RefundState, answer: ChannelAnswer, nowMs: number): Transition | null {
  if (state.stage !== 'executing') return null;
  const amountFen = state.approvedFen ?? state.requestedFen;
  const params = { amountFen: String(amountFen) };
  if (answer.status === 'refunded') {
    const { channelRefundId } = answer;
    const done = { ...enter(state, 'refunded', nowMs), refundedFen: amountFen, failure: null, channelRefundId };
    return { state: done, notices: [notice('refunded', PARTIES, params)] };
  }
  const failed = { ...enter(state, 'escalated', nowMs), failure: answer.reason };
  return { state: failed, notices: [notice('failed', EVERYBODY, { ...params, reason: answer.reason })] };
}
