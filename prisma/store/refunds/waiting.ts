import { z } from 'zod';
import type { Notice } from '../../../domain/notifications/notice';
import type { Refund } from '../../../domain/refunds/refund';
import { systemCause } from '../../../domain/shared/step';
import { Prisma } from '../../generated/client';
import { insertNewStep } from '../shared/audit-log';
import type { Database } from '../shared/database';
import { notificationCtes } from '../shared/outbox';
import { queryRow } from '../shared/query-rows';

/** The step, and the messages, of a refund that waits: before all others of it. */
const WAITS = 0;

const noticeOf = ({ amountFen }: Pick<Refund, 'amountFen'>, invoiceId: string, to: Notice['to']): Notice => ({
  event: 'order.refund_waits',
  to,
  params: { amountFen: String(amountFen), invoiceId },
});

/**
 * Notes that the money of a cancelled order waits for an invoice of it (RFD-4), with a step, and has both parties
 * notified; once, however often it is found in the way.
 * @returns whether it waits: a refund that the channel was asked for already does not any more
 */
export async function noteWaiting(
  db: Database,
  refund: Refund,
  invoiceId: string,
  { at, runId }: { at: Date; runId: string },
): Promise<boolean> {
  const { refundId, amountFen, reason, payment } = refund;
  const { paymentId, orderId, channel } = payment;
  const waiting = {
    ...systemCause(`${refundId}/waiting`, 'refund.waiting'),
    ...{ objectId: refundId, providerId: Prisma.sql`(SELECT provider_id FROM orders WHERE id = order_id)`, runId, at },
    stateAfter: { state: 'waiting', orderId, paymentId, channel, amountFen, reason, waitsFor: invoiceId },
  };
  const notices = [noticeOf(refund, invoiceId, ['buyer', 'provider'])];
  await db.$executeRaw`
    WITH noted AS (
      INSERT INTO refunds (id, payment_id, order_id, amount_fen, reason, status, requested_at)
      SELECT ${refundId}::text, id, order_id, ${amountFen}::bigint, ${reason}::text, 'waiting', ${at}::timestamptz
      FROM payments WHERE id = ${paymentId} AND status = 'accepted'
      ON CONFLICT DO NOTHING RETURNING id AS object_id, order_id
    ), step AS (${insertNewStep(waiting, WAITS, Prisma.sql`FROM noted`)}), target AS (
      SELECT o.id AS order_id, o.product_name, o.buyer_id, o.provider_id FROM noted JOIN orders o ON o.id = noted.order_id
    )${notificationCtes({ objectId: refundId, deliveryId: null, sequence: WAITS, notices, at })}
    SELECT count(*) FROM step`;
  return isWaiting(db, refundId);
}

const statusRow = z.object({ status: z.string() });

/** Whether a refund waits for an invoice, as far as it is noted. */
export async function isWaiting(db: Database, refundId: string): Promise<boolean> {
  const row = await queryRow(db, statusRow, Prisma.sql`SELECT status FROM refunds WHERE id = ${refundId}`);
  return row?.status === 'waiting';
}

/** Notifies operations that a refund has waited for an invoice for long (GEN-5), once. */
export async function reportWaiting(db: Database, refund: Refund, invoiceId: string, at: Date): Promise<void> {
  const { refundId, payment } = refund;
  const notices = [noticeOf(refund, invoiceId, ['ops'])];
  await db.$executeRaw`
    WITH step AS (SELECT ${refundId}::text AS object_id), target AS (
      SELECT id AS order_id, product_name, buyer_id, provider_id FROM orders WHERE id = ${payment.orderId}
    )${notificationCtes({ objectId: refundId, deliveryId: null, sequence: WAITS, notices, at })}
    SELECT count(*) FROM step`;
}
