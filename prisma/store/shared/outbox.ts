import { isMessageEvent } from '../../../domain/notifications/events';
import { routeOf } from '../../../domain/notifications/groups';
import { AUDIENCES, type Audience, type Notice } from '../../../domain/notifications/notice';
import { Prisma } from '../../generated/client';
import type { Transaction } from './audited-transaction';
import { providerRecipients } from './recipients';
import { webhookEventCte } from './webhook-outbox';

/** The notices of a step, for the outbox. */
export type StepNotices = {
  /** Whose step it is. */
  objectId: string;
  /** The object that webhook events name, where that is another one: the shop or product of a review. */
  about?: string;
  deliveryId: string | null;
  sequence: number;
  notices: Notice[];
  at: Date;
};

/**
 * CTEs that put the notices of a step into the outbox, in the step's own statement (MSG-2): a message for every
 * recipient, and a notification delivery for each channel by which it is sent. Buyers and operations are notified
 * in-site and by e-mail, a provider as it has subscribed (MSG-1). They read the CTEs `step` (the step, if it was
 * written) and `target` (order_id, product_name, buyer_id, provider_id); `notified` has a row for each message written.
 *
 * A step that is written again finds its messages there: the unique key of (object, sequence, event, recipient) keeps
 * them single. A notice whose audience has nobody in it is kept in `unaddressed_notices`.
 */
export function notificationCtes(step: StepNotices): Prisma.Sql {
  const { objectId, deliveryId, sequence, notices, at } = step;
  if (notices.length === 0) return Prisma.empty;
  // An event that this release does not know is refused by the table, for good.
  const routed = notices.map((notice) => ({
    ...notice,
    ...(isMessageEvent(notice.event) ? routeOf(notice.event) : {}),
  }));
  const audiences = AUDIENCES.filter((audience) => notices.some(({ to }) => to.includes(audience)));
  return Prisma.sql`, notices AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(routed)}::jsonb)
        AS n(event text, "to" jsonb, params jsonb, "group" text, channels text[], always boolean)
    ), recipients AS (
      SELECT 'msg_' || lpad(to_hex(${at.getTime()}::bigint), 12, '0') || substr(md5(random()::text), 1, 14) AS id, r.*
      FROM (${Prisma.join(
        audiences.map((audience) => RECIPIENTS_OF[audience]),
        ' UNION ALL ',
      )}) r
      WHERE r.in_site OR r.channels && ARRAY['email', 'sms']
    ), notified AS (
      INSERT INTO messages (id, recipient_id, event, event_group, provider_id, in_site, object_id, sequence, params,
                            created_at)
      SELECT r.id, r.recipient_id, r.event, r."group", r.provider_id, r.in_site, ${objectId}::text, ${sequence}::int,
             r.params || jsonb_build_object('orderId', t.order_id, 'productName', t.product_name,
                                            'deliveryId', ${deliveryId}::text), ${at}::timestamptz
      FROM step, target t, recipients r
      ON CONFLICT DO NOTHING
      RETURNING id
    ), outgoing AS (
      INSERT INTO notification_deliveries (message_id, channel)
      SELECT notified.id, channel
      FROM notified JOIN recipients r ON r.id = notified.id, unnest(r.channels) AS channel
      WHERE channel <> 'in_site'
    ), unaddressed AS (
      INSERT INTO unaddressed_notices (object_id, sequence, event, audience, created_at)
      SELECT ${objectId}::text, ${sequence}::int, n.event, audience, ${at}::timestamptz
      FROM step, notices n, jsonb_array_elements_text(n."to") AS audience
      WHERE NOT CASE audience ${Prisma.join(
        audiences.map((audience) => Prisma.sql`WHEN ${audience} THEN ${HAS_RECIPIENT[audience]}`),
        ' ',
      )} ELSE true END
      ON CONFLICT DO NOTHING
    )${webhookEventCte(step)}`;
}

