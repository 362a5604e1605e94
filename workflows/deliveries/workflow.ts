import { makeContinueAsNewFunc, proxyLocalActivities, setHandler } from '@temporalio/workflow';
import type { DeliveryActivities } from '../../activities/deliveries';
import { type DeliveryAction, type DeliveryCommand, OPERATIONS } from '../../domain/deliveries/commands';
import { nextDeadline } from '../../domain/deliveries/deadlines';
import { allowedActions, judge } from '../../domain/deliveries/rules';
import { type DeliveryState, isClosed } from '../../domain/deliveries/state';
import type { StepContent } from '../../domain/deliveries/step';
import { applyCommand, passDeadline } from '../../domain/deliveries/transitions';
import { roleOf } from '../../domain/shared/actor';
import type { Refused } from '../shared/failures';
import { countedPayment, refundPayment } from '../shared/refund-payment';
import { STEP_ACTIVITIES } from '../shared/step-activities';
import type { Recomputation } from '../shared/subject';
import { supervise } from '../shared/supervision';
import { changedAttributes, describeDelivery } from './display';
import { type DeliveryInput, type DeliveryResult, deliveryState, deliveryUpdate, type SentCommand } from './messages';

const { recordDeliveryStep, storedDeliveryStep, appealTarget } =
  proxyLocalActivities<DeliveryActivities>(STEP_ACTIVITIES);

const ACTIONS: readonly DeliveryAction[] = [...OPERATIONS, 'buyer.evidence', 'provider.evidence'];

/**
 * Supervises one delivery from payment to its end (DLV). People send commands as updates; where nobody acts,
 * deadlines pass; every step is one row, one state and one line of history.
 */
export async function delivery(input: DeliveryInput): Promise<DeliveryResult> {
  const { deliveryId, orderId, buyerId, providerId, paidFen, policy } = input;
  const supervised = supervise(
    {
      id: deliveryId,
      commands: {
        updates: ACTIONS.map(deliveryUpdate),
        received: (sent: SentCommand, commandId: string): DeliveryCommand => ({ ...sent, commandId }),
        judge: (state, command) => whyNotOfParty(command) ?? whyNotLegal(state, command),
        apply: (state, command, nowMs) => applyCommand(state, command, policy, nowMs),
      },
      nextDeadline: (state) => nextDeadline(state, policy),
      passDeadline: (state, deadline, nowMs) => passDeadline(state, deadline, policy, nowMs),
      isClosed,
      recompute: recomputeAppealTarget,
      record: (step, command) =>
        recordDeliveryStep({
          step: { ...step, ...contentOf(command), deliveryId },
          appealTarget: policy.appealTarget,
        }),
      stored: (sequence) => storedDeliveryStep({ deliveryId, sequence }),
      describe: (state) => describeDelivery(state, policy),
      changedAttributes: (before, after) => changedAttributes(before, after, policy),
      continueAsNew: (position) => makeContinueAsNewFunc<typeof delivery>()({ ...input, ...position }),
    },
    input,
  );
  setHandler(deliveryState, supervised.position);

  const { stage, outcome, refundFen: ruledFen, refundedFen = 0 } = await supervised.untilClosed();
  if (outcome === null) throw new Error(`A delivery that is ${stage} has an outcome`);
  const refundFen = stage === 'cancelled' ? (ruledFen ?? paidFen - refundedFen) : 0;
  if (refundFen > 0) await refundPayment(await countedPayment({ orderId }), refundFen, 'delivery_cancelled');
  return { outcome, refundFen };

  function whyNotOfParty({ action, origin }: DeliveryCommand): Refused | null {
    const isParty = { buyer: origin.actorId === buyerId, provider: origin.providerId === providerId, ops: true };
    if (isParty[roleOf(action)]) return null;
    return { code: 'DELIVERY.NOT_FOUND', detail: 'There is no such delivery.' };
  }

  function whyNotLegal(state: DeliveryState, command: DeliveryCommand): Refused | null {
    const refused = judge(state, command, policy, paidFen);
    return refused && { ...refused, allowedActions: allowedActions(state, policy) };
  }

  /** The calendar may know more by now of the days until the ruling's target (GEN-1, DLV-10). */
  async function recomputeAppealTarget(state: DeliveryState): Promise<Recomputation<DeliveryState> | null> {
    const { appeal } = state;
    if (!appeal?.due?.provisional || appeal.escalated) return null;
    const due = await appealTarget({ openedAtMs: appeal.openedAtMs, target: policy.appealTarget });
    return { name: 'appeal_target', before: appeal.due, after: due, state: { ...state, appeal: { ...appeal, due } } };
  }
}

/** What a command brings along for its step; a deadline brings nothing. */
function contentOf(command: DeliveryCommand | null): StepContent {
  return {
    attachmentIds: command?.attachmentIds ?? [],
    appealId: command !== null && 'appealId' in command ? command.appealId : null,
    ruling: command !== null && 'ruling' in command ? command.ruling : null,
  };
}
