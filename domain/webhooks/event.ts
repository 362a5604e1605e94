/** The states of an event, for one endpoint: to be sent, sent, or given up (MSG-3). */
export const WEBHOOK_EVENT_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type WebhookEventStatus = (typeof WEBHOOK_EVENT_STATUSES)[number];

/** Something that happened to an object of a provider, as its webhooks receive it. */
export type WebhookEvent = {
  /** Also the `webhook-id` of every attempt. */
  id: string;
  event: string;
  eventGroup: string;
  /** What it is about: a shop, a product, a delivery, an order … */
  objectId: string;
  /** Grows from event to event: those of one object are sent in this order. */
  sequence: number;
  providerId: string;
  params: Record<string, string>;
  createdAt: Date;
};

/** The event that a provider sends itself to try an endpoint; it is of no group that could be subscribed to. */
export const TEST_EVENT = { event: 'webhook.test', group: 'test' } as const;

/** What is sent of an event: the same text at every attempt, for its signature covers it. */
export function bodyOf({ event, eventGroup, objectId, sequence, providerId, params, createdAt }: WebhookEvent): string {
  const data = { ...params, objectId, sequence, group: eventGroup, providerId };
  return JSON.stringify({ type: event, timestamp: createdAt.toISOString(), data });
}
