import type { Order } from '../../generated/client';
import type { Database } from '../shared/database';
import type { Page } from '../shared/paging';
import type { Scope } from '../shared/scopes';

/** An order as it is stored. */
export type OrderRow = Order;

const within = (scope: Scope) => (scope === 'all' ? {} : scope);

/** One order, or null when it is not in the scope. */
export const findOrder = (db: Database, id: string, scope: Scope): Promise<OrderRow | null> =>
  db.order.findFirst({ where: { id, ...within(scope) } });

/** A page of orders, one more than asked for when there are more. */
export function listOrders(
  db: Database,
  scope: Scope,
  { state }: { state?: string | undefined },
  { limit, after, newestFirst }: Page,
): Promise<OrderRow[]> {
  const beyond = after === null ? {} : { id: newestFirst ? { lt: after } : { gt: after } };
  return db.order.findMany({
    where: { ...within(scope), ...(state !== undefined && { state }), ...beyond },
    orderBy: { id: newestFirst ? 'desc' : 'asc' },
    take: limit + 1,
  });
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
