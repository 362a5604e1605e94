import './stack-traces';

import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import { Registry } from 'prom-client';
import { keyRing } from '../codec/keys';
import { EncryptingCodec } from '../codec/payloads';
import { type Config, readConfig } from '../config';
import { databaseLimits } from '../config/database';
import { createLogger, type Logger } from '../config/logger';
import { loadPolicy } from '../config/policy';
import { temporalConnection } from '../config/temporal';
import { PAYMENT_CALLBACKS } from '../prisma/store/payments/callbacks';
import { openDatabase } from '../prisma/store/shared/database';
import { listen } from '../prisma/store/shared/listen';
import { emailSender } from './channels/email';
import type { Outcome, Sender } from './channels/sender';
import { noSms } from './channels/sms/port';
import { smsPortOf, smsSender } from './channels/sms/sender';
import { mailTransport } from './channels/smtp';
import { serveStatus } from './metrics';
import { notificationMetrics } from './notification-metrics';
import { startCalendarRelay } from './relays/calendar';
import { startNotificationRelay } from './relays/notifications';
import { startPaymentRelay, startWaitingPaymentsReport } from './relays/payments';
import { startReconciliation } from './relays/reconciliation';
import { startRetention } from './relays/retention';
import { startUnaddressedReport } from './relays/unaddressed';
import { startWebhookRelay } from './relays/webhooks';
import { scheduleReconciliation } from './schedules';
import { createWorker, type Outside, outsideOf } from './worker';

const POLL_MS = 2_000;
/** The calendar grows when a worker starts with a newer one; later rounds are for what was missed. */
const CALENDAR_EVERY_MS = 3_600_000;
const RETENTION_EVERY_MS = 3_600_000;
const WAITING_PAYMENTS_EVERY_MS = 60_000;

function installRuntime(config: Config, logger: Logger): void {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
  Runtime.install({
    logger: new DefaultLogger(config.LOG_LEVEL === 'debug' ? 'DEBUG' : 'INFO', ({ level, message, meta }) => {
      logger[levels[level]]({ ...meta }, message);
    }),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN' }) },
      ...(config.SDK_METRICS_ADDRESS === undefined
        ? {}
        : { metrics: { prometheus: { bindAddress: config.SDK_METRICS_ADDRESS } } }),
    },
    shutdownSignals: [],
  });
}

/** The channels by which messages are sent to people outside the system. */
function sendersOf(config: Config, logger: Logger): Sender[] {
  const sms = smsPortOf(config);
  if (sms === noSms) logger.warn('no SMS service is configured: what should go by SMS is skipped');
  const { SMTP_URL: smtpUrl, MAIL_FROM: from } = config;
  return [...(smtpUrl === undefined ? [] : [emailSender(mailTransport(smtpUrl), from)]), smsSender(sms)];
}

type RelayDependencies = { outside: Outside; client: Client; registry: Registry; logger: Logger };

/** Starts all relays. @returns a function that stops them */
function startRelays(config: Config, { outside, client, registry, logger }: RelayDependencies): () => Promise<void> {
  const { db, calendar } = outside;
  const { TASK_QUEUE: taskQueue } = config;
  const policy = loadPolicy(config);
  const polling = { db, logger, intervalMs: POLL_MS };
  const metrics = notificationMetrics(registry, db);
  const payments = startPaymentRelay({ ...polling, client, taskQueue });
  const relays = [
    payments,
    startWaitingPaymentsReport({ db, logger, intervalMs: WAITING_PAYMENTS_EVERY_MS }),
    startReconciliation({ ...polling, client }),
    startWebhookRelay({ ...polling, client, taskQueue, policy }),
    startCalendarRelay({ db, client, calendar, logger, intervalMs: CALENDAR_EVERY_MS }),
    startRetention({ db, policy, logger, intervalMs: RETENTION_EVERY_MS }),
    startUnaddressedReport({
      ...polling,
      onNotice: ({ event, audience }) => metrics.unaddressed.inc({ event, audience }),
    }),
    ...sendersOf(config, logger).map((sender) => {
      const onAttempt = (result: Outcome['result']) => metrics.attempts.inc({ channel: sender.channel, result });
      return startNotificationRelay({ ...polling, sender, onAttempt });
    }),
  ];
  const stopListening = listen(config.DATABASE_URL, [PAYMENT_CALLBACKS], () => payments.wake());
  return async () => {
    await Promise.all([...relays.map((relay) => relay.stop()), stopListening()]);
  };
}

/** The worker process: workflows, activities and the relays; stops in order on SIGTERM and SIGINT. */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config, 'worker');
  installRuntime(config, logger);
  const db = openDatabase(config.DATABASE_URL, config.DATABASE_POOL, 'durable', databaseLimits(config));
  const outside = outsideOf(config, db);
  const nativeConnection = await NativeConnection.connect(temporalConnection(config));
  const worker = await createWorker(config, outside, { connection: nativeConnection });

  const connection = await Connection.connect(temporalConnection(config));
  const client = new Client({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    dataConverter: { payloadCodecs: [new EncryptingCodec(keyRing(config.CODEC_KEYS))] },
  });
  await scheduleReconciliation(client, config.TASK_QUEUE, loadPolicy(config));
  const registry = new Registry();
  const stopRelays = startRelays(config, { outside, client, registry, logger });

  const status = await serveStatus(
    {
      isReady: async () => worker.getState() === 'RUNNING' && (await db.$queryRaw<unknown[]>`SELECT 1`).length === 1,
      sdkMetricsAddress: config.SDK_METRICS_ADDRESS,
      registry,
    },
    config.WORKER_HOST,
    config.WORKER_PORT,
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'stopping');
      if (worker.getState() === 'RUNNING') worker.shutdown();
    });
  }

  logger.info({ taskQueue: config.TASK_QUEUE, temporal: config.TEMPORAL_ADDRESS }, 'worker started');
  try {
    await worker.run();
  } finally {
    await stopRelays();
    status.close();
    await connection.close();
    await nativeConnection.close();
    await db.$disconnect();
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
