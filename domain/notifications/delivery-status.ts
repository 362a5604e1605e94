/**
 * The states of a notification's delivery through one channel (MSG-2). `in_progress`: a worker has claimed it for
 * an attempt; `unconfirmed`: it may or may not have gone out; `skipped`: there is no way to the recipient.
 */
export const NOTIFICATION_DELIVERY_STATUSES = [
  'pending',
  'in_progress',
  'sent',
  'failed',
  'unconfirmed',
  'skipped',
] as const;
export type NotificationDeliveryStatus = (typeof NOTIFICATION_DELIVERY_STATUSES)[number];

/** Those that end without anybody's decision. */
export const UNFINISHED_STATUSES = ['pending', 'in_progress'] as const satisfies readonly NotificationDeliveryStatus[];

/** Those in which the attempt that is known may still report its result. */
export const REPORTABLE_STATUSES = [
  'in_progress',
  'unconfirmed',
] as const satisfies readonly NotificationDeliveryStatus[];

/** Those from which a person may have a message sent again. */
export const RETRYABLE_STATUSES = ['failed', 'unconfirmed'] as const satisfies readonly NotificationDeliveryStatus[];
export type RetryableStatus = (typeof RETRYABLE_STATUSES)[number];
