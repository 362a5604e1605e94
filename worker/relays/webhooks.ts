import type { Client } from '@temporalio/client';
import type { Logger } from '../../config/logger';
import type { Policy } from '../../domain/policy/catalogue';
import type { Database } from '../../prisma/store/client';
import { markHanded, type Unhanded, unhandedEvents } from '../../prisma/store/webhooks';
import { PROVIDER_ID } from '../../workflows/shared/search-attributes';
import { eventsWaiting, type WebhookInput, webhookWorkflowId } from '../../workflows/webhooks/messages';
import type { webhook } from '../../workflows/webhooks/workflow';
import { type Relay, startRelay } from './loop';

const BATCH = 100;

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
 * Tells the processes of webhooks that events wait for them (MSG-3), and starts those that are not running. It polls, so
 * that steps need not notify anybody. A process that is told twice, by two workers or after a death, changes nothing.
 */
export function startWebhookRelay(outbox: WebhookOutbox): Relay {
  return startRelay('webhooks', outbox.logger, outbox.intervalMs, async () => {
    const events = await unhandedEvents(outbox.db, BATCH);
    const told = await Promise.all([...byProcess(events).values()].map((waiting) => tell(outbox, waiting)));
    return told.filter((wasTold) => wasTold).length;
  });
}

function byProcess(events: Unhanded[]): Map<string, Unhanded[]> {
  const processes = new Map<string, Unhanded[]>();
  for (const event of events) {
    const workflowId = webhookWorkflowId(event);
    processes.set(workflowId, [...(processes.get(workflowId) ?? []), event]);
  }
  return processes;
}

/** Tells one process of its events; false when it could not be told, which is tried again after a rest. */
async function tell({ db, client, taskQueue, policy, logger }: WebhookOutbox, waiting: Unhanded[]): Promise<boolean> {
  const [first] = waiting;
  if (first === undefined) return false;
  const { endpointId, objectId, providerId } = first;
  const input: WebhookInput = { endpointId, objectId, retryForMs: policy['webhook.retryFor'].ms };
  try {
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
    await markHanded(db, waiting, new Date());
    return true;
  } catch (error) {
    logger.warn({ err: error, endpointId, objectId }, 'events not handed to their process yet; it will be tried again');
    return false;
  }
}
