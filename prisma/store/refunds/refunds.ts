import { z } from 'zod';
import { paymentReceived } from '../../../domain/ledger/events';
import type { Notice } from '../../../domain/notifications/notice';
import { isOfCounted, type Refund } from '../../../domain/refunds/refund';
import { systemCause } from '../../../domain/shared/step';
import { Prisma } from '../../generated/client';
import { refundOf } from '../ledger/orders';
import { postingCte } from '../ledger/post';
import { type AuditStep, insertNewStep, insertStep } from '../shared/audit-log';
import type { Database } from '../shared/database';
import { notificationCtes } from '../shared/outbox';

/** Sequences of what belongs to a refund (its steps, its messages: their object is the refund itself). */
const REQUESTED = 1;
const REFUNDED = 2;
/** A refusal's is the day on which it was met, counted from 1970: beyond the others for ever. */
const dayOf = (at: Date): number => Math.floor(at.getTime() / 86_400_000);

/**
 * What the database knows of a refund. `earned`: the order has counted the payment, so there is nothing to return;
 * `unknown`: nothing says that this money is owed.
 */
export type RefundStanding = 'owed' | 'earned' | 'unknown';

type RefundStep = { state: 'requested' | 'refunded' | 'refused'; providerId: Prisma.Sql; at: Date; runId: string };

/** A step of a refund, with what the trail shows of it afterwards (AUD-1). */
function stepOf({ refundId, payment, amountFen, reason }: Refund, step: RefundStep, more: object = {}): AuditStep {
  const { state, ...whose } = step;
  const { orderId, paymentId, channel } = payment;
  return {
    ...systemCause(`${refundId}/${state}`, `refund.${state}`),
    ...whose,
    objectId: refundId,
    stateAfter: { state, orderId, paymentId, channel, amountFen, reason, ...more },
  };
}

/**
 * Notes that money is to go back, before the channel is asked; idempotent by `refundId`. A payment
 * that its order counted goes back only when its delivery or the order itself was cancelled, any other (noted as surplus
 * here) for every other reason: a callback handled twice cannot send back money that was earned.
 * @returns what the database knows of the refund: only what is owed may be sent
 */
export async function requestRefund(db: Database, refund: Refund, at: Date, runId: string): Promise<RefundStanding> {
  const { payment } = refund;
  const providerId = Prisma.sql`(SELECT provider_id FROM orders WHERE id = order_id)`;
  const requested = stepOf(refund, { state: 'requested', providerId, at, runId });
  const countedFor = isOfCounted(refund.reason) ? 'accepted' : 'surplus';
  const { paymentId, orderId, channel, transactionId } = payment;
  const receivedAt = new Date(payment.receivedAtMs);
  const by = { commandId: requested.commandId, actor: requested.actorId, runId, effectiveAt: receivedAt };
  const [, , rows] = await db.$transaction([
    db.$executeRaw`
      WITH surplus AS (
        INSERT INTO payments (id, order_id, channel, transaction_id, amount_fen, status, received_at)
        VALUES (${paymentId}, ${orderId}, ${channel}, ${transactionId}, ${payment.amountFen}::bigint, 'surplus', ${receivedAt})
        ON CONFLICT DO NOTHING RETURNING id
      )${postingCte(paymentReceived(payment), by, Prisma.sql`FROM surplus`)}
      SELECT count(*) FROM surplus`,
    db.$executeRaw`
      WITH step AS (INSERT INTO refunds (id, payment_id, order_id, amount_fen, reason, status, requested_at)
      SELECT ${refund.refundId}::text, id, order_id, ${refund.amountFen}::bigint, ${refund.reason}::text, 'requested',
             ${at}::timestamptz
      FROM payments WHERE id = ${payment.paymentId} AND status = ${countedFor}
      ON CONFLICT (id) DO UPDATE SET status = 'requested', requested_at = EXCLUDED.requested_at
        WHERE refunds.status = 'waiting'
      RETURNING id AS object_id, order_id)
      ${insertNewStep(requested, REQUESTED, Prisma.sql`FROM step`)}`,
    // Not any refund of this payment: a part of it that went back with its delivery does not make it surplus.
    db.$queryRaw<unknown[]>`
      SELECT EXISTS (SELECT FROM refunds r JOIN payments p ON p.id = r.payment_id
                     WHERE r.id = ${refund.refundId} AND r.amount_fen = ${refund.amountFen}
                       AND p.status = ${countedFor}) AS "isOwed",
             EXISTS (SELECT FROM payments WHERE channel = ${payment.channel} AND order_id = ${payment.orderId}
                       AND transaction_id = ${payment.transactionId} AND status = 'accepted') AS "isEarned"`,
  ]);
  const [{ isOwed, isEarned }] = standing.parse(rows);
  if (isOwed) return 'owed';
  return isEarned && !isOfCounted(refund.reason) ? 'earned' : 'unknown';
}

