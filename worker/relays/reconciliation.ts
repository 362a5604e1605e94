import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from '../../config/logger';
import { purgeProposals } from '../../prisma/store/reviews/proposals';
import { subjectOfReview } from '../../prisma/store/reviews/reviews';
import type { Database } from '../../prisma/store/shared/database';
import { claimUnanswered, markReconciled } from '../../prisma/store/shared/idempotency';
import { deliveryWorkflowId } from '../../workflows/deliveries/messages';
import { invoiceWorkflowId } from '../../workflows/invoices/messages';
import { orderWorkflowId } from '../../workflows/orders/messages';
import { refundWorkflowId } from '../../workflows/refunds/messages';
import { reviewWorkflowId } from '../../workflows/reviews/messages';
import { catchUp } from '../../workflows/shared/messages';
import { type Relay, startRelay } from './loop';

const BATCH = 100;
/** Longer than any review waits for a worker to store what was proposed. */
const PROPOSALS_KEPT_HOURS = 24 * 30;
const PURGE_EVERY_MS = 3_600_000;

/** What reconciliation needs. */
export type Reconciliation = { db: Database; client: Client; logger: Logger; intervalMs: number };

/**
 * Finds steps that were stored while the command that made them was never answered: worker, API or
 * server died in that moment. Their workflows are signalled to adopt them, so that table and history agree
 * again without waiting for the next command.
 */
export function startReconciliation({ db, client, logger, intervalMs }: Reconciliation): Relay {
  let purgedAtMs = 0;
  return startRelay('reconciliation', logger, intervalMs, async () => {
    if (Date.now() - purgedAtMs > PURGE_EVERY_MS) {
      purgedAtMs = Date.now();
      await purgeProposals(db, PROPOSALS_KEPT_HOURS);
    }
    const unanswered = await claimUnanswered(db, BATCH);
    for (const { commandId, objectId, sequence } of unanswered) {
      if (objectId === null) continue;
      // One that cannot be signalled is looked at again when it is due; the others of the batch are signalled all the same.
      await adopt(db, client, objectId).then(
        async () => {
          await markReconciled(db, commandId);
          logger.info({ commandId, objectId, sequence }, 'unanswered step reconciled');
        },
        (error) => logger.error({ err: error, commandId, objectId, sequence }, 'unanswered step not reconciled'),
      );
    }
    return unanswered.length;
  });
}

/** Signals the workflow of an object to adopt what is stored; one that has ended knows all of its steps. */
async function adopt(db: Database, client: Client, objectId: string): Promise<void> {
  const workflowId = await workflowOf(db, objectId);
  if (workflowId === null) return;
  try {
    await client.workflow.getHandle(workflowId).signal(catchUp);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** The id of the workflow whose steps an object's are; null for what has none that could miss a step. */
async function workflowOf(db: Database, objectId: string): Promise<string | null> {
  if (objectId.startsWith('dlv_')) return deliveryWorkflowId(objectId);
  if (objectId.startsWith('ord_')) return orderWorkflowId(objectId);
  if (objectId.startsWith('inv_')) return invoiceWorkflowId(objectId);
  if (objectId.startsWith('rfd_')) return refundWorkflowId(objectId);
  const subject = await subjectOfReview(db, objectId);
  return subject === null ? null : reviewWorkflowId(subject);
}
