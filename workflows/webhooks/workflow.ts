import {
  condition,
  makeContinueAsNewFunc,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { DeliveredNext, WebhookActivities } from '../../activities/webhooks';
import { eventsWaiting, type WebhookInput, type WebhookResult } from './messages';

// Longer than a receiver may take. What a receiver does is no failure; what fails is our own, and passes.
const { deliverNextWebhook } = proxyActivities<WebhookActivities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumInterval: '1 minute' },
});

/** Enough for one run: a worker that continues a run reads all of its history. */
const ATTEMPTS_PER_RUN = 100;

/**
 * Sends one object's events to one endpoint, one at a time and in their order (MSG-3). What fails is tried again after
 * growing pauses, and given up in the end; then the next one is sent. It ends when there is nothing to do.
 */
export async function webhook(input: WebhookInput): Promise<WebhookResult> {
  const { endpointId, objectId, retryForMs } = input;
  let isAsked = false;
  setHandler(eventsWaiting, () => {
    isAsked = true;
  });

  for (let attempts = 0; attempts < ATTEMPTS_PER_RUN && !workflowInfo().continueAsNewSuggested; attempts += 1) {
    isAsked = false;
    const next = await deliverNextWebhook({ endpointId, objectId, nowMs: Date.now(), retryForMs });
    setCurrentDetails(describe(next));
    switch (next.outcome) {
      case 'retry':
        await condition(() => isAsked, Math.max(1, next.atMs - Date.now()), { summary: `retry ${next.eventId}` });
        break;
      case 'nothing':
      case 'disabled':
        // A signal that came while the activity ran may be about later events.
        if (!isAsked) return { outcome: next.outcome };
    }
  }
  return makeContinueAsNewFunc<typeof webhook>()(input);
}

/** What operations read in the Temporal UI. */
function describe(next: DeliveredNext): string {
  switch (next.outcome) {
    case 'delivered':
      return `Delivered ${next.eventId}`;
    case 'given_up':
      return `Gave up ${next.eventId}: it waits for somebody to replay it`;
    case 'retry':
      return `${next.eventId} failed; it is sent again at ${new Date(next.atMs).toISOString()} (UTC), or when it is asked for`;
    case 'disabled':
      return 'The endpoint is disabled: its events wait until it is enabled';
    case 'nothing':
      return 'Nothing is left to send';
  }
}