/** Puts notices into the outbox in the transaction that they belong to, for what has no order. */
export async function enqueueNotifications(
  tx: Transaction,
  {
    providerId,
    buyerId = null,
    ...step
  }: Omit<StepNotices, 'deliveryId'> & { providerId: string | null; buyerId?: string | null },
): Promise<void> {
  if (step.notices.length === 0) return;
  await tx.$executeRaw`
    WITH step AS (SELECT 1), target AS (
      SELECT NULL::text AS order_id, NULL::text AS product_name, ${buyerId}::text AS buyer_id,
             ${providerId}::text AS provider_id
    )${notificationCtes({ ...step, deliveryId: null })}
    SELECT count(*) FROM notified`;
}

/** The buyer is whom the order names, with or without a profile. */
const BUYER = Prisma.sql`
  SELECT t.buyer_id AS recipient_id, n.event, n.params, n."group", NULL::text AS provider_id, true AS in_site,
         ARRAY['email'] AS channels
  FROM notices n, target t WHERE t.buyer_id <> '' AND jsonb_exists(n."to", 'buyer')`;

/**
 * A provider's people: whom its subscription names, by the channels it names; while it has chosen nothing, the main
 * account and all contacts by the default channels. Contacts have no inbox. Events with `always` reach the main account
 * in-site, whatever the subscription says.
 */
const PROVIDER = Prisma.sql`
  SELECT r.id AS recipient_id, n.event, n.params, n."group", t.provider_id,
         r.is_account AND (d.subscribed AND 'in_site' = ANY(d.channels) OR r.is_main AND n.always) AS in_site,
         CASE WHEN d.subscribed THEN d.channels ELSE '{}' END AS channels
  FROM notices n CROSS JOIN target t
  LEFT JOIN subscriptions s ON s.provider_id = t.provider_id AND s.event_group = n."group"
  CROSS JOIN LATERAL (${providerRecipients(Prisma.sql`t.provider_id`)}) r
  CROSS JOIN LATERAL (
    SELECT coalesce(s.channels, n.channels) AS channels,
           coalesce(s.subscribed AND r.id = ANY(s.recipient_ids), r.is_main OR NOT r.is_account) AS subscribed
  ) d
  WHERE jsonb_exists(n."to", 'provider')`;

const OPS = Prisma.sql`
  SELECT u.id AS recipient_id, n.event, n.params, n."group", NULL::text AS provider_id, true AS in_site,
         ARRAY['email'] AS channels
  FROM notices n, users u WHERE u.role = 'ops' AND u.disabled_at IS NULL AND jsonb_exists(n."to", 'ops')`;

const MANAGERS = Prisma.sql`
  SELECT u.id AS recipient_id, n.event, n.params, n."group", NULL::text AS provider_id, true AS in_site,
         ARRAY['email'] AS channels
  FROM notices n, users u
  WHERE u.role = 'ops' AND u.disabled_at IS NULL AND 'appeals.rule' = ANY(u.permissions) AND jsonb_exists(n."to", 'managers')`;

const RECIPIENTS_OF: Record<Audience, Prisma.Sql> = { buyer: BUYER, provider: PROVIDER, ops: OPS, managers: MANAGERS };

/** Whether an audience has anybody in it. A provider that has unsubscribed has: it does not want to be notified. */
const HAS_RECIPIENT: Record<Audience, Prisma.Sql> = {
  buyer: Prisma.sql`EXISTS (SELECT FROM target t WHERE t.buyer_id <> '')`,
  provider: Prisma.sql`EXISTS (SELECT FROM target t CROSS JOIN LATERAL (${providerRecipients(Prisma.sql`t.provider_id`)}) r)`,
  ops: Prisma.sql`EXISTS (SELECT FROM users WHERE role = 'ops' AND disabled_at IS NULL)`,
  managers: Prisma.sql`EXISTS (SELECT FROM users
    WHERE role = 'ops' AND disabled_at IS NULL AND 'appeals.rule' = ANY(permissions))`,
};
