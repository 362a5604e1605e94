import type { Client } from '@temporalio/client';
import express from 'express';
import helmet from 'helmet';
import type { KeyRing } from '../codec/keys';
import { EncryptingCodec } from '../codec/payloads';
import type { Config } from '../config';
import type { Logger } from '../config/logger';
import type { Policy } from '../domain/policies/catalogue';
import type { Database } from '../prisma/store/shared/database';
import { agreementRoutes } from './accounts/agreement-routes';
import { apiKeyRoutes } from './accounts/api-key-routes';
import { contactRoutes } from './accounts/contact-routes';
import { meRoutes } from './accounts/profile-routes';
import { accountRoutes } from './accounts/routes';
import { subAccountRoutes } from './accounts/sub-account-routes';
import { ticketRoutes } from './accounts/ticket-routes';
import { attachmentRoutes } from './attachments/routes';
import { auditRoutes } from './audit/routes';
import { buyerCouponRoutes } from './coupons/buyer-routes';
import { couponRoutes } from './coupons/routes';
import { appealRoutes } from './deliveries/appeal-routes';
import { deliveryRoutes } from './deliveries/routes';
import { deliveryService } from './deliveries/service';
import type { FileStore } from './files/store';
import { createAuthenticator } from './http/auth';
import { type ApiContext, refuseOtherMethods } from './http/endpoint';
import { createMetrics } from './http/metrics';
import { createRegistry } from './http/openapi';
import { noSuchRoute, problems } from './http/problems';
import { createRateLimiter, limitByAddress } from './http/rate-limit';
import { requestContext } from './http/request-context';
import { type CommandSender, createCommandSender } from './http/temporal-commands';
import { imageRoutes } from './images/routes';
import { instanceRoutes } from './instances/routes';
import { instanceService } from './instances/service';
import { invoiceRoutes } from './invoices/routes';
import { invoiceService } from './invoices/service';
import { invoiceTitleRoutes } from './invoices/title-routes';
import { reconciliationRoutes } from './ledger/reconciliation-routes';
import { ledgerRoutes } from './ledger/routes';
import { inboxRoutes } from './notifications/inbox-routes';
import { notificationDeliveryRoutes } from './notifications/notification-delivery-routes';
import { subscriptionRoutes } from './notifications/subscription-routes';
import { orderExportRoutes } from './orders/export-routes';
import { orderListRoutes } from './orders/list-routes';
import { orderOperationRoutes } from './orders/operation-routes';
import { orderRoutes } from './orders/routes';
import { orderService } from './orders/service';
import { gatewayRoutes } from './payments/callback-routes';
import { paymentMetrics } from './payments/metrics';
import { sandboxRoutes } from './payments/sandbox-routes';
import { productRoutes } from './products/routes';
import { productService } from './products/service';
import { storefrontRoutes } from './products/storefront-routes';
import { refundRoutes } from './refunds/routes';
import { refundService } from './refunds/service';
import { reviewRoutes } from './reviews/routes';
import { reviewService } from './reviews/service';
import { shopRoutes } from './shops/routes';
import { shopService } from './shops/service';
import { shopPageRoutes } from './shops/shop-page-routes';
import { systemRoutes } from './system/routes';
import { webhookEventRoutes } from './webhooks/event-routes';
import { webhookRoutes } from './webhooks/routes';

/** Everything the API reaches. */
export type ApiDependencies = {
  config: Config;
  db: Database;
  /** Connections whose commits need not wait for the disk, for requests whose answers can be rebuilt. `db` if left out. */
  records?: Database;
  client: Client;
  keys: KeyRing;
  files: FileStore;
  policy: Policy;
  logger: Logger;
  /** Where the sandbox's channel calls this API back. */
  callbackBase: () => string;
  /** How long a client waits for the workflow of a new order; 20 seconds if left out. */
  answerWithinMs?: number;
};

