import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { chineseCalendar } from '../activities/calendar';
import { deliveryActivities } from '../activities/deliveries';
import { instanceActivities } from '../activities/instances';
import { invoiceActivities } from '../activities/invoices';
import { ledgerActivities } from '../activities/ledger';
import { orderActivities } from '../activities/orders';
import { type ChannelStatementPort, httpChannelStatements } from '../activities/ports/channel-statement';
import { type InstanceEndpointPort, instanceEndpoint } from '../activities/ports/instance-endpoint';
import { httpPaymentChannel } from '../activities/ports/payment-channel';
import { type WebhookPort, webhookSender } from '../activities/ports/webhook-sender';
import { type PaymentChannelPort, refundActivities } from '../activities/refunds';
import { reviewActivities } from '../activities/reviews';
import { startActivities } from '../activities/shared/start-workflow';
import { webhookActivities } from '../activities/webhooks';
import { type KeyRing, keyRing } from '../codec/keys';
import { EncryptingCodec } from '../codec/payloads';
import type { Config } from '../config';
import { loadHolidays } from '../config/calendar';
import { temporalConnection } from '../config/temporal';
import type { HolidayCalendar } from '../domain/calendar/working-days';
import { liveInvoiceOf } from '../prisma/store/invoices/invoices';
import type { LiveInvoiceOf } from '../prisma/store/refunds/steps';
import type { ReviewHandlers } from '../prisma/store/reviews/review-handler';
import { reviewHandlersOf } from '../prisma/store/reviews/review-handlers';
import type { Database } from '../prisma/store/shared/database';
import { BUNDLE_PATH } from './bundle';

/** What the activities reach the outside with. */
export type Outside = {
  db: Database;
  keys: KeyRing;
  calendar: HolidayCalendar;
  channel: PaymentChannelPort;
  /** The channels' own lists, for the reconciliation. */
  statements: ChannelStatementPort;
  webhooks: WebhookPort;
  instances: InstanceEndpointPort;
  /** What reviews and their decisions mean for what is reviewed. */
  reviewHandlers: ReviewHandlers;
  /** What a refund has to wait for (RFD-4). */
  liveInvoiceOf: LiveInvoiceOf;
};

/** Every activity of the platform, with its dependencies filled in. */
export function allActivities(outside: Outside) {
  return {
    ...deliveryActivities(outside),
    ...instanceActivities(outside),
    ...invoiceActivities(outside),
    ...ledgerActivities(outside),
    ...orderActivities(outside),
    ...refundActivities(outside),
    ...reviewActivities(outside),
    ...webhookActivities(outside),
    ...startActivities(),
  };
}

/** The real outside world, as the configuration names it. */
export function outsideOf(config: Config, db: Database): Outside {
  if (config.PAYMENT_CHANNEL_URL === undefined) throw new Error('The worker needs PAYMENT_CHANNEL_URL for refunds');
  const keys = keyRing(config.CODEC_KEYS);
  return {
    db,
    keys,
    calendar: chineseCalendar(loadHolidays(config)),
    channel: httpPaymentChannel(config.PAYMENT_CHANNEL_URL),
    statements: httpChannelStatements(config.PAYMENT_CHANNEL_URL),
    webhooks: webhookSender({ allowPrivate: config.WEBHOOK_ALLOW_PRIVATE }),
    instances: instanceEndpoint({ allowPrivate: config.WEBHOOK_ALLOW_PRIVATE }),
    reviewHandlers: reviewHandlersOf(keys),
    liveInvoiceOf,
  };
}

/**
 * A Temporal worker that hosts all workflows and activities.
 * @param overrides e.g. a test's own connection; `bundle` is the path of the workflow code
 */
export async function createWorker(
  config: Config,
  outside: Outside,
  { bundle = BUNDLE_PATH, ...overrides }: Partial<WorkerOptions> & { bundle?: string } = {},
) {
  const connection = overrides.connection ?? (await NativeConnection.connect(temporalConnection(config)));
  return Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TASK_QUEUE,
    workflowBundle: { codePath: bundle },
    buildId: buildIdOf(bundle),
    activities: allActivities(outside),
    dataConverter: { payloadCodecs: [new EncryptingCodec(outside.keys)] },
    shutdownGraceTime: '10 seconds',
    ...overrides,
  });
}

/** Which workflow code a worker runs, short: Temporal writes it into every workflow task. */
function buildIdOf(bundle: string): string {
  return createHash('sha256').update(readFileSync(bundle)).digest('hex').slice(0, 8);
}
