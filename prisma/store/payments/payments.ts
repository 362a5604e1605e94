import { z } from 'zod';
import type { PaymentFact } from '../../../domain/orders/order';
import { PAYMENT_CHANNELS } from '../../../domain/orders/order';
import type { Database } from '../shared/database';

const countedRow = z.object({
  id: z.string(),
  orderId: z.string(),
  channel: z.enum(PAYMENT_CHANNELS),
  transactionId: z.string(),
  amountFen: z.coerce.number().int(),
  receivedAt: z.date(),
});

/** The payment that an order has counted (ORD-6), or what is stored in its place. @throws Error where there is none */
export async function countedPayment(db: Database, orderId: string): Promise<PaymentFact> {
  const row = await db.payment.findFirstOrThrow({
    where: { orderId },
    orderBy: [{ status: 'asc' }, { receivedAt: 'asc' }],
  });
  const { id: paymentId, receivedAt, ...payment } = countedRow.parse(row);
  return { ...payment, paymentId, receivedAtMs: receivedAt.getTime() };
}
