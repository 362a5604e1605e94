import { z } from 'zod';
import type { KeyRing } from '../../codec/keys';
import { LANGUAGES } from '../../domain/notifications/events';
import { findProfile, type Profile, saveProfile } from '../../prisma/store/accounts/users';
import type { Database } from '../../prisma/store/shared/database';
import { changeOf } from '../http/audited-change';
import type { Principal } from '../http/auth';
import { type ApiContext, get, nothing, put } from '../http/endpoint';
import { etagOf, expectedVersion } from '../http/etag';
import { email, phone, profileSchema, text } from '../http/schemas';

const EVERYBODY = { buyer: 'any', provider: 'person', ops: 'any' } as const;

const profileBody = z
  .strictObject({
    name: text(100).nullable(),
    email: email.nullable(),
    phone: phone.nullable(),
    language: z.enum(LANGUAGES),
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

/** People's own profile: where notices reach them. */
export function meRoutes(context: ApiContext, { db, keys }: { db: Database; keys: KeyRing }): void {
  get(context, {
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
  put(context, {
    path: '/v1/me',
    summary:
      'Replace the whole of your profile, null where there is nothing; If-Match with the ETag guards against overwriting',
    tag: 'Me',
    access: EVERYBODY,
    params: nothing,
    query: nothing,
    body: profileBody,
    answer: { status: 200, schema: profileSchema },
    async handle(call) {
      const { principal, body, request, response } = call;
      const { sub: id, role, providerId = null } = principal;
      const saved = await saveProfile(
        { db, keys },
        changeOf(call, id, 'me.profile'),
        { id, role, providerId, ...body },
        expectedVersion(request.header('if-match'), '/v1/me'),
      );
      response.setHeader('ETag', etagOf(saved));
      return saved;
    },
  });
}
