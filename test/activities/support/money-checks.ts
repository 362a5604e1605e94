import { z } from 'zod';
import { Prisma } from '../../../prisma/generated/client';
import type { Database } from '../../../prisma/store/shared/database';
import { queryRows } from '../../../prisma/store/shared/query-rows';
import { openRefund, reservedOf } from './money-model';
import type { Walk } from './money-moves';

const sum = z.object({ id: z.string(), fen: z.coerce.number() });

/** What the entries of every account come to, debits less credits, those at nothing left out. */
export async function replayed(db: Database): Promise<Map<string, number>> {
  const query = Prisma.sql`
    SELECT account_id AS id, sum(coalesce(debit_fen, 0) - coalesce(credit_fen, 0)) AS fen FROM entries
    GROUP BY account_id HAVING sum(coalesce(debit_fen, 0) - coalesce(credit_fen, 0)) <> 0 ORDER BY account_id`;
  return new Map((await queryRows(db, sum, query)).map(({ id, fen }) => [id, fen]));
}

const sorted = (map: ReadonlyMap<string, number>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

/** Journals that do not balance, and balances, by account or by clearing key, that the entries do not come to. */
const CONTRADICTIONS = Prisma.sql`
  SELECT 'journal ' || journal_id AS id, sum(coalesce(debit_fen, 0) - coalesce(credit_fen, 0)) AS fen FROM entries
  GROUP BY journal_id HAVING sum(coalesce(debit_fen, 0)) <> sum(coalesce(credit_fen, 0))
  UNION ALL
  SELECT 'balance ' || b.account_id, b.balance_fen FROM account_balances b
  JOIN accounts a ON a.id = b.account_id JOIN account_kinds k ON k.kind = a.kind
  WHERE b.balance_fen <> (SELECT coalesce(sum(coalesce(debit_fen, 0) - coalesce(credit_fen, 0)), 0)
                          * CASE k.side WHEN 'debit' THEN 1 ELSE -1 END FROM entries e WHERE e.account_id = b.account_id)
  UNION ALL
  SELECT 'clearing ' || coalesce(c.clearing_key, e.clearing_key), coalesce(c.balance_fen, 0) FROM clearing_balances c
  FULL JOIN (
    SELECT account_id, clearing_key, sum(coalesce(credit_fen, 0) - coalesce(debit_fen, 0)) AS fen FROM entries
    WHERE account_id LIKE 'buyer_funds:%' GROUP BY account_id, clearing_key
    HAVING sum(coalesce(credit_fen, 0) - coalesce(debit_fen, 0)) <> 0
  ) e USING (account_id, clearing_key)
  WHERE coalesce(c.balance_fen, 0) <> coalesce(e.fen, 0)
  UNION ALL
  SELECT 'refunds of ' || p.id, sum(r.amount_fen) FROM refunds r JOIN payments p ON p.id = r.payment_id
  WHERE r.status = 'refunded' GROUP BY p.id, p.amount_fen HAVING sum(r.amount_fen) > p.amount_fen
  UNION ALL
  SELECT 'issued ' || c.id, c.claimed FROM coupons c
  WHERE c.claimed > c.quantity OR c.claimed <> (SELECT count(*) FROM coupon_claims k WHERE k.coupon_id = c.id)
  UNION ALL
  SELECT 'used more than once ' || o.coupon_id, count(*) FROM orders o
  WHERE o.coupon_id IS NOT NULL AND o.paid_at IS NOT NULL AND o.coupon_reduction_fen > 0
  GROUP BY o.coupon_id HAVING count(*) <> (SELECT count(*) FROM coupon_claims k
                                           WHERE k.coupon_id = o.coupon_id AND k.status = 'used')`;

/** Everything that holds after every step, whatever the step was. */
export async function check({ store: { db }, books, orders, coupons, channel }: Walk): Promise<void> {
  const ids = orders.map(({ terms }) => terms.orderId);
  const sent = channel.sent();
  const [contradictions, balances, rows, claims, payments] = await Promise.all([
    queryRows(db, sum, CONTRADICTIONS),
    replayed(db),
    db.order.findMany({ where: { id: { in: ids } }, orderBy: { id: 'asc' } }),
    db.couponClaim.findMany({ where: { couponId: { in: coupons.map(({ id }) => id) } } }),
    db.payment.findMany({ where: { transactionId: { in: [...sent.keys()] } } }),
  ]);
  expect(contradictions).toEqual([]);
  expect(sorted(balances)).toEqual(sorted(books.balances()));
  const stored = rows.map((row) => ({
    ...{ id: row.id, paidFen: row.paidFen, refundedFen: row.refundedFen, reservedFen: row.refundReservedFen },
    ...{ invoicedFen: row.invoicedFen, payableFen: row.payableFen, offFen: row.couponReductionFen },
    isRefunding: row.state === 'refunding',
    isRefunded: row.state === 'refunded',
  }));
  const expected = orders.map(({ model }) => ({
    ...{ id: model.id, paidFen: BigInt(model.paidFen), refundedFen: BigInt(model.refundedFen) },
    ...{ reservedFen: BigInt(reservedOf(model)), invoicedFen: BigInt(model.invoicedFen) },
    ...{ payableFen: BigInt(model.prices.at(-1) ?? 0), offFen: BigInt(model.offFen) },
    isRefunding: openRefund(model) !== undefined,
    isRefunded: model.state === 'refunded',
  }));
  expect(stored).toEqual(expected.sort((a, b) => (a.id < b.id ? -1 : 1)));

  const known = { free: 'claimed', reserved: 'reserved', used: 'used' };
  expect(claims.map(({ id, status, orderId }) => [id, status, orderId]).sort()).toEqual(
    coupons.flatMap(({ claims: all }) => all.map(({ id, at, orderId }) => [id, known[at], orderId])).sort(),
  );

  // The channel's own list: of no payment has more been sent than came.
  for (const { transactionId, amountFen } of payments) {
    expect(BigInt(sent.get(transactionId) ?? 0)).toBeLessThanOrEqual(amountFen);
  }
  expect(payments).toHaveLength(sent.size);
}
