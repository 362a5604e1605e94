import { z } from 'zod';
import { isMessageEvent, type Language } from '../../domain/notifications/events';
import { EVENT_GROUPS } from '../../domain/notifications/groups';
import { renderMessage } from '../../domain/notifications/templates';
import { AppError } from '../../domain/shared/errors';
import { findProfile } from '../../prisma/store/accounts/users';
import {
  countUnread,
  listMessages,
  markAllRead,
  markRead,
  type StoredMessage,
} from '../../prisma/store/notifications/inbox';
import type { Database } from '../../prisma/store/shared/database';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { byId, messageSchema, paging } from '../http/schemas';

const EVERYBODY = { buyer: 'any', provider: 'person', ops: 'any' } as const;

const unreadByGroup = z
  .object(Object.fromEntries(EVENT_GROUPS.map((group) => [group, z.int()])))
  .openapi('UnreadByGroup', { description: 'How many are unread, of all groups there are' });

const messagePage = z
  .object({ items: z.array(messageSchema), nextCursor: z.string().nullable(), unread: z.int(), unreadByGroup })
  .openapi('MessagePage');

/** People's in-site messages (MSG-1). */
export function inboxRoutes(context: ApiContext, { db }: { db: Database }): void {
  get(context, {
    path: '/v1/me/messages',
    summary: 'Your in-site messages, newest first, in your language; how many are unread',
    tag: 'Me',
    access: EVERYBODY,
    params: nothing,
    query: z.strictObject({
      limit: paging.limit,
      cursor: paging.cursor,
      unread: z.stringbool().optional().openapi({ type: 'boolean' }),
      group: z.enum(EVENT_GROUPS).optional(),
    }),
    body: nothing,
    answer: { status: 200, schema: messagePage },
    async handle({ principal, query }) {
      const page = pageOfQuery({ ...query, sort: '-id' });
      const filter = { unread: query.unread ?? null, group: query.group ?? null };
      const [profile, rows, counted] = await Promise.all([
        findProfile(db, principal.sub),
        listMessages(db, principal.sub, filter, page),
        countUnread(db, principal.sub),
      ]);
      const language = profile?.language === 'en' ? 'en' : 'zh-CN';
      return {
        ...pageAnswer(rows, page, (row) => inWords(row, language)),
        unread: [...counted.values()].reduce((sum, unread) => sum + unread, 0),
        unreadByGroup: Object.fromEntries(EVENT_GROUPS.map((group) => [group, counted.get(group) ?? 0])),
      };
    },
  });
  post(context, {
    path: '/v1/me/messages/{id}/read',
    summary: 'Mark a message read',
    tag: 'Me',
    access: EVERYBODY,
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: z.object({ id: z.string() }) },
    async handle({ principal, params }) {
      if (await markRead(db, principal.sub, params.id, new Date())) return { id: params.id };
      throw new AppError('MESSAGE.NOT_FOUND', 'There is no such message.');
    },
  });
  post(context, {
    path: '/v1/me/messages/read-all',
    summary: 'Mark all your messages read, or those of a group',
    tag: 'Me',
    access: EVERYBODY,
    params: nothing,
    query: nothing,
    body: z.strictObject({ group: z.enum(EVENT_GROUPS).optional() }).openapi('ReadAll'),
    answer: { status: 200, schema: z.object({ marked: z.int() }) },
    async handle({ principal, body }) {
      return { marked: await markAllRead(db, principal.sub, body.group ?? null, new Date()) };
    },
  });
}

/** A message as its reader sees it. */
function inWords({ params, ...message }: StoredMessage, language: Language) {
  // A newer release may have stored an event that this one has no words for yet.
  if (!isMessageEvent(message.event)) return { ...message, subject: message.event, text: '' };
  const { subject, text } = renderMessage({ event: message.event, language, params });
  return { ...message, subject, text };
}
