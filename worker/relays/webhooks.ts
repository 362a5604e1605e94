import type { Client } from '@temporalio/client';
import type { Logger } from '../../config/logger';
import type { Policy } from '../../domain/policies/catalogue';
import type { Database } from '../../prisma/store/shared/database';
import { type ClaimedEvent, claimEvents, markHanded, putOffEvents } from '../../prisma/store/webhooks/events';
import { PROVIDER_ID } from '../../workflows/shared/search-attributes';
import { eventsWaiting, type WebhookInput, webhookWorkflowId } from '../../workflows/webhooks/messages';
import type { webhook } from '../../workflows/webhooks/workflow';
import { type Relay, startRelay } from './loop';

const BATCH = 100;
/** Longer than a signal may take: nobody else sends it meanwhile. */
const LEASE_MS = 60_000;
const SIGNAL_WITHIN_MS = 30_000;

/** What the webhook relay needs. */
export type WebhookOutbox = {
  db: Database;
  client: Client;
  taskQueue: string;
  policy: Policy;
  logger: Logger;
  intervalMs: number;
};

/**
 * Signals the workflows of webhooks that events wait for them (MSG-3), and starts those that are not running. It polls,
 * so that steps need not notify anybody. Each event is claimed by one worker; one that cannot be handed over is put off,
 * so that it does not keep the others waiting. A workflow that is signalled twice, after a death, changes nothing.
 */
export function startWebhookRelay(outbox: WebhookOutbox): Relay {
  return startRelay('webhooks', outbox.logger, outbox.intervalMs, async () => {
    const events = await claimEvents(outbox.db, { limit: BATCH, leaseMs: LEASE_MS, now: new Date() });
    await Promise.all([...byWorkflow(events).values()].map((waiting) => handOver(outbox, waiting)));
    return events.length;
  });
}

function byWorkflow(events: ClaimedEvent[]): Map<string, ClaimedEvent[]> {
  const workflows = new Map<string, ClaimedEvent[]>();
  for (const event of events) {
    const workflowId = webhookWorkflowId(event);
    workflows.set(workflowId, [...(workflows.get(workflowId) ?? []), event]);
  }
  return workflows;
}

/** Signals one workflow that events wait for it; where that fails they are put off. */
async function handOver(outbox: WebhookOutbox, waiting: ClaimedEvent[]): Promise<void> {
  const { db, client, logger } = outbox;
  const [first] = waiting;
  if (first === undefined) return;
  try {
    await client.withDeadline(Date.now() + SIGNAL_WITHIN_MS, () => signal(outbox, first));
    await markHanded(db, waiting, new Date());
  } catch (error) {
    const { endpointId, objectId } = first;
    logger.warn(
      { err: error, endpointId, objectId },
      'events not handed to their workflow yet; it will be tried again',
    );
    await putOffEvents(db, waiting, new Date());
  }
}

async function signal({ client, taskQueue, policy }: WebhookOutbox, event: ClaimedEvent): Promise<void> {
  const { endpointId, objectId, providerId } = event;
  const input: WebhookInput = { endpointId, objectId, retryForMs: policy['webhook.retryFor'].ms };
  await client.workflow.signalWithStart<typeof webhook>('webhook', {
    workflowId: webhookWorkflowId(input),
    taskQueue,
    args: [input],
    signal: eventsWaiting,
    signalArgs: [],
    typedSearchAttributes: [{ key: PROVIDER_ID, value: providerId }],
    staticSummary: `Events of ${objectId} for the webhook ${endpointId}`,
    staticDetails: `Sent one at a time, in their order; what fails is tried again (MSG-3)`,
  });
}
