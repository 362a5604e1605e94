/** Reasons for which a full refund is due (RFD-7). */
export const FULL_REFUND_REASONS = [
  'service_late',
  'not_as_described',
  'provider_unable',
  'provider_closing',
  'provider_unreachable',
  'not_begun',
  'other',
] as const;

/** Reasons for which no full refund is due (RFD-7): a part of what was paid, at most. */
export const NO_FULL_REFUND_REASONS = [
  'no_requirement_3_months',
  'buyer_silent_3_months',
  'requirements_added',
  'buyer_legal_obstacle',
  'resources_spent',
] as const;

/** The code that every request names (RFD-7). */
export const REASON_CODES = [...FULL_REFUND_REASONS, ...NO_FULL_REFUND_REASONS] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

const PARTIAL: readonly ReasonCode[] = NO_FULL_REFUND_REASONS;

/** Whether a reason is one of those for which a full refund is due. */
export const isFullRefundDue = (code: ReasonCode): boolean => !PARTIAL.includes(code);
