import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { equal, keyset, type Page } from '../shared/paging';
import { type Scope, within } from '../shared/scopes';

/** An order as it is stored. */
export type OrderRow = {
  id: string;
  buyerId: string;
  providerId: string;
  productId: string;
  productName: string;
  specId: string;
  specName: string;
  paymentChannel: string;
  state: string;
  payableFen: bigint;
  paidFen: bigint;
  refundedFen: bigint;
  deliveryId: string;
  payBy: Date;
  paidAt: Date | null;
  endedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
};

const COLUMNS = Prisma.sql`id, buyer_id AS "buyerId", provider_id AS "providerId", product_id AS "productId",
  product_name AS "productName", spec_id AS "specId", spec_name AS "specName", payment_channel AS "paymentChannel",
  state, payable_fen AS "payableFen", paid_fen AS "paidFen", refunded_fen AS "refundedFen",
  delivery_id AS "deliveryId", pay_by AS "payBy", paid_at AS "paidAt", ended_at AS "endedAt",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

/** One order, or null when it is not in the scope. */
export async function findOrder(db: Database, id: string, scope: Scope): Promise<OrderRow | null> {
  const rows = await db.$queryRaw<OrderRow[]>`SELECT ${COLUMNS} FROM orders WHERE id = ${id} AND ${within(scope)}`;
  return rows[0] ?? null;
}

/** A page of orders, one more than asked for when there are more. */
export async function listOrders(
  db: Database,
  scope: Scope,
  filter: { state?: string | undefined },
  page: Page,
): Promise<OrderRow[]> {
  return db.$queryRaw<OrderRow[]>`
    SELECT ${COLUMNS} FROM orders WHERE ${within(scope)} ${equal('state', filter.state)} ${keyset(page)}`;
}

/** Who looks at a buyer's contact, and from where (ORD-7). */
export type ContactLook = {
  buyerId: string;
  orderId: string;
  providerId: string;
  viewerId: string;
  viewerRole: string;
  requestId: string;
  sourceIp: string;
};

/** The buyer's contact, shown in an order's details (ORD-2, ORD-7); the look is left in the audit trail. */
export async function lookAtContact(db: Database, { buyerId, ...look }: ContactLook) {
  const [contact] = await db.$transaction([
    db.user.findUnique({ where: { id: buyerId }, select: { name: true, email: true, phone: true } }),
    db.contactLook.create({ data: look }),
  ]);
  return contact;
}
