import { z } from 'zod';
import { INSTANCE_STAGES } from '../../../domain/instances/state';
import type { Notice } from '../../../domain/notifications/notice';
import { ORDER_STATES } from '../../../domain/orders/order';
import { systemCause } from '../../../domain/shared/step';
import { Prisma } from '../../generated/client';
import { insertNewStep } from '../shared/audit-log';
import type { Database } from '../shared/database';
import { notificationCtes } from '../shared/outbox';
import { queryRow } from '../shared/query-rows';
import { storedOrderState } from './stored-json';

const standing = z.object({ orderState: z.enum(ORDER_STATES), stage: z.enum(INSTANCE_STAGES) });

/** Where a paid order and the instance that it is for stand. @throws Error where one of them has no row */
export async function standingOfRenewal(
  db: Database,
  { orderId, instanceId }: { orderId: string; instanceId: string },
): Promise<z.output<typeof standing>> {
  const query = Prisma.sql`
    SELECT o.state AS "orderState", i.stage FROM orders o, instances i WHERE o.id = ${orderId} AND i.id = ${instanceId}`;
  const row = await queryRow(db, standing, query);
  if (row === null) throw new Error(`${orderId} or ${instanceId} has no row`);
  return row;
}

const lockedOrder = z.object({
  state: z.enum(ORDER_STATES),
  sequence: z.int(),
  providerId: z.string(),
  paidFen: z.bigint().transform(Number),
  refundedFen: z.bigint().transform(Number),
  own: storedOrderState,
});

const NOTICES: Notice[] = [{ event: 'order.not_delivered', to: ['buyer', 'provider'], params: {} }];

/**
 * Cancels a paid order whose purchase came to nothing (ORD-8): its step, its row and the notices, in one transaction. One
 * that is cancelled already stays as it is, so that this can be repeated from any line.
 * @returns what of the payment is to be sent back, fen; 0 where the order is at its end otherwise; `refund_open` while a
 *   refund holds it (RFD-6)
 */
export async function cancelUndelivered(
  db: Database,
  orderId: string,
  { at, runId }: { at: Date; runId: string },
): Promise<{ refundFen: number } | 'refund_open'> {
  return db.$transaction(async (tx) => {
    const query = Prisma.sql`
      SELECT o.state, o.sequence, o.provider_id AS "providerId", o.paid_fen AS "paidFen",
             o.refunded_fen AS "refundedFen", s.state_after AS own
      FROM orders o JOIN steps s ON s.object_id = o.id AND s.sequence = o.sequence
      WHERE o.id = ${orderId} FOR UPDATE OF o`;
    const order = await queryRow(tx, lockedOrder, query);
    if (order === null) throw new Error(`${orderId} has no row`);
    if (order.state === 'refunding') return 'refund_open';
    const { refundedFen } = order;
    const refundFen = order.paidFen - refundedFen;
    if (order.state === 'cancelled') return { refundFen };
    if (order.state !== 'awaiting_start') return { refundFen: 0 };
    const sequence = order.sequence + 1;
    const stateAfter = { ...order.own, state: 'cancelled', ...(refundedFen > 0 && { refundedFen }) };
    const step = {
      ...systemCause(`${orderId}/not_delivered`, 'order.not_delivered'),
      ...{ objectId: orderId, providerId: order.providerId, stateAfter, runId, at },
    };
    await tx.$executeRaw`
      WITH step AS (${insertNewStep(step, sequence, Prisma.empty)}), target AS (
        UPDATE orders SET state = 'cancelled', sequence = ${sequence}, ended_at = ${at}, updated_at = ${at}
        FROM step WHERE id = step.object_id
        RETURNING id AS order_id, product_name, buyer_id, provider_id
      )${notificationCtes({ objectId: orderId, deliveryId: null, sequence, notices: NOTICES, at })}
      SELECT count(*) FROM step`;
    return { refundFen };
  });
}
