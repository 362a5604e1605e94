import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from '../../config/logger';
import type { Database } from '../../prisma/store/client';
import { markReconciled, purgeRecords, unansweredSteps } from '../../prisma/store/idempotency';
import { purgeProposals } from '../../prisma/store/proposals';
import { subjectOfReview } from '../../prisma/store/reviews';
import { deliveryWorkflowId } from '../../workflows/deliveries/messages';
import { reviewWorkflowId } from '../../workflows/reviews/messages';
import { catchUp } from '../../workflows/shared/messages';
import { type Relay, startRelay } from './loop';

/** Longer than a command takes when all goes well. */
const UNANSWERED_FOR_SECONDS = 5;
const BATCH = 100;
/** Clients are promised 24 hours. */
const KEPT_HOURS = 48;
/** Longer than any process waits for a worker to take up what was proposed. */
const PROPOSALS_KEPT_HOURS = 24 * 30;
const PURGE_EVERY_MS = 3_600_000;

/** What reconciliation needs. */
export type Reconciliation = { db: Database; client: Client; logger: Logger; intervalMs: number };

/**
 * Finds steps that were stored while the command that made them was never answered: worker, API or
 * server died in that moment. Their processes are told to adopt them, so that table and history agree
 * again without waiting for the next command.
 */
export function startReconciliation({ db, client, logger, intervalMs }: Reconciliation): Relay {
  let purgedAtMs = 0;
  return startRelay('reconciliation', logger, intervalMs, async () => {
    if (Date.now() - purgedAtMs > PURGE_EVERY_MS) {
      purgedAtMs = Date.now();
      await purgeRecords(db, KEPT_HOURS);
      await purgeProposals(db, PROPOSALS_KEPT_HOURS);
    }
    const steps = await unansweredSteps(db, UNANSWERED_FOR_SECONDS, BATCH);
    for (const { commandId, objectId, sequence } of steps) {
      try {
        const workflowId = await workflowOf(db, objectId);
        if (workflowId !== null) await client.workflow.getHandle(workflowId).signal(catchUp);
      } catch (error) {
        // A process that has ended knows all of its steps.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
      await markReconciled(db, commandId);
      logger.info({ commandId, objectId, sequence }, 'unanswered step reconciled');
    }
    return steps.length;
  });
}

/** The process whose steps an object's are; null for what has none that could miss a step. */
async function workflowOf(db: Database, objectId: string): Promise<string | null> {
  if (objectId.startsWith('dlv_')) return deliveryWorkflowId(objectId);
  const subject = await subjectOfReview(db, objectId);
  return subject === null ? null : reviewWorkflowId(subject);
}
