import type { OrderPolicy } from '../policies/catalogue';
import type { Role } from '../shared/actor';
import { instantOf } from '../shared/clock';
import type { OrderState, OwnOrderState } from './state';

/** What happens when a deadline of an order passes. */
export type OrderDeadlineOutcome =
  | 'closed'
  | 'buyer_reminded'
  | 'provider_reminded'
  | 'escalated_to_operations'
  | 'cancelled_and_refunded'
  | 'confirmed';

/** A running deadline of an order, visible to all (GEN-4): its name, its instant, what happens then, who can stop it. */
export type OrderDeadline = { name: string; atMs: number; outcome: OrderDeadlineOutcome; stoppableBy: Role[] };

type Milestone = { name: string; afterMs: number; outcome: OrderDeadlineOutcome };

const series = (name: string, timesMs: readonly number[], outcome: OrderDeadlineOutcome): Milestone[] =>
  timesMs.map((afterMs, index) => ({ name: `${name}_${index + 1}`, afterMs, outcome }));

/**
 * What the clock of a state leads to while an order is fulfilled directly, in milliseconds since the state was entered
 * (ORD-3, ORD-4). People are reminded as they are under supervision (GEN-5).
 */
function milestonesOf(state: OwnOrderState, { delivery, autoConfirmAfterMs }: OrderPolicy): Milestone[] {
  const before = (endMs: number, timesMs: readonly number[]) => timesMs.map((ms) => endMs - ms).filter((ms) => ms > 0);
  switch (state) {
    case 'awaiting_start': {
      const timesMs = delivery.providerRemindersMs.filter((ms) => ms < delivery.startWithinMs);
      return [
        ...series('provider_reminder', timesMs, 'provider_reminded'),
        { name: 'start_within', afterMs: delivery.startWithinMs, outcome: 'cancelled_and_refunded' },
      ];
    }
    case 'implementing':
      return [
        ...series('provider_reminder', delivery.providerRemindersMs, 'provider_reminded'),
        ...series('implementing_overdue', delivery.implementingEscalationsMs, 'escalated_to_operations'),
      ];
    case 'awaiting_confirmation':
      return [
        ...series('buyer_reminder', before(autoConfirmAfterMs, delivery.acceptanceRemindersMs), 'buyer_reminded'),
        { name: 'auto_confirm', afterMs: autoConfirmAfterMs, outcome: 'confirmed' },
      ];
    default:
      return [];
  }
}

/**
 * The deadlines that run now, earliest first. An unpaid order closes when its time to pay is over (ORD-6).
 * @param policy null where nobody keeps it with the order, which is not fulfilled directly then
 */
export function orderDeadlines(order: OrderState, policy: OrderPolicy | null): OrderDeadline[] {
  if (order.state === 'pending_payment') {
    return [{ name: 'pay_within', atMs: order.payByMs, outcome: 'closed', stoppableBy: ['buyer'] }];
  }
  const { turn } = order;
  if (turn === undefined || policy === null) return [];
  const stoppableBy: Role[] = order.state === 'awaiting_confirmation' ? ['buyer'] : ['provider'];
  return milestonesOf(order.state, policy)
    .flatMap(({ name, afterMs, outcome }): OrderDeadline[] => {
      const atMs = instantOf(turn.clock, afterMs);
      return atMs === null || turn.passed.includes(name) ? [] : [{ name, atMs, outcome, stoppableBy }];
    })
    .sort((a, b) => a.atMs - b.atMs);
}

/** The next deadline to pass, or undefined when none runs. */
export const nextOrderDeadline = (order: OrderState, policy: OrderPolicy): OrderDeadline | undefined =>
  orderDeadlines(order, policy)[0];
