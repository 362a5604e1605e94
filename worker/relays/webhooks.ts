import type { Client } from '@temporalio/client';
import type { Logger } from '../../config/logger';
import type { Policy } from '../../domain/policies/catalogue';
import type { Database } from '../../prisma/store/shared/database';
import { type ClaimedEvent, claimEvents, markDispatched, postponeEvents } from '../../prisma/store/webhooks/events';
import { PROVIDER_ID } from '../../workflows/shared/search-attributes';
import { eventsWaiting, type WebhookInput, webhookWorkflowId } from '../../workflows/webhooks/messages';
import type { webhook } from '../../workflows/webhooks/workflow';
import { type Relay, startRelay } from './loop';

const BATCH = 100;
/** Longer than a signal may take: nobody else sends it meanwhile. */
const LEASE_MS = 60_000;
const SIGNAL_WITHIN_MS = 30_000;

/** What the webhook relay needs. */
export type WebhookRelay = {
  db: Database;
  client: Client;
  taskQueue: string;
  policy: Policy;
  logger: Logger;
  intervalMs: number;
};

/**
 * Dispatches webhook events (MSG-3): signals their workflows that events wait, and starts those that are not running. It
 * polls, so that whoever writes a step need not. Each event is claimed by one worker; one that cannot be dispatched is
 * postponed, so that it does not keep the others waiting. A second signal, after a worker has died, changes nothing.
 */
export function startWebhookRelay(relay: WebhookRelay): Relay {
  return startRelay('webhooks', relay.logger, relay.intervalMs, async () => {
    const events = await claimEvents(relay.db, { limit: BATCH, leaseMs: LEASE_MS, now: new Date() });
    await Promise.all([...byWorkflow(events).values()].map((waiting) => dispatch(relay, waiting)));
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

/** Signals one workflow that events wait for it; where that fails they are postponed. */
async function dispatch(relay: WebhookRelay, waiting: ClaimedEvent[]): Promise<void> {
  const { db, client, logger } = relay;
  const [first] = waiting;
  if (first === undefined) return;
  try {
    await client.withDeadline(Date.now() + SIGNAL_WITHIN_MS, () => signal(relay, first));
    await markDispatched(db, waiting, new Date());
  } catch (error) {
    const { endpointId, objectId } = first;
    logger.warn({ err: error, endpointId, objectId }, 'webhook events not dispatched; it will be tried again');
    await postponeEvents(db, waiting, new Date());
  }
}

async function signal({ client, taskQueue, policy }: WebhookRelay, event: ClaimedEvent): Promise<void> {
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
