import type { Notice } from '../../../domain/notifications/notice';
import type { Database } from './database';
import { notificationCtes } from './outbox';

const DAY_MS = 86_400_000;

/**
 * Notifies operations that what is stored of an object contradicts the step that its workflow proposes: nothing more can
 * be recorded of it until it is repaired. Once per object and day, however often the step is tried again.
 */
export async function reportInconsistency(db: Database, objectId: string, at: Date): Promise<void> {
  const notices: Notice[] = [{ event: 'operations.inconsistent', to: ['ops'], params: { objectId } }];
  const day = Math.floor(at.getTime() / DAY_MS);
  await db.$executeRaw`
    WITH step AS (SELECT 1), target AS (
      SELECT NULL::text AS order_id, NULL::text AS product_name, NULL::text AS buyer_id, NULL::text AS provider_id
    )${notificationCtes({ objectId, deliveryId: null, sequence: day, notices, at })}
    SELECT count(*) FROM notified`;
}
