import { z } from 'zod';
import { AREAS } from '../../domain/accounts/areas';
import { AppError } from '../../domain/shared/errors';
import { type ApiKeyRow, addApiKey, findApiKey, listApiKeys, revokeApiKey } from '../../prisma/store/accounts/api-keys';
import type { Database } from '../../prisma/store/shared/database';
import { ownChangeOf } from '../http/audited-change';
import { type ApiContext, nothing, post } from '../http/endpoint';
import { idFrom } from '../http/ids';
import { newKey } from '../http/keys';
import { ownList } from '../http/own-list';
import { areas, byId, text } from '../http/schemas';

const time = z.iso.datetime({ offset: true });
export const apiKeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    areas: z.array(z.enum(AREAS)),
    createdBy: z.string(),
    createdAt: time,
    expiresAt: time.nullable(),
    revokedAt: time.nullable(),
  })
  .openapi('ApiKey');
export const newApiKeySchema = apiKeySchema
  .extend({
    key: z.string().openapi({
      description:
        'Sent as bearer token. It is shown in this answer only, and to who repeats the request under its ' +
        'Idempotency-Key as long as answers are kept: they are stored sealed, the key itself as a hash.',
    }),
  })
  .openapi('NewApiKey');

const wanted = z
  .strictObject({
    name: text(100),
    areas: areas.min(1, 'must name an area'),
    expiresAt: time
      .transform((sent) => new Date(sent))
      .nullable()
      .default(null)
      .openapi({ type: ['string', 'null'], format: 'date-time' }),
  })
  .openapi('ApiKeyWish');

const view = (key: ApiKeyRow) => ({
  ...key,
  createdAt: key.createdAt.toISOString(),
  expiresAt: key.expiresAt?.toISOString() ?? null,
  revokedAt: key.revokedAt?.toISOString() ?? null,
});

/** The API keys of a provider: its programs act by them, in the areas they were made for (ACC-0). */
export function apiKeyRoutes(context: ApiContext, { db }: { db: Database }): void {
  const common = { tag: 'Account', access: { provider: 'main' }, query: nothing } as const;

  ownList(context, {
    ...common,
    path: '/v1/provider/api-keys',
    summary: 'Your API keys, without their secrets; revoked and expired ones too',
    item: apiKeySchema,
    pageName: 'ApiKeyPage',
    rows: (providerId, page) => listApiKeys(db, providerId, page),
    view,
  });
  post(context, {
    ...common,
    path: '/v1/provider/api-keys',
    summary: 'Make an API key; its secret is shown once',
    params: nothing,
    body: wanted,
    answer: { status: 201, schema: newApiKeySchema },
    async handle(call) {
      const { name, areas: given, expiresAt } = call.body;
      if (expiresAt !== null && expiresAt.getTime() <= Date.now()) {
        throw new AppError('REQUEST.INVALID', 'Choose an expiry in the future, or none.', {
          errors: [{ path: 'body.expiresAt', message: 'must be in the future' }],
        });
      }
      const id = idFrom('key', call.command.atMs, call.command.commandId);
      const { key, secretHash } = newKey(id);
      const change = ownChangeOf(call, id, 'provider.api_key.add');
      if (!(await addApiKey(db, change, { name, areas: given, expiresAt, secretHash }))) {
        throw new AppError('API_KEY.SECRET_LOST', `The key ${id} was made, its secret was lost: revoke it.`);
      }
      return { ...view(await findApiKey(db, change.providerId, id)), key };
    },
  });
  post(context, {
    ...common,
    path: '/v1/provider/api-keys/{id}/revoke',
    summary: 'Revoke an API key: it is refused from its next request on',
    params: byId,
    body: nothing,
    answer: { status: 200, schema: apiKeySchema },
    async handle(call) {
      const change = ownChangeOf(call, call.params.id, 'provider.api_key.revoke');
      await revokeApiKey(db, change);
      return view(await findApiKey(db, change.providerId, call.params.id));
    },
  });
}
