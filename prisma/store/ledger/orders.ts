import { z } from 'zod';
import { incomeAccount, receivableAccount } from '../../../domain/ledger/accounts';
import {
  type OrderIncome,
  type OrderMoney,
  orderCompleted,
  paymentReturned,
  refundExecuted,
} from '../../../domain/ledger/events';
import type { Journal } from '../../../domain/ledger/journal';
import { PAYMENT_CHANNELS } from '../../../domain/orders/order';
import { Prisma } from '../../generated/client';
import type { Transaction } from '../shared/audited-transaction';
import { queryRow, queryRows } from '../shared/query-rows';

const fen = z.coerce.number().int();

const orderMoney = z.object({
  orderId: z.string(),
  providerId: z.string(),
  channel: z.enum(PAYMENT_CHANNELS),
  transactionId: z.string(),
  feeBasisPoints: z.int(),
  heldFen: fen,
  earnedFen: fen,
});

/**
 * Locks an order, as whoever moves its money does first, and reads where that money is.
 * @returns null where the order has counted no payment
 */
export async function lockOrderMoney(tx: Transaction, orderId: string): Promise<OrderMoney | null> {
  await tx.$executeRaw`SELECT FROM orders WHERE id = ${orderId} FOR NO KEY UPDATE`;
  const query = Prisma.sql`
    SELECT o.id AS "orderId", o.provider_id AS "providerId", p.channel, p.transaction_id AS "transactionId",
           o.fee_basis_points AS "feeBasisPoints", coalesce(c.balance_fen, 0) AS "heldFen",
           o.paid_fen - o.refunded_fen - coalesce(c.balance_fen, 0) AS "earnedFen"
    FROM orders o JOIN payments p ON p.order_id = o.id AND p.status = 'accepted'
    LEFT JOIN clearing_balances c ON c.account_id = 'buyer_funds:' || p.channel AND c.clearing_key = p.transaction_id
    WHERE o.id = ${orderId}`;
  return queryRow(tx, orderMoney, query);
}

/**
 * The journal by which what is held of an order's payment is earned; null where nothing is.
 * @param keptFen goes back to the buyer
 */
export async function completionOf(tx: Transaction, orderId: string, keptFen = 0): Promise<Journal | null> {
  const money = await lockOrderMoney(tx, orderId);
  if (money === null) return null;
  const owedFen = await lockBalance(tx, receivableAccount(money.providerId));
  return orderCompleted(money, { keptFen: Math.min(keptFen, money.heldFen), owedFen });
}

/** A refund as its channel has sent it. */
export type SentRefund = {
  refundId: string;
  amountFen: number;
  payment: { orderId: string; channel: OrderMoney['channel']; transactionId: string };
};

/** The journal of a refund that its channel has sent: of an order's money, or of a payment that no order took. */
export async function refundOf(tx: Transaction, { payment, ...refund }: SentRefund): Promise<Journal | null> {
  const money = await lockOrderMoney(tx, payment.orderId);
  if (money?.transactionId !== payment.transactionId || money.channel !== payment.channel) {
    return paymentReturned(refund.refundId, payment, refund.amountFen);
  }
  return refundExecuted(refund, money, await incomeOf(tx, money));
}

/** Where the income of an order is, as its entries say. */
async function incomeOf(tx: Transaction, { orderId, providerId, channel }: OrderMoney): Promise<OrderIncome> {
  const [pending, withdrawable] = [
    incomeAccount(providerId, channel, 'pending'),
    incomeAccount(providerId, channel, 'withdrawable'),
  ];
  const query = Prisma.sql`
    SELECT account_id AS "accountId", sum(credit_fen - debit_fen) AS "balanceFen" FROM entries
    WHERE clearing_key = ${orderId} AND account_id IN (${pending}, ${withdrawable}) GROUP BY account_id`;
  const rows = await queryRows(tx, z.object({ accountId: z.string(), balanceFen: fen }), query);
  const balanceOf = (id: string) => rows.find(({ accountId }) => accountId === id)?.balanceFen ?? 0;
  return { pendingFen: balanceOf(pending), withdrawableFen: balanceOf(withdrawable) };
}

/** The balance of an account with a limit, fen, which nobody else changes for the rest of the transaction. */
async function lockBalance(tx: Transaction, accountId: string): Promise<number> {
  const query = Prisma.sql`SELECT lock_account_balance(${accountId}) AS "balanceFen"`;
  return (await queryRow(tx, z.object({ balanceFen: fen }), query))?.balanceFen ?? 0;
}
