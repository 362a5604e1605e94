import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { KeyRing } from '../../codec/keys';
import { openSecrets, sealSecrets } from '../../codec/webhook-secrets';
import { askFor } from '../../domain/accounts/permissions';
import { AREA_OF_GROUP, EVENT_GROUPS, type EventGroup } from '../../domain/notifications/groups';
import type { Policy } from '../../domain/policies/catalogue';
import { AppError } from '../../domain/shared/errors';
import { whyNotCallable } from '../../domain/webhooks/address';
import { withNewSecret } from '../../domain/webhooks/secrets';
import type { Database } from '../../prisma/store/shared/database';
import {
  changeSecrets,
  createEndpoint,
  disableEndpoint,
  type EndpointChange,
  enableEndpoint,
  findEndpoint,
  listEndpoints,
  saveEndpoint,
  sealedSecrets,
} from '../../prisma/store/webhooks/endpoints';
import type { Principal } from '../http/auth';
import { type ApiContext, get, nothing, post, put } from '../http/endpoint';
import { etagOf, expectedVersion } from '../http/etag';
import { idFrom } from '../http/ids';
import { ownList } from '../http/own-list';
import { byId, optionalText, words } from '../http/schemas';
import { areasOfPrincipal } from '../http/scope';
import { ACCESS, endpointChange, TAG, webhookSchema, webhookView } from './schemas';

const URL_MAX = 2_000;
const DESCRIPTION_MAX = 200;
/** The specification asks for 24 to 64. */
const SECRET_BYTES = 32;

/** What the routes of webhooks need. */
export type WebhookService = { db: Database; keys: KeyRing; policy: Policy; allowPrivate: boolean };

const secret = z.string().openapi({ description: 'Signs what is sent; shown this once', example: 'whsec_…' });
const webhookWithSecret = webhookSchema.extend({ secret }).openapi('WebhookWithSecret');
const rotatedSecret = z
  .object({ secret, oldSecretUntil: z.iso.datetime().nullable() })
  .openapi('RotatedSecret', { description: 'Until then the secret before signs beside the new one' });

/** What a provider says of a webhook; where it may be is a matter of configuration. */
const termsOf = (allowPrivate: boolean, description: z.ZodType<string>, name: string) =>
  z
    .strictObject({
      url: z.string().max(URL_MAX).transform(callable(allowPrivate)).openapi({
        type: 'string',
        format: 'uri',
        example: 'https://example.com/events',
        description: 'On the public internet, with TLS',
      }),
      description,
      groups: z
        .array(z.enum(EVENT_GROUPS))
        .min(1, 'name a group at least')
        .refine((groups) => new Set(groups).size === groups.length, 'must not name a group twice')
        .openapi({ example: ['orders'] }),
    })
    .openapi(name);

/** Events are read by whoever has their area: nobody subscribes to those of other areas. @throws AppError AUTH.FORBIDDEN */
function requireGroups(principal: Principal, groups: readonly EventGroup[]): void {
  const areas = areasOfPrincipal(principal);
  const beyond = groups.find((group) => !areas.includes(AREA_OF_GROUP[group]));
  if (beyond !== undefined) throw new AppError('AUTH.FORBIDDEN', askFor(AREA_OF_GROUP[beyond]));
}

/** A URL in the spelling in which it is called, so that an address written as a number is recognised. */
function callable(allowPrivate: boolean) {
  return (sent: string, context: z.RefinementCtx): string => {
    const url = URL.canParse(sent) ? new URL(sent) : null;
    const wrong = url === null ? 'must be a URL' : whyNotCallable(url, allowPrivate);
    if (url !== null && wrong === null) return url.href;
    context.addIssue({ code: 'custom', message: wrong ?? 'must be a URL' });
    return z.NEVER;
  };
}

/** A provider's webhooks: where the events of which people are notified are posted for its programs (MSG-3). */
export function webhookRoutes(context: ApiContext, service: WebhookService): void {
  reading(context, service);
  writing(context, service);
  switching(context, service);
  rotating(context, service);
}

function reading(context: ApiContext, { db }: WebhookService): void {
  ownList(context, {
    path: '/v1/provider/webhooks',
    summary: 'Your webhooks, newest first',
    tag: TAG,
    access: ACCESS,
    item: webhookSchema,
    pageName: 'WebhookPage',
    rows: (providerId, page) => listEndpoints(db, providerId, page),
    view: webhookView,
  });
  get(context, {
    path: '/v1/provider/webhooks/{id}',
    summary: 'One webhook; its ETag is for changing it',
    tag: TAG,
    access: ACCESS,
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: webhookSchema },
    async handle({ principal, params, response }) {
      const found = await findEndpoint(db, { objectId: params.id, providerId: principal.providerId ?? '' });
      response.setHeader('ETag', etagOf(found));
      return webhookView(found);
    },
  });
}

