import { z } from 'zod';
import { type InstanceState, servedOrders } from '../../../domain/instances/state';
import { Prisma } from '../../generated/client';
import { completionOf } from '../ledger/orders';
import { type PostedBy, postJournal } from '../ledger/post';
import type { Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { queryRow } from '../shared/query-rows';

/** The instance that an order has bought, or has bought more of. */
const instanceOf = (orderId: string) => Prisma.sql`
  orders o JOIN instances i ON i.buyer_id = o.buyer_id
    AND (i.order_id = o.id OR i.state->'grants' @> jsonb_build_array(jsonb_build_object('orderId', o.id)))
  WHERE o.id = ${orderId}`;

/**
 * The instance of an order, once all of the order's money has gone back (INS-4); else null. One that the order has not been
 * handed over to yet learns of it, too: what comes later buys nothing.
 */
export async function findRefundedInstance(db: Database, orderId: string): Promise<string | null> {
  const query = Prisma.sql`
    SELECT coalesce(o.renews_instance_id, (SELECT i.id FROM ${instanceOf(orderId)} LIMIT 1)) AS id FROM orders o
    WHERE o.id = ${orderId} AND o.state = 'refunded'`;
  return (await queryRow(db, z.object({ id: z.string().nullable() }), query))?.id ?? null;
}

/**
 * Completes those of the orders that wait for their instance, and posts what the provider earns by them (ORD-8, WDR-1).
 * @param ids orders whose purchase the provider's side has carried out
 */
export async function completeOrders(tx: Transaction, ids: string[], by: PostedBy): Promise<void> {
  const { effectiveAt: at } = by;
  const open = { id: { in: ids }, state: 'awaiting_start' };
  for (const { id } of await tx.order.findMany({ where: open, select: { id: true }, orderBy: { id: 'asc' } })) {
    const journal = await completionOf(tx, id);
    const data = { state: 'completed', endedAt: at, updatedAt: at };
    const { count } = await tx.order.updateMany({ where: { id, state: 'awaiting_start' }, data });
    if (count === 1) await postJournal(tx, journal, by);
  }
}

/** Written by our own statement, of the type that the rules have. */
const stateRow = z.object({ state: z.custom<InstanceState>() });

/**
 * Completes an order that a refund lets go, where its instance was made meanwhile (RFD-5a, ORD-8). The instance's row is
 * locked: its next step either has been seen here, or sees the order.
 */
export async function completeServed(tx: Transaction, orderId: string, by: PostedBy): Promise<void> {
  const instance = await queryRow(tx, stateRow, Prisma.sql`SELECT i.state FROM ${instanceOf(orderId)} FOR SHARE OF i`);
  if (instance === null || !servedOrders(instance.state).includes(orderId)) return;
  await completeOrders(tx, [orderId], by);
}
