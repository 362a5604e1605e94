import { defineSignal } from '@temporalio/workflow';

/** What the process of an endpoint and an object is started with. */
export type WebhookInput = {
  endpointId: string;
  objectId: string;
  /** How long an event is tried from its first attempt on (GEN-3). */
  retryForMs: number;
};

/** Why the process ended: everything is delivered or given up, or the endpoint is disabled. */
export type WebhookResult = { outcome: 'nothing' | 'disabled' };

/** One process for each endpoint and object: what keeps an object's events in order. */
export const webhookWorkflowId = ({ endpointId, objectId }: Pick<WebhookInput, 'endpointId' | 'objectId'>): string =>
  `webhook/${endpointId}/${objectId}`;

/** Tells the process to look for events: new ones, or some that shall not wait any longer. Told for nothing, it changes nothing. */
export const eventsWaiting = defineSignal('eventsWaiting');
