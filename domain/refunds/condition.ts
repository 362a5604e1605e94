import { shanghaiDay, startOfShanghaiDay } from '../calendar/shanghai';
import type { ProductType } from '../products/kinds';

/** The end (24:00) of the n-th day in Shanghai, the day of an instant (epoch ms) counted as the first. */
export function endOfDay(fromMs: number, days: number): number {
  const { day, ...month } = shanghaiDay(fromMs);
  return startOfShanghaiDay({ ...month, day: day + days });
}

/** What decides whether an order can be given back without a reason. */
export type Purchase = { productType: ProductType; paidAtMs: number; isAccepted: boolean };

/**
 * Until when an order can be given back without a reason (RFD-3), epoch ms: SaaS for some days, what people deliver until
 * it is accepted, images and APIs never. Infinite where only the acceptance ends it.
 */
export function noReasonUntil({ productType, paidAtMs, isAccepted }: Purchase, noReasonDays: number): number {
  switch (productType) {
    case 'saas':
      return endOfDay(paidAtMs, noReasonDays);
    case 'human_service':
      return isAccepted ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    case 'api':
    case 'image':
      return Number.NEGATIVE_INFINITY;
  }
}

/** Whether a request at an instant meets the no-reason condition (RFD-3). */
export const meetsNoReason = (purchase: Purchase, noReasonDays: number, nowMs: number): boolean =>
  nowMs < noReasonUntil(purchase, noReasonDays);
