import { z } from 'zod';
import { type Amounts, DIFFERENCE_KINDS, type Difference } from '../../../domain/ledger/reconciliation';
import { PAYMENT_CHANNELS, type PaymentChannel } from '../../../domain/orders/order';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { queryRows } from '../shared/query-rows';

/** The day that is reconciled: from its first instant to that of the next. */
export type Period = { from: Date; to: Date };

const fen = z.coerce.number().int();
const difference = z.object({
  kind: z.enum(DIFFERENCE_KINDS),
  key: z.string(),
  channel: z.enum(PAYMENT_CHANNELS).nullable(),
  ledgerFen: fen,
  otherFen: fen,
});

/**
 * What the ledger and our own records disagree about, of what happened in a period.
 * @param clearingBefore a clearing key is open too long when it was opened before, and so was its order ended or its
 *   payment of no order
 */
export async function differencesWithin(db: Database, period: Period, clearingBefore: Date): Promise<Difference[]> {
  const queries = [
    ...[paymentsNotPosted(period), paymentsUnknown(period), refundsNotPosted(period), refundsUnknown(period)],
    ...[completionsNotPosted(period), callbacksNotCounted(period), openTooLong(clearingBefore)],
  ];
  const found: Difference[] = [];
  for (const query of queries) found.push(...(await queryRows(db, difference, query)));
  return found;
}

/** What a journal moved at its channel's account. */
const MOVED = Prisma.sql`
  LEFT JOIN LATERAL (
    SELECT coalesce(sum(e.debit_fen), 0) AS debit, coalesce(sum(e.credit_fen), 0) AS credit FROM entries e
    WHERE e.journal_id = j.id AND e.account_id LIKE 'channel:%'
  ) moved ON true`;

const paymentsNotPosted = ({ from, to }: Period) => Prisma.sql`
  SELECT 'payment' AS kind, p.channel || '/' || p.transaction_id AS key, p.channel,
         moved.debit AS "ledgerFen", p.amount_fen AS "otherFen"
  FROM payments p LEFT JOIN journals j ON j.business_key = 'payment/' || p.channel || '/' || p.transaction_id ${MOVED}
  WHERE p.received_at >= ${from} AND p.received_at < ${to} AND moved.debit <> p.amount_fen`;

const paymentsUnknown = ({ from, to }: Period) => Prisma.sql`
  SELECT 'payment' AS kind, substr(j.business_key, 9) AS key, NULL AS channel, moved.debit AS "ledgerFen", 0 AS "otherFen"
  FROM journals j ${MOVED}
  WHERE ${postedIn({ from, to })} AND j.kind = 'payment_received'
    AND NOT EXISTS (SELECT FROM payments p WHERE 'payment/' || p.channel || '/' || p.transaction_id = j.business_key
                      AND p.channel = split_part(j.business_key, '/', 2)
                      AND p.transaction_id = substr(j.business_key, length('payment/' || p.channel || '/') + 1))`;

const refundsNotPosted = ({ from, to }: Period) => Prisma.sql`
  SELECT 'refund' AS kind, r.id AS key, NULL AS channel, moved.credit AS "ledgerFen", r.amount_fen AS "otherFen"
  FROM refunds r LEFT JOIN journals j ON j.business_key = 'refund/' || r.id ${MOVED}
  WHERE r.refunded_at >= ${from} AND r.refunded_at < ${to} AND moved.credit <> r.amount_fen`;

const refundsUnknown = ({ from, to }: Period) => Prisma.sql`
  SELECT 'refund' AS kind, j.object_id AS key, NULL AS channel, moved.credit AS "ledgerFen", 0 AS "otherFen"
  FROM journals j ${MOVED}
  WHERE ${postedIn({ from, to })} AND j.kind IN ('refund_executed', 'payment_returned')
    AND NOT EXISTS (SELECT FROM refunds r WHERE r.id = j.object_id AND r.refunded_at IS NOT NULL)`;

const completionsNotPosted = ({ from, to }: Period) => Prisma.sql`
  SELECT 'completion' AS kind, o.id AS key, o.payment_channel AS channel, 0 AS "ledgerFen",
         o.paid_fen - o.refunded_fen AS "otherFen"
  FROM orders o
  WHERE o.ended_at >= ${from} AND o.ended_at < ${to} AND o.state = 'completed' AND o.paid_fen > o.refunded_fen
    AND NOT EXISTS (SELECT FROM journals j WHERE j.business_key = 'order-completed/' || o.id)`;

