import type { Client } from '@temporalio/client';
import express from 'express';
import helmet from 'helmet';
import type { KeyRing } from '../codec/keys';
import { EncryptingCodec } from '../codec/payloads';
import type { Config } from '../config';
import type { Logger } from '../config/logger';
import type { Policy } from '../domain/policy/catalogue';
import type { Database } from '../prisma/store/client';
import { createAuthenticator } from './auth';
import { type CommandSender, createCommandSender } from './commands';
import { deliveryDesk } from './delivery-desk';
import { type Door, refuseOtherMethods } from './endpoint';
import type { FileStore } from './files/store';
import { createMetrics } from './metrics';
import { createRegistry } from './openapi';
import { noSuchRoute, problems } from './problems';
import { productDesk } from './product-desk';
import { createRateLimiter, limitByAddress } from './rate-limit';
import { requestContext } from './request-context';
import { reviewDesk } from './review-desk';
import { accountRoutes } from './routes/account';
import { agreementRoutes } from './routes/agreements';
import { apiKeyRoutes } from './routes/api-keys';
import { appealRoutes } from './routes/appeals';
import { attachmentRoutes } from './routes/attachments';
import { auditRoutes } from './routes/audit';
import { contactRoutes } from './routes/contacts';

import { deliveryRoutes } from './routes/deliveries';
import { gatewayRoutes } from './routes/gateway';
import { imageRoutes } from './routes/images';
import { inboxRoutes } from './routes/inbox';
import { meRoutes } from './routes/me';
import { orderRoutes } from './routes/orders';
import { productRoutes } from './routes/products';
import { reviewRoutes } from './routes/reviews';
import { sandboxRoutes } from './routes/sandbox';
import { sendingRoutes } from './routes/sendings';
import { shopRoutes } from './routes/shop';
import { shopPageRoutes } from './routes/shop-pages';
import { storefrontRoutes } from './routes/storefront';
import { subAccountRoutes } from './routes/sub-accounts';
import { subscriptionRoutes } from './routes/subscriptions';
import { systemRoutes } from './routes/system';
import { ticketRoutes } from './routes/tickets';
import { webhookEventRoutes } from './routes/webhook-events';
import { webhookRoutes } from './routes/webhooks';
import { shopDesk } from './shop-desk';

/** Everything the API reaches. */
export type ApiDependencies = {
  config: Config;
  db: Database;
  /** Connections whose commits need not wait for the disk, for requests whose answers can be rebuilt. `db` if left out. */
  records?: Database;
  client: Client;
  ring: KeyRing;
  files: FileStore;
  policy: Policy;
  logger: Logger;
  /** Where the sandbox's channel calls this API back. */
  callbackBase: () => string;
  /** How long a client waits for the process of a new order; 20 seconds if left out. */
  answerWithinMs?: number;
};

/** The HTTP door: every route behind the same request ids, limits, authentication and problems. */
export function createApp(deps: ApiDependencies) {
  const { config, db, records = db, client, ring, files, logger } = deps;
  const metrics = createMetrics();
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  // Whose address a request is from: as the last of our own balancers saw it.
  app.set('trust proxy', config.TRUST_PROXY_HOPS);
  app.use(requestContext(logger, metrics));
  // Where the API is served without TLS, its pages must not ask for their parts with it.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));

  // A path has one spelling, as the keys that are used on it have one record.
  const router = express.Router({ caseSensitive: true, strict: true });
  const door: Door = {
    router,
    registry: createRegistry(),
    authenticator: createAuthenticator(config, db, (err) => logger.warn({ err }, 'a person was not recorded')),
    limiter: createRateLimiter(rateLimitsOf(config)),
    db,
    eager: records,
    ring,
    logger,
    retentionMs: deps.policy['idempotency.keepFor'].ms,
  };
  const codec = new EncryptingCodec(ring);
  // Before all that is limited by address: its callers are known by their signature.
  if (config.PAYMENT_CALLBACK_SECRET !== undefined) gatewayRoutes(door, { db, secret: config.PAYMENT_CALLBACK_SECRET });
  router.use(limitByAddress(door.limiter));
  systemRoutes(door, { db, client, codec, metrics, temporalUiOrigin: originOf(config.TEMPORAL_UI_URL) });
  attachmentRoutes(door, { db, files });
  imageRoutes(door, { db, files });
  // Only what follows reads JSON: uploads and signed callbacks are read raw.
  router.use('/v1', express.json({ limit: '64kb' }));
  jsonRoutes(door, deps, createCommandSender({ client, metrics }));
  refuseOtherMethods(door);
  app.use(router);
  app.use(noSuchRoute);
  app.use(problems(logger));
  return { app, registry: door.registry };
}

/** Every route that takes and answers JSON, with the desks at which commands are carried out. */
function jsonRoutes(door: Door, deps: ApiDependencies, commands: CommandSender): void {
  const { config, db, client, ring, policy, answerWithinMs } = deps;
  const processes = { db, client, policy, taskQueue: config.TASK_QUEUE, answerWithinMs };
  const deliveries = deliveryDesk({ db, ring, commands });
  const reviews = reviewDesk({ ...processes, commands });
  orderRoutes(door, processes);
  deliveryRoutes(door, deliveries, db);
  appealRoutes(door, deliveries);
  meRoutes(door, { db });
  accountRoutes(door, { db, ring });
  contactRoutes(door, { db });
  agreementRoutes(door, { db, ring });
  ticketRoutes(door, { db, ring, reviews });
  subAccountRoutes(door, { db });
  apiKeyRoutes(door, { db });
  reviewRoutes(door, { db, desk: reviews });
  productRoutes(door, { db, desk: productDesk({ db, ring, policy, reviews }), reviews });
  storefrontRoutes(door, { db });
  shopRoutes(door, { db, desk: shopDesk({ db, policy, reviews }) });
  shopPageRoutes(door, { db });
  inboxRoutes(door, { db });
  subscriptionRoutes(door, { db });
  sendingRoutes(door, { db });
  auditRoutes(door, { db });
  webhookRoutes(door, { db, ring, policy, allowPrivate: config.WEBHOOK_ALLOW_PRIVATE });
  webhookEventRoutes(door, { db });
  if (config.SANDBOX && config.PAYMENT_CHANNEL_URL !== undefined) {
    sandboxRoutes(door, { db, channelUrl: config.PAYMENT_CHANNEL_URL, callbackBase: deps.callbackBase });
  }
}

const originOf = (url: string | undefined) => (url === undefined ? undefined : new URL(url).origin);

const rateLimitsOf = (config: Config) => ({
  address: config.RATE_LIMIT_ADDRESS_PER_MINUTE ?? config.RATE_LIMIT_PER_MINUTE,
  principal: config.RATE_LIMIT_PER_MINUTE,
  channel: config.RATE_LIMIT_CALLBACKS_PER_MINUTE,
});