function writing(context: ApiContext, { db, keys, policy, allowPrivate }: WebhookService): void {
  const newTerms = termsOf(allowPrivate, optionalText(DESCRIPTION_MAX), 'NewWebhook');
  const terms = termsOf(allowPrivate, words(DESCRIPTION_MAX), 'WebhookTerms');
  post(context, {
    path: '/v1/provider/webhooks',
    summary: 'Subscribe to groups of events by webhook (Standard Webhooks); the answer holds the signing secret',
    tag: TAG,
    access: ACCESS,
    params: nothing,
    query: nothing,
    body: newTerms,
    answer: { status: 201, schema: webhookWithSecret },
    async handle(call) {
      requireGroups(call.principal, call.body.groups);
      const id = idFrom('whk', call.command.atMs, call.command.commandId);
      const change = endpointChange(call, id, 'webhook.create');
      const { groups: eventGroups, ...body } = call.body;
      const sealed = sealSecrets(keys, [{ secret: newSecret(), untilMs: null }], id);
      await createEndpoint(db, change, { ...body, eventGroups }, sealed, policy['webhook.endpointsMax']);
      return { ...webhookView(await findEndpoint(db, change)), secret: (await secretsOf(db, keys, change)).secret };
    },
  });
  put(context, {
    path: '/v1/provider/webhooks/{id}',
    summary: 'Change a webhook; If-Match with the ETag guards against overwriting',
    tag: TAG,
    access: ACCESS,
    params: byId,
    query: nothing,
    body: terms,
    answer: { status: 200, schema: webhookSchema },
    async handle(call) {
      const { request, response, params } = call;
      requireGroups(call.principal, call.body.groups);
      const expected = expectedVersion(request.header('if-match'), '/v1/provider/webhooks/{id}');
      const change = endpointChange(call, params.id, 'webhook.change');
      const { groups: eventGroups, ...body } = call.body;
      await saveEndpoint(db, change, { ...body, eventGroups }, expected);
      const saved = await findEndpoint(db, change);
      response.setHeader('ETag', etagOf(saved));
      return webhookView(saved);
    },
  });
}

function switching(context: ApiContext, { db, policy }: WebhookService): void {
  const switches = {
    disable: { summary: 'Send nothing more to a webhook; its pending events wait', perform: disableEndpoint },
    enable: {
      summary: 'Use a webhook again; what has been waiting is sent at once, in its order',
      perform: (database: Database, change: EndpointChange) =>
        enableEndpoint(database, change, policy['webhook.endpointsMax']),
    },
  };
  for (const [name, { summary, perform }] of Object.entries(switches)) {
    post(context, {
      path: `/v1/provider/webhooks/{id}/${name}`,
      summary,
      tag: TAG,
      access: ACCESS,
      params: byId,
      query: nothing,
      body: nothing,
      answer: { status: 200, schema: webhookSchema },
      async handle(call) {
        const change = endpointChange(call, call.params.id, `webhook.${name}`);
        await perform(db, change);
        return webhookView(await findEndpoint(db, change));
      },
    });
  }
}

function rotating(context: ApiContext, { db, keys, policy }: WebhookService): void {
  post(context, {
    path: '/v1/provider/webhooks/{id}/secret/rotate',
    summary: 'Get a new signing secret; for a day both sign, so that recipients can change over',
    tag: TAG,
    access: ACCESS,
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: rotatedSecret },
    async handle(call) {
      const change = endpointChange(call, call.params.id, 'webhook.secret.rotate');
      const overlapMs = policy['webhook.secretOverlap'].ms;
      await changeSecrets(db, change, (sealed) => {
        const secrets = openSecrets(keys, sealed, change.objectId);
        return sealSecrets(keys, withNewSecret(secrets, newSecret(), change.at.getTime(), overlapMs), change.objectId);
      });
      return secretsOf(db, keys, change);
    },
  });
}

const newSecret = () => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

/** The newest secret of an endpoint, and until when the one before signs beside it. */
async function secretsOf(db: Database, keys: KeyRing, { objectId, providerId }: EndpointChange) {
  const [newest, before] = openSecrets(keys, await sealedSecrets(db, objectId, providerId), objectId);
  if (newest === undefined) throw new Error(`Webhook ${objectId} has no secret`);
  return { secret: newest.secret, oldSecretUntil: before?.untilMs == null ? null : new Date(before.untilMs) };
}
