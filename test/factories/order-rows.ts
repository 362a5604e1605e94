import type { OrderRow } from '../../prisma/store/orders/orders';
import { BUYER, PROVIDER, unique } from './commands';

/** The row of an order that was placed now, for lists: nothing is in progress for it. */
export function orderRow(other: Partial<Omit<OrderRow, 'policy'>> = {}) {
  const n = unique();
  const createdAt = other.createdAt ?? new Date();
  return {
    id: `ord_${n}`,
    deliveryId: `dlv_${n}`,
    buyerId: BUYER,
    providerId: PROVIDER,
    productId: 'prd_demo',
    productName: '网站建设',
    specId: 'spc_demo',
    specName: '标准版',
    paymentChannel: 'wechat',
    state: 'pending_payment',
    payableFen: 200_000n,
    originalFen: 200_000n,
    productType: 'human_service',
    payBy: createdAt,
    createdAt,
    updatedAt: createdAt,
    ...other,
  };
}

/** The same of one that was completed at an instant. */
export const completedRow = (endedAt: Date, other: Partial<Omit<OrderRow, 'policy'>> = {}) =>
  orderRow({
    state: 'completed',
    paidFen: 200_000n,
    createdAt: new Date('2026-01-01T00:00:00Z'),
    paidAt: new Date('2026-01-01T00:00:00Z'),
    endedAt,
    ...other,
  });
