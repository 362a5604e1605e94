import { ApplicationFailure, activityInfo, getClient, log } from '@temporalio/activity';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { Purchase } from '../domain/instances/protocol';
import { isSealed } from '../domain/orders/commands';
import type { OrderStep, StoredOrderStep } from '../domain/orders/step';
import type { ErrorCode } from '../domain/shared/errors';
import { type Postponement, writeOrderStep } from '../prisma/store/orders/steps';
import { cancelUndelivered, standingOfRenewal } from '../prisma/store/orders/undelivered';
import { findStep } from '../prisma/store/shared/audit-log';
import type { Database } from '../prisma/store/shared/database';
import { recordStep } from './shared/record-step';
import { runIdOf } from './shared/run-id';
import { sealedNoteOf } from './shared/sealed-note';

export type OrderActivities = ReturnType<typeof orderActivities>;

/** What an instance has bought, and the update by which its workflow takes it (INS-4). */
export type PurchaseHandOver = {
  instanceId: string;
  purchase: Purchase;
  to: { workflowId: string; update: string };
};

/** Until the open refund of an order has ended. */
const REFUND_PAUSE = '10 minutes';

/** The activities of the order workflow. */
export function orderActivities({ db }: { db: Database }) {
  return {
    /**
     * Records one step: the order is placed, repriced, paid, closed, or fulfilled.
     * @returns the step that the table holds now, which wins: the workflow adopts it; or `payment_expected`: the order
     *   does not close while a payment was received in time that it does not know (ORD-6)
     */
    async recordOrderStep(step: OrderStep): Promise<StoredOrderStep | Postponement> {
      const write = (runId: string) => writeOrderStep(db, step, runId, sealedNoteOf(step, isSealed(step.action)));
      return recordStep(db, step.terms.orderId, step, write);
    },

    /** The step that the table holds at a sequence, or null. */
    async storedOrderStep({
      orderId,
      sequence,
    }: {
      orderId: string;
      sequence: number;
    }): Promise<StoredOrderStep | null> {
      return findStep(db, orderId, sequence);
    },

    /**
     * Hands a paid renewal, or change, over to its instance (INS-4): the update's id is the order's, so that it counts once
     * however often this is tried.
     * @returns `given_back` where the order's money has gone back meanwhile; `refused` where the instance takes nothing more
     * @throws ApplicationFailure ORDER.REFUND_OPEN, retryable, while a refund of the order is open
     */
    async handOverPurchase({
      instanceId,
      purchase,
      to,
    }: PurchaseHandOver): Promise<'taken' | 'given_back' | 'refused'> {
      const { orderId } = purchase;
      const { orderState, stage } = await standingOfRenewal(db, { orderId, instanceId });
      if (orderState === 'refunded') return 'given_back';
      if (orderState === 'refunding') throw refundOpen(orderId);
      if (stage === 'destroyed') return 'refused';
      const handle = getClient().workflow.getHandle(to.workflowId);
      const outcome = await handle.executeUpdate(to.update, { args: [purchase], updateId: orderId }).then(
        () => 'taken' as const,
        (error) => {
          if (isRefusal(error)) return 'refused' as const;
          throw error;
        },
      );
      log.info('purchase handed over', { orderId, instanceId, outcome });
      return outcome;
    },

    /**
     * Cancels a paid order whose purchase came to nothing, once.
     * @returns what is to be sent back, fen; 0 where nothing is, or the order has ended otherwise; `refund_open` while a
     *   refund of it is open
     */
    async cancelUndelivered({ orderId }: { orderId: string }): Promise<{ refundFen: number } | 'refund_open'> {
      return cancelUndelivered(db, orderId, { at: new Date(), runId: runIdOf(activityInfo()) });
    },
  };
}

/** Whether an update came to its workflow, which does not take it: that is final. */
const isRefusal = (error: unknown): boolean =>
  error instanceof WorkflowUpdateFailedError &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === ('INSTANCE.NOT_ALLOWED' satisfies ErrorCode);

const refundOpen = (orderId: string) =>
  ApplicationFailure.create({
    type: 'ORDER.REFUND_OPEN',
    message: `A refund of ${orderId} is open: it decides first`,
    nextRetryDelay: REFUND_PAUSE,
  });
