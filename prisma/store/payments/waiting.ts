import type { Database } from '../shared/database';
import { enqueueNotifications } from '../shared/outbox';
import { PAYMENT_CALLBACKS } from './callbacks';

/** Payment callbacks that were stored and not handled yet. */
export type WaitingCallbacks = { count: number; oldest: { orderId: string; receivedAt: Date } };

const HOUR_MS = 3_600_000;

/** The callbacks received before an instant that nobody has handled; null when there are none. */
export async function waitingCallbacks(db: Database, receivedBefore: Date): Promise<WaitingCallbacks | null> {
  const where = { handledAt: null, receivedAt: { lt: receivedBefore } };
  const select = { orderId: true, receivedAt: true };
  const oldest = await db.paymentCallback.findFirst({ where, orderBy: { receivedAt: 'asc' }, select });
  return oldest === null ? null : { count: await db.paymentCallback.count({ where }), oldest };
}

/** Notifies operations of payment callbacks that wait (ORD-6, GEN-5): once an hour, whichever workers look how often. */
export async function reportWaitingCallbacks(
  db: Database,
  { count, oldest }: WaitingCallbacks,
  at: Date,
): Promise<void> {
  const params = { objectId: oldest.orderId, receivedAt: oldest.receivedAt.toISOString(), count: String(count) };
  await enqueueNotifications(db, {
    objectId: PAYMENT_CALLBACKS,
    providerId: null,
    sequence: Math.floor(at.getTime() / HOUR_MS),
    notices: [{ event: 'operations.payments_waiting', to: ['ops'], params }],
    at,
  });
}
