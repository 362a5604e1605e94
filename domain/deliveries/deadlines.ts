import type { DeliveryPolicy } from '../policies/catalogue';
import type { Role } from '../shared/actor';
import { instantOf } from '../shared/clock';
import { type DeliveryState, isFrozen, type Stage } from './state';

/** What happens when a deadline passes. */
export type DeadlineOutcome =
  | 'buyer_reminded'
  | 'provider_reminded'
  | 'operations_reminded'
  | 'operations_tasked'
  | 'escalated_to_operations'
  | 'buyer_may_appeal'
  | 'auto_accepted'
  | 'cancelled_and_refunded';

/** A running deadline, visible to all (GEN-4): its name, its instant, what happens then, who can stop it. */
export type Deadline = { name: string; atMs: number; outcome: DeadlineOutcome; stoppableBy: Role[] };

type Milestone = { name: string; afterMs: number; outcome: DeadlineOutcome };

const series = (name: string, timesMs: readonly number[], outcome: DeadlineOutcome): Milestone[] =>
  timesMs.map((afterMs, index) => ({ name: `${name}_${index + 1}`, afterMs, outcome }));

/** What a stage's own clock leads to, in milliseconds since the stage was entered (DLV-6, DLV-11, DLV-13). */
function milestonesOf(stage: Stage, policy: DeliveryPolicy): Milestone[] {
  const remindProvider = series('provider_reminder', policy.providerRemindersMs, 'provider_reminded');
  const stall: Milestone = { name: 'provider_stall', afterMs: policy.providerStallMs, outcome: 'buyer_may_appeal' };
  switch (stage) {
    case 'awaiting_dispatch':
    case 'awaiting_platform_check':
      return series('operations_reminder', policy.operationsRemindersMs, 'operations_reminded');
    case 'awaiting_requirement':
      return [
        ...series('buyer_reminder', policy.requirementRemindersMs, 'buyer_reminded'),
        { name: 'requirement_missing', afterMs: policy.requirementTaskAfterMs, outcome: 'operations_tasked' },
      ];
    case 'awaiting_requirement_confirmation':
      return [...remindProvider, stall];
    case 'implementing':
      return [
        ...remindProvider,
        stall,
        ...series('implementing_overdue', policy.implementingEscalationsMs, 'escalated_to_operations'),
      ];
    case 'awaiting_acceptance': {
      const before = policy.acceptanceRemindersMs.map((ms) => policy.autoAcceptAfterMs - ms).filter((ms) => ms > 0);
      return [
        ...series('buyer_reminder', before, 'buyer_reminded'),
        { name: 'auto_accept', afterMs: policy.autoAcceptAfterMs, outcome: 'auto_accepted' },
      ];
    }
    case 'completed':
    case 'cancelled':
      return [];
  }
}

/** Who has to act in each stage: who can stop its deadlines, whom reminders go to. */
export const RESPONSIBLE_ROLES: Record<Stage, Role[]> = {
  awaiting_dispatch: ['ops'],
  awaiting_requirement: ['buyer'],
  awaiting_requirement_confirmation: ['provider'],
  implementing: ['provider'],
  awaiting_platform_check: ['ops'],
  awaiting_acceptance: ['buyer'],
  completed: [],
  cancelled: [],
};

/**
 * The deadlines that run now, earliest first; none of them while a delivery is closed, only the
 * ruling's target while it is frozen by an appeal (DLV-9, DLV-10, GEN-4), none while a refund is open (RFD-6).
 */
export function deadlines(state: DeliveryState, policy: DeliveryPolicy): Deadline[] {
  if (state.appeal !== null) {
    const { due, escalated } = state.appeal;
    if (due === null || escalated) return [];
    return [{ name: 'appeal_target', atMs: due.atMs, outcome: 'escalated_to_operations', stoppableBy: ['ops'] }];
  }
  if (isFrozen(state)) return [];
  const stoppableBy = RESPONSIBLE_ROLES[state.stage];
  const running: Deadline[] = [];
  for (const { name, afterMs, outcome } of milestonesOf(state.stage, policy)) {
    const atMs = instantOf(state.stageClock, afterMs);
    if (atMs !== null && !state.passed.includes(name)) running.push({ name, atMs, outcome, stoppableBy });
  }
  const startBy = instantOf(state.startClock, policy.startWithinMs);
  if (startBy !== null) {
    running.push({ name: 'start_within', atMs: startBy, outcome: 'cancelled_and_refunded', stoppableBy });
  }
  return running.sort((a, b) => a.atMs - b.atMs);
}

/** The next deadline to pass, or undefined when none runs. */
export function nextDeadline(state: DeliveryState, policy: DeliveryPolicy): Deadline | undefined {
  return deadlines(state, policy)[0];
}
