import { z } from 'zod';
import {
  ALWAYS_IN_SITE,
  CHANNELS,
  EVENT_GROUPS,
  type EventGroup,
  GROUP_NAMES,
  groupOf,
  isEventGroup,
  isNamed,
} from '../../domain/notifications/groups';
import { DAY_MS } from '../../domain/policies/duration';
import { AppError } from '../../domain/shared/errors';
import {
  findSubscription,
  listSubscriptions,
  type Subscription,
  saveSubscription,
  subscriptionId,
} from '../../prisma/store/notifications/subscriptions';
import type { Database } from '../../prisma/store/shared/database';
import { ownChangeOf } from '../http/audited-change';
import { type ApiContext, get, nothing, put } from '../http/endpoint';
import { etagOf, expectedVersion } from '../http/etag';
import { inBody } from '../http/problems';
import { pathId } from '../http/schemas';
import { providerOf } from '../http/scope';

const RECENT_MS = 30 * DAY_MS;

const isUnique = (items: readonly string[]) => new Set(items).size === items.length;

const choice = z
  .strictObject({
    subscribed: z.boolean(),
    channels: z.array(z.enum(CHANNELS)).max(CHANNELS.length).refine(isUnique, 'must not name a channel twice'),
    recipientIds: z
      .array(z.string().regex(/^[\w.@-]{1,64}$/, 'must be the id of an account or a contact'))
      .max(200, 'at most 200 recipients')
      .refine(isUnique, 'must not name a recipient twice'),
  })
  .superRefine(({ subscribed, channels, recipientIds }, context) => {
    if (!subscribed) return;
    const message = 'must not be empty; unsubscribe instead';
    if (channels.length === 0) context.addIssue({ code: 'custom', path: ['channels'], message });
    if (recipientIds.length === 0) context.addIssue({ code: 'custom', path: ['recipientIds'], message });
  })
  .openapi('SubscriptionChoice');

const subscriptionSchema = z
  .object({
    group: z.enum(EVENT_GROUPS),
    name: z.object({ 'zh-CN': z.string(), en: z.string() }),
    subscribed: z.boolean(),
    channels: z.array(z.enum(CHANNELS)),
    recipients: z
      .array(z.object({ id: z.string(), kind: z.enum(['account', 'contact']), name: z.string().nullable() }))
      .openapi({ description: 'Contacts have no inbox: they are notified by e-mail and SMS only' }),
    alwaysInSite: z
      .array(z.string())
      .openapi({ description: 'Events that the main account receives in-site, whatever is chosen here' }),
    lastSentAt: z.iso.datetime().nullable(),
    recent: z.boolean().openapi({ description: 'Something was sent in the last 30 days' }),
    version: z.int(),
  })
  .openapi('Subscription');

/** Of what a provider is notified, by which channels, and through whom (MSG-1). */
export function subscriptionRoutes(context: ApiContext, { db }: { db: Database }): void {
  get(context, {
    path: '/v1/provider/subscriptions',
    summary:
      'Your subscriptions: whether you are notified of each group of events, by which channels, and through whom',
    tag: 'Messages',
    access: { provider: 'messages' },
    params: nothing,
    query: z.strictObject({
      search: z.string().trim().max(100).default('').openapi({ description: 'Part of a name, in any language' }),
      recent: z.stringbool().optional().openapi({ type: 'boolean' }),
    }),
    body: nothing,
    answer: { status: 200, schema: z.object({ items: z.array(subscriptionSchema) }).openapi('Subscriptions') },
    async handle({ principal, query }) {
      const all = (await listSubscriptions(db, providerOf(principal))).map(view);
      const items = all.filter(
        ({ group, recent }) => isNamed(group, query.search) && (query.recent ?? recent) === recent,
      );
      return { items };
    },
  });
  get(context, {
    path: '/v1/provider/subscriptions/{group}',
    summary: 'Your subscription to one group',
    tag: 'Messages',
    access: { provider: 'messages' },
    params: z.strictObject({ group: pathId }),
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: subscriptionSchema },
    async handle({ principal, params, response }) {
      const subscription = await findSubscription(db, providerOf(principal), groupNamed(params.group));
      response.setHeader('ETag', etagOf(subscription));
      return view(subscription);
    },
  });
  put(context, {
    path: '/v1/provider/subscriptions/{group}',
    summary:
      'Subscribe to a group or unsubscribe, and choose channels and recipients; If-Match guards against overwriting',
    tag: 'Messages',
    access: { provider: 'main' },
    params: z.strictObject({ group: pathId }),
    query: nothing,
    body: choice,
    answer: { status: 200, schema: subscriptionSchema },
    async handle(call) {
      const { principal, params, body, request, response } = call;
      const group = groupNamed(params.group);
      const providerId = providerOf(principal);
      const version = expectedVersion(request.header('if-match'), '/v1/provider/subscriptions/{group}');
      const change = ownChangeOf(call, subscriptionId(providerId, group), 'provider.subscription');
      await saveSubscription(db, change, group, body, version).catch((error: unknown) => {
        throw inBody(error);
      });
      const saved = await findSubscription(db, providerId, group);
      response.setHeader('ETag', etagOf(saved));
      return view(saved);
    },
  });
}

function groupNamed(group: string): EventGroup {
  if (isEventGroup(group)) return group;
  throw new AppError('SUBSCRIPTION.NOT_FOUND', `The groups are ${EVENT_GROUPS.join(', ')}.`);
}

const view = (subscription: Subscription) => ({
  ...subscription,
  name: GROUP_NAMES[subscription.group],
  alwaysInSite: ALWAYS_IN_SITE.filter((event) => groupOf(event) === subscription.group),
  recent: subscription.lastSentAt !== null && Date.now() - subscription.lastSentAt.getTime() <= RECENT_MS,
});
