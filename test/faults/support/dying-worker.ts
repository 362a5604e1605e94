import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { Registry } from 'prom-client';
import type { PaymentChannelPort } from '../../../activities/refunds';
import { keyRing } from '../../../codec/keys';
import { EncryptingCodec } from '../../../codec/payloads';
import { readConfig } from '../../../config';
import { databaseLimits } from '../../../config/database';
import { createLogger } from '../../../config/logger';
import { temporalConnection } from '../../../config/temporal';
import { openDatabase } from '../../../prisma/store/shared/database';
import { serveStatus } from '../../../worker/metrics';
import { startPaymentRelay } from '../../../worker/relays/payments';
import { allActivities, createWorker, outsideOf } from '../../../worker/worker';

/**
 * A worker that dies in the worst of moments: a step of each action that DIE_AFTER names has been committed to the
 * database, and their workflow tasks are not completed, so that no history knows of them; or (`channel.refund`) money
 * has been sent back, and nobody has noted it. Without DIE_AFTER it is a worker that works, but has no reconciliation:
 * what becomes of a lost step then is the workflow's own doing.
 */
async function main(): Promise<void> {
  const config = readConfig();
  const db = openDatabase(config.DATABASE_URL, config.DATABASE_POOL, 'durable', databaseLimits(config));
  const outside = outsideOf(config, db);
  const channel = mortalChannel(outside.channel);
  const connection = await NativeConnection.connect(temporalConnection(config));
  const worker = await createWorker(config, outside, {
    connection,
    activities: mortal(allActivities({ ...outside, channel })),
  });

  const client = new Client({
    connection: await Connection.connect(temporalConnection(config)),
    dataConverter: { payloadCodecs: [new EncryptingCodec(keyRing(config.CODEC_KEYS))] },
  });
  const logger = createLogger(config, 'worker');
  startPaymentRelay({ db, client, taskQueue: config.TASK_QUEUE, logger, intervalMs: 100 });
  const isReady = async () => worker.getState() === 'RUNNING';
  const registry = new Registry();
  await serveStatus({ isReady, sdkMetricsAddress: undefined, registry }, config.WORKER_HOST, config.WORKER_PORT);
  process.once('SIGTERM', () => process.exit(0));
  await worker.run();
}

/** The actions of which a step is still to be committed before this process dies. */
const awaited = (process.env.DIE_AFTER ?? '').split(',').filter((action) => action !== '');
const fatal = new Set(awaited);

async function dieAfter(action: string): Promise<void> {
  if (!fatal.has(action)) return;
  const index = awaited.indexOf(action);
  if (index >= 0) awaited.splice(index, 1);
  if (awaited.length === 0) process.kill(process.pid, 'SIGKILL');
  // Not recorded either: it waits here for the end.
  await new Promise(() => undefined);
}

function mortalChannel(channel: PaymentChannelPort): PaymentChannelPort {
  return {
    async refund(refund) {
      const answer = await channel.refund(refund);
      await dieAfter('channel.refund');
      return answer;
    },
    find: (refundId) => channel.find(refundId),
  };
}

function mortal(activities: ReturnType<typeof allActivities>): ReturnType<typeof allActivities> {
  return {
    ...activities,
    async recordDeliveryStep(proposal) {
      const stored = await activities.recordDeliveryStep(proposal);
      await dieAfter(proposal.step.action);
      return stored;
    },
    async recordOrderStep(step) {
      const stored = await activities.recordOrderStep(step);
      await dieAfter(step.action);
      return stored;
    },
    async recordInstanceStep(step) {
      const stored = await activities.recordInstanceStep(step);
      await dieAfter(step.action);
      return stored;
    },
  };
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
