import { groupOf } from '../../../domain/notifications/groups';
import { Prisma } from '../../generated/client';
import type { StepNotices } from './outbox';

/**
 * The CTE that adds a step's notices to the provider as webhook events, in the step's own statement (MSG-3): one for
 * each endpoint that is in use and has subscribed to the group. It reads the CTEs `step` and `target`, as those of
 * `notificationCtes` do; a provider without webhooks costs one look into an index.
 *
 * An event's id sorts by instant and place in the step, and follows from what it is about: the same event never has two.
 * `sequence` grows in the order in which the events of an object are written: whoever writes its steps, or those of its
 * reviews, does so one after the other.
 */
export function webhookEventCte({
  objectId,
  about = objectId,
  deliveryId,
  sequence,
  notices,
  at,
}: StepNotices): Prisma.Sql {
  const events = notices
    .filter(({ to }) => to.includes('provider'))
    .map(({ event, params }) => ({ event, event_group: groupOf(event), params }));
  if (events.length === 0) return Prisma.empty;
  return Prisma.sql`, webhook_events AS (
      INSERT INTO webhook_deliveries (id, endpoint_id, provider_id, event, event_group, object_id, step_object_id,
                                      step_sequence, params, created_at)
      SELECT 'evt_' || lpad(to_hex(${at.getTime()}::bigint), 12, '0') || lpad(to_hex(n.place), 2, '0')
               || left(md5(concat_ws('/', e.id, ${objectId}::text, ${sequence}::int, n.event)), 12),
             e.id, e.provider_id, n.event, n.event_group, ${about}::text, ${objectId}::text, ${sequence}::int,
             jsonb_strip_nulls(n.params || jsonb_build_object('orderId', t.order_id, 'productName', t.product_name,
                                                              'deliveryId', ${deliveryId}::text)), ${at}::timestamptz
      FROM step, target t JOIN webhook_endpoints e ON e.provider_id = t.provider_id AND e.disabled_at IS NULL,
           ROWS FROM (jsonb_to_recordset(${JSON.stringify(events)}::jsonb)
             AS (event text, event_group text, params jsonb)) WITH ORDINALITY AS n(event, event_group, params, place)
      WHERE n.event_group = ANY(e.event_groups)
      ORDER BY n.place
      ON CONFLICT DO NOTHING
    )`;
}
