import { getExternalWorkflowHandle, proxyLocalActivities, setHandler } from '@temporalio/workflow';
import type { RefundActivities } from '../../activities/refunds';
import { REFUND_OPERATIONS, type RefundCommand } from '../../domain/refunds/commands';
import { nextRefundDeadline } from '../../domain/refunds/deadlines';
import { judgeRefund } from '../../domain/refunds/rules';
import { isOpen, isOver, type RefundState } from '../../domain/refunds/state';
import { applyRefundCommand, begun, passRefundDeadline } from '../../domain/refunds/transitions';
import { roleOf } from '../../domain/shared/actor';
import { deliveryWorkflowId } from '../deliveries/messages';
import { instanceWorkflowId, orderRefunded } from '../instances/messages';
import { orderWorkflowId } from '../orders/messages';
import type { Refused } from '../shared/failures';
import { catchUp } from '../shared/messages';
import { STEP_ACTIVITIES } from '../shared/step-activities';
import { causeOf } from '../shared/subject';
import { supervise } from '../shared/supervision';
import { changedAttributes, describeRefund } from './display';
import { executions } from './execution';
import {
  invoiceSettled,
  type RefundInput,
  type RefundResult,
  refundState,
  refundUpdate,
  type SentRefundCommand,
  untilRequested,
} from './messages';

const { recordRefundStep, storedRefundStep, refundedInstance } =
  proxyLocalActivities<RefundActivities>(STEP_ACTIVITIES);

/**
 * One refund that somebody asked for, from the request to its end (RFD). The provider agrees, offers a part or declines,
 * the buyer accepts, withdraws or asks operations, operations decide; where nobody acts, deadlines do. What was agreed is
 * executed through the payment's channel. As long as it is open its order and delivery wait.
 */
export async function refund({ terms, request, policy }: RefundInput): Promise<RefundResult> {
  const { refundId, orderId, initiatedBy, deliveryId } = terms;
  const adoptions: Promise<void>[] = [];
  let settled = 0;
  const opening = begun(terms, request.note, Date.now());
  const supervised = supervise(
    {
      id: refundId,
      commands: {
        updates: REFUND_OPERATIONS.map(refundUpdate),
        received: (sent: SentRefundCommand, commandId: string): RefundCommand => ({ ...sent, commandId }),
        judge: (state: RefundState, command) => whyNotOfParty(command) ?? judgeRefund(state, command),
        apply: applyRefundCommand,
      },
      nextDeadline: (state) => nextRefundDeadline(state, policy),
      passDeadline: passRefundDeadline,
      isClosed: isOver,
      record: (step) => recordRefundStep({ ...step, terms, policy }),
      stored: (sequence) => storedRefundStep({ refundId, sequence }),
      describe: (state) => describeRefund(terms, state, policy),
      changedAttributes(before, after) {
        if (isOpen(after) !== (before !== null && isOpen(before))) adoptions.push(haveOthersAdopt());
        return changedAttributes(before, after, policy);
      },
    },
    { state: opening.state, sequence: 0 },
    {
      cause: causeOf({ ...request, action: `${initiatedBy}.refunds` }),
      transition: (nowMs) => begun(terms, request.note, nowMs),
    },
  );
  const state = () => supervised.position().state;
  setHandler(refundState, supervised.position);
  setHandler(invoiceSettled, () => {
    settled += 1;
  });
  setHandler(untilRequested, async () => {
    const refused = await supervised.opened();
    if (refused !== null) throw refused;
  });

  const refused = await supervised.opened();
  if (refused === null) {
    const { learn } = supervised;
    await Promise.all([supervised.untilClosed(), executions({ terms, state, learn, settled: () => settled })]);
  } else await supervised.untilClosed();
  await Promise.all(adoptions);
  const { stage, refundedFen } = state();
  if (stage === 'refunded' && deliveryId === null) await haveInstanceLearn();
  if (refused !== null) return { outcome: 'refused', refundedFen: 0 };
  if (stage === 'requested' || stage === 'offered' || stage === 'escalated' || stage === 'executing') {
    throw new Error(`A refund that is ${stage} is not over`);
  }
  return { outcome: stage, refundedFen };

  function whyNotOfParty({ action, origin }: RefundCommand): Refused | null {
    const isParty = {
      buyer: origin.actorId === terms.buyerId,
      provider: origin.providerId === terms.providerId,
      ops: true,
    };
    if (isParty[roleOf(action)]) return null;
    return { code: 'REFUND.NOT_FOUND', detail: 'There is no such refund.' };
  }

  /** The step of the delivery, or of the order, was stored with the refund's: its workflow adopts it, unless it has ended. */
  async function haveOthersAdopt(): Promise<void> {
    const workflowId = deliveryId === null ? orderWorkflowId(orderId) : deliveryWorkflowId(deliveryId);
    await getExternalWorkflowHandle(workflowId)
      .signal(catchUp)
      .catch(() => undefined);
  }

  /** What was delivered automatically goes with all of its money (INS-4). An instance that has ended is destroyed already. */
  async function haveInstanceLearn(): Promise<void> {
    const instanceId = await refundedInstance({ orderId });
    if (instanceId === null) return;
    await getExternalWorkflowHandle(instanceWorkflowId(instanceId))
      .signal(orderRefunded, { orderId, refundId })
      .catch(() => undefined);
  }
}
