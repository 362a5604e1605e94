import { type Channel, DEFAULT_CHANNELS, EVENT_GROUPS, type EventGroup } from '../../../domain/notifications/groups';
import { AppError } from '../../../domain/shared/errors';
import { Prisma } from '../../generated/client';
import { auditedTransaction, type Change } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { recipientsOf } from './recipients';

/** Who hears of a group: an account (usr_) or a contact (ctc_). */
export type Recipient = { id: string; kind: 'account' | 'contact'; name: string | null };

/** What a provider is told of a group of events, where and through whom. Version 0: it has chosen nothing so far. */
export type Subscription = {
  group: EventGroup;
  subscribed: boolean;
  channels: Channel[];
  /** Those of the chosen who are still there. */
  recipients: Recipient[];
  version: number;
  /** When the provider was last told of something of the group. */
  lastSentAt: Date | null;
};

/** What a provider wants to be told of a group. */
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
  return db.$queryRaw<Subscription[]>`
    SELECT g."group", coalesce(s.subscribed, true) AS subscribed, coalesce(s.channels, g.channels) AS channels,
      coalesce(s.version, 0) AS version,
      (SELECT m.created_at FROM messages m WHERE m.provider_id = ${providerId} AND m.event_group = g."group"
       ORDER BY m.created_at DESC LIMIT 1) AS "lastSentAt",
      (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', r.id, 'kind', CASE WHEN r.is_account THEN 'account' ELSE 'contact' END, 'name', r.name)
                ORDER BY r.is_account DESC, r.id), '[]')
       FROM (${recipientsOf(Prisma.sql`${providerId}`)}) r
       WHERE coalesce(r.id = ANY(s.receiver_ids), r.is_main OR NOT r.is_account)) AS recipients
    FROM jsonb_to_recordset(${DEFAULTS}::jsonb) AS g("group" text, channels text[])
    LEFT JOIN subscriptions s ON s.provider_id = ${providerId} AND s.event_group = g."group"
    WHERE ${group}::text IS NULL OR g."group" = ${group}`;
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
 * @throws AppError PRECONDITION.FAILED when somebody was faster, SUBSCRIPTION.RECEIVER_UNKNOWN for receivers that are
 *   no accounts and contacts of the provider, or are disabled
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
    const [known, row] = [
      await tx.$queryRaw<{ id: string }[]>`SELECT id FROM (${recipientsOf(Prisma.sql`${providerId}`)}) r`,
      await tx.subscription.findUnique({ where: { providerId_eventGroup: { providerId, eventGroup: group } } }),
    ];
    const version = row?.version ?? 0;
    if (expectedVersion !== null && expectedVersion !== version)
      throw new AppError('PRECONDITION.FAILED', 'Read the subscription again and repeat your change on that.');
    requireKnown(recipientIds, new Set(known.map(({ id }) => id)));
    const saved = { subscribed, channels, recipientIds, version: version + 1, updatedAt: at };
    await tx.subscription.upsert({
      where: { providerId_eventGroup: { providerId, eventGroup: group } },
      create: { providerId, eventGroup: group, ...saved },
      update: saved,
    });
    return { group, ...choice };
  });
}

function requireKnown(recipientIds: readonly string[], known: ReadonlySet<string>): void {
  const errors = recipientIds.flatMap((id, index) =>
    known.has(id)
      ? []
      : [{ path: `body.recipientIds.${index}`, message: 'is no enabled account or contact of the provider' }],
  );
  if (errors.length === 0) return;
  throw new AppError('SUBSCRIPTION.RECEIVER_UNKNOWN', 'Name accounts and contacts of your own.', { errors });
}
