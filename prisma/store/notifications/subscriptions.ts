import { z } from 'zod';
import {
  CHANNELS,
  type Channel,
  DEFAULT_CHANNELS,
  EVENT_GROUPS,
  type EventGroup,
} from '../../../domain/notifications/groups';
import { AppError } from '../../../domain/shared/errors';
import { Prisma } from '../../generated/client';
import { auditedTransaction, type Change } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { queryRows } from '../shared/query-rows';
import { providerRecipients } from '../shared/recipients';

/** A provider's subscription to a group of events. */
export type Subscription = z.output<typeof subscription>;

const subscription = z.object({
  group: z.enum(EVENT_GROUPS),
  subscribed: z.boolean(),
  channels: z.array(z.enum(CHANNELS)),
  /** Those of the chosen who are still there: accounts (usr_) and contacts (ctc_). */
  recipients: z.array(z.object({ id: z.string(), kind: z.enum(['account', 'contact']), name: z.string().nullable() })),
  /** 0: the provider has chosen nothing so far. */
  version: z.int(),
  /** When the provider was last notified of an event of the group. */
  lastSentAt: z.date().nullable(),
});

/** What a provider chooses for a group. */
export type SubscriptionChoice = { subscribed: boolean; channels: Channel[]; recipientIds: string[] };

/** What the audit trail calls a provider's subscription to a group: `sub_prv_…_orders`. */
export const subscriptionId = (providerId: string, group: EventGroup): string => `sub_${providerId}_${group}`;

const DEFAULTS = JSON.stringify(EVENT_GROUPS.map((group) => ({ group, channels: DEFAULT_CHANNELS[group] })));

/** A provider's subscriptions to all groups there are, or to one; those it never touched as they are by default (MSG-1). */
export async function listSubscriptions(
  db: Database,
  providerId: string,
  group: EventGroup | null = null,
): Promise<Subscription[]> {
  // One statement for all groups: the defaults of the domain, what the provider chose instead, and who is still there.
  const query = Prisma.sql`
    SELECT g."group", coalesce(s.subscribed, true) AS subscribed, coalesce(s.channels, g.channels) AS channels,
      coalesce(s.version, 0) AS version,
      (SELECT m.created_at FROM messages m WHERE m.provider_id = ${providerId} AND m.event_group = g."group"
       ORDER BY m.created_at DESC LIMIT 1) AS "lastSentAt",
      (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', r.id, 'kind', CASE WHEN r.is_account THEN 'account' ELSE 'contact' END, 'name', r.name)
                ORDER BY r.is_account DESC, r.id), '[]')
       FROM (${providerRecipients(Prisma.sql`${providerId}`)}) r
       WHERE coalesce(r.id = ANY(s.recipient_ids), r.is_main OR NOT r.is_account)) AS recipients
    FROM jsonb_to_recordset(${DEFAULTS}::jsonb) AS g("group" text, channels text[])
    LEFT JOIN subscriptions s ON s.provider_id = ${providerId} AND s.event_group = g."group"
    WHERE ${group}::text IS NULL OR g."group" = ${group}`;
  return queryRows(db, subscription, query);
}

/** A provider's subscription to one group. */
export async function findSubscription(db: Database, providerId: string, group: EventGroup): Promise<Subscription> {
  const [found] = await listSubscriptions(db, providerId, group);
  if (found === undefined) throw new Error(`There is no group ${group}`);
  return found;
}

/**
 * Replaces a provider's subscription to a group, from the next event on.
 * @param expectedVersion the one that was read; null: whatever it is now
 * @throws AppError PRECONDITION.FAILED when somebody was faster, SUBSCRIPTION.RECIPIENT_UNKNOWN for recipients that are
 *   no accounts and contacts of the provider, or are disabled; its errors name the fields as `recipientIds.0`
 */
export async function saveSubscription(
  db: Database,
  change: Change & { providerId: string },
  group: EventGroup,
  choice: SubscriptionChoice,
  expectedVersion: number | null,
): Promise<void> {
  const { providerId, at } = change;
  const { subscribed, channels, recipientIds } = choice;
  await auditedTransaction(db, change, async (tx) => {
    const there = Prisma.sql`SELECT id FROM (${providerRecipients(Prisma.sql`${providerId}`)}) r`;
    const known = await queryRows(tx, z.object({ id: z.string() }), there);
    const where = { providerId_eventGroup: { providerId, eventGroup: group } };
    const row = await tx.subscription.findUnique({ where });
    const version = row?.version ?? 0;
    if (expectedVersion !== null && expectedVersion !== version)
      throw new AppError('PRECONDITION.FAILED', 'Read the subscription again and repeat your change on that.');
    requireKnown(recipientIds, new Set(known.map(({ id }) => id)));
    const saved = { subscribed, channels, recipientIds, version: version + 1, updatedAt: at };
    await tx.subscription.upsert({ where, create: { providerId, eventGroup: group, ...saved }, update: saved });
    return { group, ...choice };
  });
}

function requireKnown(recipientIds: readonly string[], known: ReadonlySet<string>): void {
  const errors = recipientIds.flatMap((id, index) =>
    known.has(id)
      ? []
      : [{ path: `recipientIds.${index}`, message: 'is no enabled account or contact of the provider' }],
  );
  if (errors.length === 0) return;
  throw new AppError('SUBSCRIPTION.RECIPIENT_UNKNOWN', 'Name accounts and contacts of your own.', { errors });
}
