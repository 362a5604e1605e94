import type { PaymentChannel } from '../../../domain/orders/order';
import type { Database } from '../shared/database';

/** A channel's word about a payment, as it came. */
export type PaymentCallback = {
  id: string;
  channel: PaymentChannel;
  transactionId: string;
  orderId: string;
  status: 'succeeded' | 'failed';
  amountFen: number;
};

/** How a callback was handled. */
export type Handling = 'signalled' | 'returned' | 'ignored';

/** The notification channel on which the inbox says that something has arrived. */
export const PAYMENT_CALLBACKS = 'payment_callbacks';

/**
 * Stores a callback before it is answered (ORD-6); the same word said again changes nothing. It is received when no
 * closing of its order is under way: either the closing sees it, or it came after the closing.
 */
export async function storeCallback(db: Pick<Database, '$queryRaw'>, callback: PaymentCallback): Promise<void> {
  const { id, channel, transactionId, orderId, status, amountFen } = callback;
  await db.$queryRaw`
    WITH known AS (
      SELECT id FROM orders WHERE id = ${orderId} FOR SHARE
    ), stored AS (
      INSERT INTO payment_callbacks (id, channel, transaction_id, order_id, status, amount_fen, received_at)
      SELECT ${id}, ${channel}, ${transactionId}, ${orderId}, ${status}, ${amountFen}::bigint, clock_timestamp()
      FROM (SELECT count(*) FROM known) AS once_locked
      ON CONFLICT DO NOTHING RETURNING id
    )
    SELECT pg_notify(${PAYMENT_CALLBACKS}, id)::text FROM stored`;
}

type CallbackRow = Omit<PaymentCallback, 'amountFen'> & { amountFen: bigint; receivedAt: Date; attempts: number };
export type ClaimedCallback = PaymentCallback & { receivedAt: Date; attempts: number };

/** 2 seconds times 2 to the 8th is beyond the longest pause already; beyond the 42nd no interval holds it. */
const HIGHEST_EXPONENT = 8;

/**
 * Takes callbacks that wait for handling, and puts off their next attempt so that no other worker
 * takes them meanwhile and a worker's death only delays them.
 */
export async function claimCallbacks(db: Database, limit: number): Promise<ClaimedCallback[]> {
  const rows = await db.$queryRaw<CallbackRow[]>`
    UPDATE payment_callbacks SET attempts = attempts + 1,
      next_attempt_at = now() + least(interval '5 minutes', interval '2 seconds' * power(2, least(attempts, ${HIGHEST_EXPONENT})))
    WHERE id IN (SELECT id FROM payment_callbacks WHERE handled_at IS NULL AND next_attempt_at <= now()
                 ORDER BY next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING id, channel, transaction_id AS "transactionId", order_id AS "orderId", status,
              amount_fen AS "amountFen", received_at AS "receivedAt", attempts`;
  return rows.map((row) => ({ ...row, amountFen: Number(row.amountFen) }));
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
