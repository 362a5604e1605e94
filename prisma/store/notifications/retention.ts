import { UNFINISHED_STATUSES } from '../../../domain/notifications/delivery-status';
import type { Database } from '../shared/database';

/**
 * Deletes messages from before an instant, with their deliveries, the oldest first, but for those that are still to be
 * sent. Notices without a recipient that were logged are deleted with them.
 * @returns how many there were; less than `limit` when none is left
 */
export async function purgeMessages(db: Database, before: Date, limit: number): Promise<number> {
  // Ids sort by instant: the oldest are found by the primary key. SKIP LOCKED shares the work between workers.
  const messages = await db.$executeRaw`
    DELETE FROM messages WHERE id IN (
      SELECT m.id FROM messages m
      WHERE m.id < 'msg_' || lpad(to_hex(${before.getTime()}::bigint), 12, '0') AND m.created_at < ${before}
        AND NOT EXISTS (SELECT FROM notification_deliveries d
                        WHERE d.message_id = m.id AND d.status = ANY(${[...UNFINISHED_STATUSES]}::text[]))
      ORDER BY m.id LIMIT ${limit} FOR UPDATE SKIP LOCKED)`;
  const notices = await db.$executeRaw`
    DELETE FROM unaddressed_notices WHERE (object_id, sequence, event, audience) IN (
      SELECT object_id, sequence, event, audience FROM unaddressed_notices
      WHERE logged_at IS NOT NULL AND created_at < ${before} ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`;
  return Math.max(messages, notices);
}
