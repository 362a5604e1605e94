import type { Role } from '../shared/actor';
import { isSending, type RefundState } from './state';

/** The policies a refund keeps from its start (GEN-3), as plain JSON. Times in milliseconds. */
export type RefundPolicy = {
  noReasonDays: number;
  /** After a request within the no-reason condition (RFD-2). */
  autoExecuteAfterMs: number;
  /** After a request outside of it (RFD-5a). */
  answerWithinMs: number;
  /** After an offer or a refusal, for the buyer. */
  buyerAnswerWithinMs: number;
  /** After a refund was escalated. */
  operationsRemindersMs: number[];
  /** After an execution began to wait for an invoice. */
  invoiceRemindersMs: number[];
};

export type RefundOutcome =
  | 'executed'
  | 'escalated_to_operations'
  | 'declined_for_good'
  | 'operations_reminded'
  | 'parties_reminded';

/** A running deadline, visible to all (GEN-4): its name, its instant, what happens then, who can stop it. */
export type RefundDeadline = { name: string; atMs: number; outcome: RefundOutcome; stoppableBy: Role[] };

type Milestone = { name: string; afterMs: number; outcome: RefundOutcome };

const series = (name: string, timesMs: readonly number[], outcome: RefundOutcome): Milestone[] =>
  timesMs.map((afterMs, index) => ({ name: `${name}_${index + 1}`, afterMs, outcome }));

/** What happens by itself in a stage, in milliseconds since it was entered (RFD-2, RFD-5a, GEN-5). */
function milestonesOf(state: RefundState, policy: RefundPolicy): Milestone[] {
  switch (state.stage) {
    case 'requested':
      return state.noReason
        ? [{ name: 'auto_execute', afterMs: policy.autoExecuteAfterMs, outcome: 'executed' }]
        : [{ name: 'answer_within', afterMs: policy.answerWithinMs, outcome: 'escalated_to_operations' }];
    case 'offered':
      return [{ name: 'accept_within', afterMs: policy.buyerAnswerWithinMs, outcome: 'escalated_to_operations' }];
    case 'declined':
      return state.final
        ? []
        : [{ name: 'escalate_within', afterMs: policy.buyerAnswerWithinMs, outcome: 'declined_for_good' }];
    case 'escalated':
      return series('operations_reminder', policy.operationsRemindersMs, 'operations_reminded');
    case 'executing':
      return isSending(state) ? [] : series('invoice_reminder', policy.invoiceRemindersMs, 'parties_reminded');
    case 'refunded':
    case 'withdrawn':
    case 'rejected':
      return [];
  }
}

/** Who can stop the deadlines of a stage. */
function stoppableBy({ stage, noReason, initiatedBy }: RefundState): Role[] {
  switch (stage) {
    case 'requested':
      return noReason ? ['buyer', 'provider'] : ['provider', 'buyer'];
    case 'offered':
    case 'declined':
      return ['buyer'];
    case 'escalated':
      return ['ops'];
    default:
      return initiatedBy === 'buyer' ? ['buyer', 'provider'] : ['provider'];
  }
}

/** The deadlines that run now, earliest first. */
export function refundDeadlines(state: RefundState, policy: RefundPolicy): RefundDeadline[] {
  return milestonesOf(state, policy)
    .filter(({ name }) => !state.passed.includes(name))
    .map(({ name, afterMs, outcome }) => ({
      name,
      atMs: state.enteredAtMs + afterMs,
      outcome,
      stoppableBy: stoppableBy(state),
    }))
    .sort((a, b) => a.atMs - b.atMs);
}

/** The next deadline to pass, or undefined when none runs. */
export const nextRefundDeadline = (state: RefundState, policy: RefundPolicy): RefundDeadline | undefined =>
  refundDeadlines(state, policy)[0];
