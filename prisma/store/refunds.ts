import type { Notice } from '../../domain/messages/notice';
import type { Refund } from '../../domain/orders/order';
import type { Database } from './client';
import { tell } from './messages';

/** Sequences of the messages that belong to a refund (their object is the refund itself). */
const REFUNDED = 1;

/**
 * Notes that money is to go back, before the channel is asked; idempotent by `refundId`. A payment
 * that its order counted goes back only when the delivery was cancelled, any other (noted as surplus
 * here) for every other reason: a callback handled twice cannot send back money that was earned.
 * @returns whether the refund is owed
 */
export async function requestRefund(db: Database, refund: Refund, at: Date): Promise<boolean> {
  const { payment } = refund;
  const countedFor = refund.reason === 'delivery_cancelled' ? 'accepted' : 'surplus';
  const [, , [answer]] = await db.$transaction([
    db.$executeRaw`
      INSERT INTO payments (id, order_id, channel, transaction_id, amount_fen, status, received_at)
      VALUES (${payment.paymentId}, ${payment.orderId}, ${payment.channel}, ${payment.transactionId},
              ${payment.amountFen}, 'surplus', ${new Date(payment.receivedAtMs)})
      ON CONFLICT DO NOTHING`,
    db.$executeRaw`
      INSERT INTO refunds (id, payment_id, order_id, amount_fen, reason, status, requested_at)
      SELECT ${refund.refundId}::text, id, order_id, ${refund.amountFen}::bigint, ${refund.reason}::text, 'requested',
             ${at}::timestamptz
      FROM payments WHERE id = ${payment.paymentId} AND status = ${countedFor}
      ON CONFLICT DO NOTHING`,
    // Not any refund of this payment: a part of it that went back with its delivery does not make it surplus.
    db.$queryRaw<{ owed: boolean }[]>`
      SELECT EXISTS (SELECT FROM refunds r JOIN payments p ON p.id = r.payment_id
                     WHERE r.id = ${refund.refundId} AND p.status = ${countedFor}) AS owed`,
  ]);
  return answer?.owed === true;
}

/**
 * Notes that the channel has sent the money back, adds it to the order when the order had counted the
 * payment, and tells the buyer: one statement, once per refund however often it is called.
 */
export async function completeRefund(db: Database, refund: Refund, channelRefundId: string, at: Date): Promise<void> {
  const notices: Notice[] =
    refund.reason === 'delivery_cancelled'
      ? [{ event: 'order.refunded', to: ['buyer', 'provider'], params: { amountFen: String(refund.amountFen) } }]
      : [
          {
            event: 'order.payment_returned',
            to: ['buyer'],
            params: { amountFen: String(refund.amountFen), reason: refund.reason },
          },
        ];
  await db.$executeRaw`
    WITH step AS (
      UPDATE refunds SET status = 'refunded', channel_refund_id = ${channelRefundId}, refunded_at = ${at}
      WHERE id = ${refund.refundId} AND status = 'requested'
      RETURNING id AS object_id, order_id, amount_fen, payment_id
    ), target AS (
      SELECT o.id AS order_id, o.product_name, o.buyer_id, o.provider_id FROM step JOIN orders o ON o.id = step.order_id
    ), subtracted AS (
      UPDATE orders SET refunded_fen = refunded_fen + step.amount_fen, updated_at = ${at}
      FROM step JOIN payments p ON p.id = step.payment_id AND p.status = 'accepted'
      WHERE orders.id = step.order_id
    )${tell({ objectId: refund.refundId, deliveryId: null, sequence: REFUNDED, notices, at })}
    SELECT count(*) FROM step`;
}

/** Tells operations that a refund has been stuck; once per refund and day (GEN-5). */
export async function reportStuckRefund(db: Database, refund: Refund, at: Date): Promise<void> {
  const notices: Notice[] = [
    {
      event: 'order.refund_stuck',
      to: ['ops'],
      params: { amountFen: String(refund.amountFen), reason: refund.reason },
    },
  ];
  const day = Math.floor(at.getTime() / 86_400_000);
  await db.$executeRaw`
    WITH step AS (SELECT ${refund.refundId}::text AS object_id),
    target AS (
      SELECT ${refund.payment.orderId}::text AS order_id, coalesce(o.product_name, '') AS product_name,
             coalesce(o.buyer_id, '') AS buyer_id, coalesce(o.provider_id, '') AS provider_id
      FROM step LEFT JOIN orders o ON o.id = ${refund.payment.orderId}
    )${tell({ objectId: `${refund.refundId}`, deliveryId: null, sequence: day, notices, at })}
    SELECT count(*) FROM step`;
}