const standing = z.tuple([z.object({ isOwed: z.boolean(), isEarned: z.boolean() })]);

/**
 * Notes that the channel has sent the money back, adds it to the order when the order had counted the
 * payment, posts it, and notifies the buyer: one transaction, once per refund however often it is called.
 */
export async function completeRefund(
  db: Database,
  refund: Refund,
  { channelRefundId, at, runId }: { channelRefundId: string; at: Date; runId: string },
): Promise<void> {
  const notices: Notice[] = isOfCounted(refund.reason)
    ? [{ event: 'order.refunded', to: ['buyer', 'provider'], params: { amountFen: String(refund.amountFen) } }]
    : [
        {
          event: 'order.payment_returned',
          to: ['buyer'],
          params: { amountFen: String(refund.amountFen), reason: refund.reason },
        },
      ];
  const providerId = Prisma.sql`(SELECT provider_id FROM target)`;
  const recorded = stepOf(refund, { state: 'refunded', providerId, at, runId }, { channelRefundId });
  const by = { commandId: recorded.commandId, actor: recorded.actorId, runId, effectiveAt: at };
  await db.$transaction(async (tx) => {
    const locked = await tx.$queryRaw<unknown[]>`
      SELECT FROM refunds WHERE id = ${refund.refundId} AND status = 'requested' FOR UPDATE`;
    if (locked.length === 0) return;
    const journal = await refundOf(tx, refund);
    await tx.$executeRaw`
    WITH step AS (
      UPDATE refunds SET status = 'refunded', channel_refund_id = ${channelRefundId}, refunded_at = ${at}
      WHERE id = ${refund.refundId} AND status = 'requested'
      RETURNING id AS object_id, order_id, amount_fen, payment_id
    ), target AS (
      SELECT o.id AS order_id, o.product_name, o.buyer_id, o.provider_id FROM step JOIN orders o ON o.id = step.order_id
    ), recorded AS (${insertNewStep(recorded, REFUNDED, Prisma.sql`FROM step`)}), subtracted AS (
      UPDATE orders SET refunded_fen = refunded_fen + step.amount_fen, updated_at = ${at}
      FROM step JOIN payments p ON p.id = step.payment_id AND p.status = 'accepted'
      WHERE orders.id = step.order_id
    )${postingCte(journal, by, Prisma.sql`FROM step`)}
    ${notificationCtes({ objectId: refund.refundId, deliveryId: null, sequence: REFUNDED, notices, at })}
    SELECT count(*) FROM step`;
  });
}

/**
 * Leaves in the trail that a refund was refused, because the database does not know it as owed, and has operations
 * notified (GEN-5); once per refund and day.
 */
export async function recordRefusedRefund(db: Database, refund: Refund, at: Date, runId: string): Promise<void> {
  const params = { amountFen: String(refund.amountFen), reason: refund.reason };
  const notices: Notice[] = [{ event: 'order.refund_refused', to: ['ops'], params }];
  const sequence = dayOf(at);
  const step = stepOf(refund, { state: 'refused', providerId: Prisma.sql`provider_id`, at, runId });
  const refused = { ...step, commandId: `${step.commandId}/${sequence}` };
  await db.$executeRaw`
    WITH target AS (
      SELECT ${refund.payment.orderId}::text AS order_id, coalesce(o.product_name, '') AS product_name,
             coalesce(o.buyer_id, '') AS buyer_id, o.provider_id
      FROM (SELECT) AS one LEFT JOIN orders o ON o.id = ${refund.payment.orderId}
    ), step AS (${insertStep(refused, sequence, Prisma.sql`FROM target`)})${notificationCtes({ objectId: refund.refundId, deliveryId: null, sequence, notices, at })}
    SELECT count(*) FROM step`;
}

/** Notifies operations that a refund has been stuck; once per refund and day (GEN-5). */
export async function reportStuckRefund(db: Database, refund: Refund, at: Date): Promise<void> {
  const notices: Notice[] = [
    {
      event: 'order.refund_stuck',
      to: ['ops'],
      params: { amountFen: String(refund.amountFen), reason: refund.reason },
    },
  ];
  const day = dayOf(at);
  await db.$executeRaw`
    WITH step AS (SELECT ${refund.refundId}::text AS object_id),
    target AS (
      SELECT ${refund.payment.orderId}::text AS order_id, coalesce(o.product_name, '') AS product_name,
             coalesce(o.buyer_id, '') AS buyer_id, coalesce(o.provider_id, '') AS provider_id
      FROM step LEFT JOIN orders o ON o.id = ${refund.payment.orderId}
    )${notificationCtes({ objectId: `${refund.refundId}`, deliveryId: null, sequence: day, notices, at })}
    SELECT count(*) FROM step`;
}
