import type { OwnOrderState } from '../../../domain/orders/state';
import type { Order } from '../../generated/client';
import type { Database } from '../shared/database';
import type { Scope } from '../shared/scopes';
import { storedOrderState } from './stored-json';

/** An order as it is stored. */
export type OrderRow = Order;

const within = (scope: Scope) => (scope === 'all' ? {} : scope);

/** One order, or null when it is not in the scope. */
export const findOrder = (db: Database, id: string, scope: Scope): Promise<OrderRow | null> =>
  db.order.findFirst({ where: { id, ...within(scope) } });

/** The state that the payment of an order led to (ORD-2, ORD-8); null of one that was not paid by a step. */
export async function stateWhenPaid(db: Database, id: string): Promise<OwnOrderState | null> {
  const where = { objectId: id, action: 'order.paid' };
  const step = await db.step.findFirst({ where, select: { stateAfter: true } });
  return step === null ? null : storedOrderState.parse(step.stateAfter).state;
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
