import type { EventGroup } from '../../../domain/notifications/groups';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';

/** An in-site message as it is stored; it is worded when it is read, in the reader's language. */
export type StoredMessage = {
  id: string;
  event: string;
  group: string;
  objectId: string;
  params: Record<string, string>;
  createdAt: Date;
  readAt: Date | null;
};

/** Which of a person's messages; null: whichever. */
export type InboxFilter = { unread: boolean | null; group: EventGroup | null };

/** A person's in-site messages, newest first; `after` is the id of the last one already seen. */
export async function listMessages(
  db: Database,
  recipientId: string,
  { unread, group }: InboxFilter,
  page: { limit: number; after: string | null },
): Promise<StoredMessage[]> {
  const ofState =
    unread === null ? Prisma.empty : unread ? Prisma.sql`AND read_at IS NULL` : Prisma.sql`AND read_at IS NOT NULL`;
  const ofGroup = group === null ? Prisma.empty : Prisma.sql`AND event_group = ${group}`;
  const after = page.after === null ? Prisma.empty : Prisma.sql`AND id < ${page.after}`;
  return db.$queryRaw<StoredMessage[]>`
    SELECT id, event, event_group AS "group", object_id AS "objectId", params, created_at AS "createdAt",
           read_at AS "readAt"
    FROM messages WHERE recipient_id = ${recipientId} AND in_site ${ofState} ${ofGroup} ${after}
    ORDER BY id DESC LIMIT ${page.limit}`;
}

/** How many of a person's in-site messages are unread, by group; groups without any are left out. */
export async function countUnread(db: Database, recipientId: string): Promise<Map<string, number>> {
  const rows = await db.$queryRaw<{ group: string; unread: bigint }[]>`
    SELECT event_group AS "group", count(*) AS unread FROM messages
    WHERE recipient_id = ${recipientId} AND in_site AND read_at IS NULL GROUP BY event_group`;
  return new Map(rows.map(({ group, unread }) => [group, Number(unread)]));
}

/** Marks a message read, unless it is already; false when it is not in that person's inbox. */
export async function markRead(db: Database, recipientId: string, id: string, at: Date): Promise<boolean> {
  const found = await db.$executeRaw`
    UPDATE messages SET read_at = coalesce(read_at, ${at}) WHERE id = ${id} AND recipient_id = ${recipientId} AND in_site`;
  return found === 1;
}

/** Marks all of a person's messages read that are unread at that time. @returns how many there were */
export async function markAllRead(
  db: Database,
  recipientId: string,
  group: EventGroup | null,
  at: Date,
): Promise<number> {
  const ofGroup = group === null ? Prisma.empty : Prisma.sql`AND event_group = ${group}`;
  return db.$executeRaw`
    UPDATE messages SET read_at = ${at}
    WHERE recipient_id = ${recipientId} AND in_site AND read_at IS NULL ${ofGroup}`;
}