/** The HTTP layer: every route behind the same request ids, limits, authentication and problems. */
export function createApp(deps: ApiDependencies) {
  const { config, db, records = db, client, keys, files, logger } = deps;
  const metrics = createMetrics();
  paymentMetrics(metrics.registry, db);
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
  const context: ApiContext = {
    router,
    registry: createRegistry(),
    authenticator: createAuthenticator(config, db, (err) => logger.warn({ err }, 'a person was not recorded')),
    limiter: createRateLimiter(rateLimitsOf(config)),
    db,
    eager: records,
    keys,
    logger,
    retentionMs: deps.policy['idempotency.keepFor'].ms,
  };
  const codec = new EncryptingCodec(keys);
  // Before all that is limited by address: its callers are known by their signature.
  if (config.PAYMENT_CALLBACK_SECRETS !== undefined)
    gatewayRoutes(context, { db, secrets: config.PAYMENT_CALLBACK_SECRETS });
  router.use(limitByAddress(context.limiter));
  systemRoutes(context, { db, client, codec, metrics, temporalUiOrigin: originOf(config.TEMPORAL_UI_URL) });
  attachmentRoutes(context, { db, files });
  imageRoutes(context, { db, files });
  // Only what follows reads JSON: uploads and signed callbacks are read raw.
  router.use('/v1', express.json({ limit: '64kb' }));
  jsonRoutes(context, deps, createCommandSender({ client, metrics }));
  refuseOtherMethods(context);
  app.use(router);
  app.use(noSuchRoute);
  app.use(problems(logger));
  return { app, registry: context.registry };
}

/** Every route that takes and answers JSON, with the services that carry out what they ask for. */
function jsonRoutes(context: ApiContext, deps: ApiDependencies, commands: CommandSender): void {
  const { config, db, client, keys, policy, answerWithinMs } = deps;
  const workflows = { db, client, policy, taskQueue: config.TASK_QUEUE, answerWithinMs };
  const deliveries = deliveryService({ db, keys, commands });
  const reviews = reviewService({ ...workflows, commands });
  // Before the route of one order, for which `export` would be an id.
  orderExportRoutes(context, { db });
  const orders = orderService({ ...workflows, keys, commands });
  orderListRoutes(context, { db });
  orderRoutes(context, orders);
  orderOperationRoutes(context, orders);
  deliveryRoutes(context, deliveries, db);
  appealRoutes(context, deliveries);
  invoiceRoutes(context, { db, keys, service: invoiceService({ ...workflows, keys, commands }) });
  invoiceTitleRoutes(context, { db, keys });
  refundRoutes(context, refundService({ ...workflows, commands }), db);
  meRoutes(context, { db, keys });
  accountRoutes(context, { db, keys });
  contactRoutes(context, { db, keys });
  agreementRoutes(context, { db, keys });
  ticketRoutes(context, { db, keys, reviews });
  subAccountRoutes(context, { db, keys });
  apiKeyRoutes(context, { db });
  reviewRoutes(context, { db, service: reviews });
  productRoutes(context, { db, service: productService({ db, keys, policy, reviews }), reviews });
  const instances = instanceService({ db, keys, client, taskQueue: config.TASK_QUEUE });
  instanceRoutes(context, { db, keys, service: instances, allowPrivate: config.WEBHOOK_ALLOW_PRIVATE });
  storefrontRoutes(context, { db });
  shopRoutes(context, { db, service: shopService({ db, policy, reviews }) });
  shopPageRoutes(context, { db });
  couponRoutes(context, { db });
  buyerCouponRoutes(context, { db });
  inboxRoutes(context, { db });
  subscriptionRoutes(context, { db });
  notificationDeliveryRoutes(context, { db });
  auditRoutes(context, { db });
  ledgerRoutes(context, { db });
  reconciliationRoutes(context, { db });
  webhookRoutes(context, { db, keys, policy, allowPrivate: config.WEBHOOK_ALLOW_PRIVATE });
  webhookEventRoutes(context, { db });
  if (config.SANDBOX && config.PAYMENT_CHANNEL_URL !== undefined) {
    sandboxRoutes(context, { db, channelUrl: config.PAYMENT_CHANNEL_URL, callbackBase: deps.callbackBase });
  }
}

const originOf = (url: string | undefined) => (url === undefined ? undefined : new URL(url).origin);

const rateLimitsOf = (config: Config) => ({
  address: config.RATE_LIMIT_ADDRESS_PER_MINUTE ?? config.RATE_LIMIT_PER_MINUTE,
  principal: config.RATE_LIMIT_PER_MINUTE,
  channel: config.RATE_LIMIT_CALLBACKS_PER_MINUTE,
});
