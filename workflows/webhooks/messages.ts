import { defineSignal } from '@temporalio/workflow';

/** What the workflow of an endpoint and an object is started with. */
export type WebhookInput = {
  endpointId: string;
  objectId: string;
  /** How long an event is tried from its first attempt on (GEN-3). */
  retryForMs: number;
};

/** Why the workflow ended: everything is delivered or given up, or the endpoint is disabled. */
export type WebhookResult = { outcome: 'nothing' | 'disabled' };

/** One workflow for each endpoint and object: that keeps an object's events in order. */
export const webhookWorkflowId = ({ endpointId, objectId }: Pick<WebhookInput, 'endpointId' | 'objectId'>): string =>
  `webhook/${endpointId}/${objectId}`;

/** There are events: new ones, or some that shall not wait any longer. Without any, the signal changes nothing. */
export const eventsWaiting = defineSignal('eventsWaiting');