const callbacksNotCounted = ({ from, to }: Period) => Prisma.sql`
  SELECT 'callback' AS kind, c.channel || '/' || c.transaction_id AS key, c.channel, 0 AS "ledgerFen",
         c.amount_fen AS "otherFen"
  FROM payment_callbacks c
  WHERE c.received_at >= ${from} AND c.received_at < ${to} AND c.status = 'succeeded' AND c.amount_fen > 0
    AND NOT EXISTS (SELECT FROM payments p WHERE p.channel = c.channel AND p.transaction_id = c.transaction_id)`;

const openTooLong = (before: Date) => Prisma.sql`
  SELECT 'clearing' AS kind, c.account_id || '/' || c.clearing_key AS key, NULL AS channel,
         c.balance_fen AS "ledgerFen", 0 AS "otherFen"
  FROM clearing_balances c
  LEFT JOIN payments p ON 'buyer_funds:' || p.channel = c.account_id AND p.transaction_id = c.clearing_key
    AND p.channel = split_part(c.account_id, ':', 2)
  LEFT JOIN orders o ON o.id = p.order_id AND p.status = 'accepted'
  WHERE c.opened_at < ${before} AND (o.id IS NULL OR o.ended_at < ${before})
    AND NOT EXISTS (SELECT FROM refunds r WHERE r.order_id = p.order_id AND r.status = 'waiting')`;

/** Journals of a period by their ids, which begin with the instant of their posting. */
const postedIn = ({ from, to }: Period) => Prisma.sql`
  j.id >= first_journal_id(${from}::timestamptz) AND j.id < first_journal_id(${to}::timestamptz)`;

const amount = z.object({ key: z.string(), amountFen: fen });
const amountsOf = async (db: Database, query: Prisma.Sql): Promise<Amounts> =>
  new Map((await queryRows(db, amount, query)).map(({ key, amountFen }) => [key, amountFen]));

/** What the ledger says that came through a channel: of a period, and of the transactions that are named. */
export const postedPayments = (
  db: Database,
  channel: PaymentChannel,
  { from, to }: Period,
  transactionIds: string[],
): Promise<Amounts> => {
  const known = transactionIds.map((id) => `payment/${channel}/${id}`);
  return amountsOf(
    db,
    Prisma.sql`
    SELECT substr(j.business_key, length('payment/' || ${channel} || '/') + 1) AS key, e.debit_fen AS "amountFen"
    FROM journals j JOIN entries e ON e.journal_id = j.id AND e.account_id = 'channel:' || ${channel}
    WHERE j.kind = 'payment_received' AND (j.business_key = ANY (${known}::text[]) OR (${postedIn({ from, to })}))`,
  );
};

/** What the ledger says that was sent back through a channel: of a period, and of the refunds that are named. */
export const postedRefunds = (
  db: Database,
  channel: PaymentChannel,
  { from, to }: Period,
  refundIds: string[],
): Promise<Amounts> => {
  const known = refundIds.map((id) => `refund/${id}`);
  return amountsOf(
    db,
    Prisma.sql`
    SELECT substr(j.business_key, 8) AS key, e.credit_fen AS "amountFen"
    FROM journals j JOIN entries e ON e.journal_id = j.id AND e.account_id = 'channel:' || ${channel}
    WHERE j.kind IN ('refund_executed', 'payment_returned')
      AND (j.business_key = ANY (${known}::text[]) OR (${postedIn({ from, to })}))`,
  );
};

/** What resolved differences have added to the ledger's account of a channel, by the key of what they are about. */
export const adjustments = (
  db: Database,
  kind: 'channel_payment' | 'channel_refund',
  channel: PaymentChannel,
  keys: string[],
): Promise<Amounts> =>
  amountsOf(
    db,
    Prisma.sql`
    SELECT d.key, sum(CASE ${kind} WHEN 'channel_payment' THEN e.debit_fen - e.credit_fen
                      ELSE e.credit_fen - e.debit_fen END) AS "amountFen"
    FROM reconciliation_differences d JOIN entries e ON e.journal_id = d.journal_id AND e.account_id = 'channel:' || ${channel}
    WHERE d.channel = ${channel} AND d.kind = ${kind} AND d.key = ANY (${keys}::text[]) AND d.journal_id IS NOT NULL
    GROUP BY d.key`,
  );
