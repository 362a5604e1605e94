import { z } from 'zod';
import { AppError } from '../../domain/errors';
import { isMessageEvent } from '../../domain/messages/events';
import { renderMessage } from '../../domain/messages/templates';
import type { Database } from '../../prisma/store/client';
import { countUnread, listMessages, markRead } from '../../prisma/store/messages';
import { findProfile, type Profile, saveProfile } from '../../prisma/store/users';
import type { Principal } from '../auth';
import { type Door, get, nothing, post, put } from '../endpoint';
import { pageAnswer, pageOfQuery } from '../paging';
import { byId, messageSchema, paging, profileSchema, text } from '../schemas';

const EVERYBODY = { buyer: 'any', provider: 'any', ops: 'any' } as const;
const LANGUAGES = ['zh-CN', 'en'] as const;

const profileBody = z
  .strictObject({
    name: text(100).nullable().default(null),
    email: z.email().max(254).nullable().default(null),
    phone: z
      .string()
      .regex(/^\+?[0-9][0-9 -]{4,24}$/, 'must be a telephone number')
      .nullable()
      .default(null),
    language: z.enum(LANGUAGES).default('zh-CN'),
  })
  .openapi('ProfileChange');

/** The profile that somebody has before they ever saved one. */
const blank = ({ sub, role, providerId }: Principal): Profile => ({
  id: sub,
  role,
  providerId: providerId ?? null,
  name: null,
  email: null,
  phone: null,
  language: 'zh-CN',
  version: 0,
});

const messagePage = z
  .object({ items: z.array(messageSchema), nextCursor: z.string().nullable(), unread: z.int() })
  .openapi('MessagePage');

const etagOf = (profile: Profile) => `"${profile.version}"`;

function expectedVersion(ifMatch: string | undefined): number | null {
  if (ifMatch === undefined || ifMatch === '*') return null;
  const version = /^"(\d{1,9})"$/.exec(ifMatch)?.[1];
  if (version === undefined) throw new AppError('PRECONDITION.FAILED', 'Send the ETag of GET /v1/me as If-Match.');
  return Number(version);
}

/** People's own profile (receivers of notices) and their in-site messages. */
export function meRoutes(door: Door, { db }: { db: Database }): void {
  get(door, {
    path: '/v1/me',
    summary: 'Your profile: where notices reach you',
    tag: 'Me',
    access: EVERYBODY,
    params: nothing,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: profileSchema },
    async handle({ principal, response }) {
      const profile = (await findProfile(db, principal.sub)) ?? blank(principal);
      response.setHeader('ETag', etagOf(profile));
      return profile;
    },
  });
  put(door, {
    path: '/v1/me',
    summary: 'Replace your profile; If-Match with the ETag guards against overwriting',
    tag: 'Me',
    access: EVERYBODY,
    params: nothing,
    query: nothing,
    body: profileBody,
    answer: { status: 200, schema: profileSchema },
    async handle({ principal, body, request, response }) {
      const { sub: id, role, providerId = null } = principal;
      const saved = await saveProfile(
        db,
        { id, role, providerId, ...body },
        expectedVersion(request.header('if-match')),
      );
      if (saved === null)
        throw new AppError('PRECONDITION.FAILED', 'Read /v1/me again and repeat your change on that.');
      response.setHeader('ETag', etagOf(saved));
      return saved;
    },
  });
  get(door, {
    path: '/v1/me/messages',
    summary: 'Your in-site messages, newest first, in your language',
    tag: 'Me',
    access: EVERYBODY,
    params: nothing,
    query: z.strictObject({ limit: paging.limit, cursor: paging.cursor }),
    body: nothing,
    answer: {
      status: 200,
      schema: messagePage,
    },
    async handle({ principal, query }) {
      const page = pageOfQuery({ ...query, sort: '-id' });
      const { language } = (await findProfile(db, principal.sub)) ?? blank(principal);
      const [rows, unread] = await Promise.all([
        listMessages(db, principal.sub, { ...page, limit: page.limit + 1 }),
        countUnread(db, principal.sub),
      ]);
      const inTheirWords = pageAnswer(rows, page, ({ params, ...message }) => {
        // A newer release may have stored an event that this one has no words for yet.
        if (!isMessageEvent(message.event)) return { ...message, subject: message.event, text: '' };
        const { subject, text: words } = renderMessage({
          event: message.event,
          language: language === 'en' ? 'en' : 'zh-CN',
          params,
        });
        return { ...message, subject, text: words };
      });
      return { ...inTheirWords, unread };
    },
  });
  post(door, {
    path: '/v1/me/messages/{id}/read',
    summary: 'Mark a message read',
    tag: 'Me',
    access: EVERYBODY,
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: z.object({ id: z.string() }) },
    async handle({ principal, params }) {
      if (await markRead(db, principal.sub, params.id)) return { id: params.id };
      throw new AppError('MESSAGE.NOT_FOUND', 'There is no such message of yours.');
    },
  });
}
