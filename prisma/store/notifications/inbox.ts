import type { EventGroup } from '../../../domain/notifications/groups';
import type { Database } from '../shared/database';
import { beyond, inOrder, type Page } from '../shared/paging';
import { textsOf } from './params';

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

/** A page of a person's in-site messages, one more than asked for when there are more. */
export async function listMessages(
  db: Database,
  recipientId: string,
  { unread, group }: InboxFilter,
  page: Page,
): Promise<StoredMessage[]> {
  const rows = await db.message.findMany({
    where: {
      recipientId,
      inSite: true,
      ...(unread === null ? {} : { readAt: unread ? null : { not: null } }),
      ...(group === null ? {} : { eventGroup: group }),
      ...beyond(page),
    },
    select: { id: true, event: true, eventGroup: true, objectId: true, params: true, createdAt: true, readAt: true },
    ...inOrder(page),
  });
  return rows.map(({ eventGroup: group, params, ...row }) => ({ ...row, group, params: textsOf(params) }));
}

/** How many of a person's in-site messages are unread, by group; groups without any are left out. */
export async function countUnread(db: Database, recipientId: string): Promise<Map<string, number>> {
  const rows = await db.message.groupBy({
    by: ['eventGroup'],
    where: { recipientId, inSite: true, readAt: null },
    _count: { _all: true },
  });
  return new Map(rows.map(({ eventGroup, _count }) => [eventGroup, _count._all]));
}

/** Marks a message read, unless it is already; false when it is not in that person's inbox. */
export async function markRead(db: Database, recipientId: string, id: string, at: Date): Promise<boolean> {
  const inInbox = { id, recipientId, inSite: true };
  const { count } = await db.message.updateMany({ where: { ...inInbox, readAt: null }, data: { readAt: at } });
  return count === 1 || (await db.message.count({ where: inInbox })) === 1;
}

/** Marks all of a person's messages read that are unread at that time. @returns how many there were */
export async function markAllRead(
  db: Database,
  recipientId: string,
  group: EventGroup | null,
  at: Date,
): Promise<number> {
  const { count } = await db.message.updateMany({
    where: { recipientId, inSite: true, readAt: null, ...(group === null ? {} : { eventGroup: group }) },
    data: { readAt: at },
  });
  return count;
}
