import { z } from 'zod';
import { PAYMENT_CHANNELS } from '../../../domain/orders/order';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { queryRows } from '../shared/query-rows';

const stored = z.object({
  id: z.string(),
  channel: z.enum(PAYMENT_CHANNELS),
  transactionId: z.string(),
  orderId: z.string(),
  status: z.enum(['succeeded', 'failed']),
  amountFen: z.coerce.number().int(),
  /** The version of the order's price that it was made for; null where the channel does not know it (ORD-5). */
  priceVersion: z.int().nullish(),
});
const claimed = stored.extend({ receivedAt: z.date(), attempts: z.int() });

/** What a channel reported of a payment. */
export type PaymentCallback = z.output<typeof stored>;

/** How a callback was handled. */
export type Handling = 'signalled' | 'returned' | 'ignored';

/** The PostgreSQL notification channel by which the relay learns that a callback was stored. */
export const PAYMENT_CALLBACKS = 'payment_callbacks';

/**
 * Stores a callback before it is answered (ORD-6); the same report once more changes nothing. It shares a lock of its
 * order with others of its kind, which the closing of the order waits for, and is received when it has that: either the
 * closing sees it, or it came after the closing.
 */
export async function storeCallback(db: Pick<Database, '$queryRaw'>, callback: PaymentCallback): Promise<void> {
  const { id, channel, transactionId, orderId, status, amountFen, priceVersion } = callback;
  await db.$queryRaw`
    WITH known AS (
      SELECT id FROM orders WHERE id = ${orderId} FOR SHARE
    ), stored AS (
      INSERT INTO payment_callbacks (id, channel, transaction_id, order_id, status, amount_fen, price_version, received_at)
      SELECT ${id}, ${channel}, ${transactionId}, ${orderId}, ${status}, ${amountFen}::bigint, ${priceVersion ?? null}::int,
             clock_timestamp()
      FROM (SELECT count(*) FROM known) AS once_locked
      ON CONFLICT DO NOTHING RETURNING id
    )
    SELECT pg_notify(${PAYMENT_CALLBACKS}, id)::text FROM stored`;
}

export type ClaimedCallback = z.output<typeof claimed>;

/** 2 seconds times 2 to the 8th is beyond the longest pause already; beyond the 42nd no interval holds it. */
const HIGHEST_EXPONENT = 8;

/**
 * Claims callbacks that are due, and puts off their next attempt so that no other worker claims them meanwhile and the
 * death of a worker only delays them. Rows that another claim has locked are skipped.
 */
export function claimCallbacks(db: Database, limit: number): Promise<ClaimedCallback[]> {
  return queryRows(
    db,
    claimed,
    Prisma.sql`
    UPDATE payment_callbacks SET attempts = attempts + 1,
      next_attempt_at = now() + least(interval '5 minutes', interval '2 seconds' * power(2, least(attempts, ${HIGHEST_EXPONENT})))
    WHERE id IN (SELECT id FROM payment_callbacks WHERE handled_at IS NULL AND next_attempt_at <= now()
                 ORDER BY next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING id, channel, transaction_id AS "transactionId", order_id AS "orderId", status,
              amount_fen AS "amountFen", price_version AS "priceVersion", received_at AS "receivedAt", attempts`,
  );
}

/** Notes that a callback has been handled, and how. */
export async function markHandled(db: Database, id: string, handling: Handling): Promise<void> {
  await db.paymentCallback.update({ where: { id }, data: { handledAt: new Date(), handling } });
}

/** Whether a channel has reported that a payment of an order succeeded. */
export async function isReported(
  db: Database,
  payment: { orderId: string; channel: string; transactionId: string },
): Promise<boolean> {
  return (await db.paymentCallback.count({ where: { ...payment, status: 'succeeded' } })) > 0;
}

/** Whether an order has looked at a payment: it counts it, or sends it back. */
export async function isLookedAt(db: Database, payment: { channel: string; transactionId: string }): Promise<boolean> {
  return (await db.payment.count({ where: payment })) > 0;
}
