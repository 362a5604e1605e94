import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { keyRing } from '../codec/keys';
import { EncryptingCodec } from '../codec/payloads';
import { readConfig } from '../config';
import { databaseLimits } from '../config/database';
import { createLogger } from '../config/logger';
import { loadPolicy } from '../config/policy';
import { temporalConnection } from '../config/temporal';
import { openDatabase } from '../prisma/store/shared/database';
import { createApp } from './app';
import { localFileStore } from './files/store';

const KEEP_ALIVE_MS = 75_000;
const ABANDONED_AFTER_MS = 24 * 3_600_000;

/** The API process; stops taking requests on SIGTERM and SIGINT, and ends when those under way are answered. */
async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config, 'api');
  const keys = keyRing(config.CODEC_KEYS);
  const db = openDatabase(config.DATABASE_URL, config.DATABASE_POOL, 'durable', databaseLimits(config));
  const records = openDatabase(config.DATABASE_URL, config.DATABASE_POOL, 'eager', databaseLimits(config));
  const connection = Connection.lazy(temporalConnection(config));
  const client = new Client({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    dataConverter: { payloadCodecs: [new EncryptingCodec(keys)] },
  });
  const files = localFileStore(config.FILES_DIR);
  // What a killed upload left behind.
  await files.removeAbandoned(Date.now() - ABANDONED_AFTER_MS);
  let server: Server | undefined;
  const { app } = createApp({
    config,
    db,
    records,
    client,
    keys,
    files,
    policy: loadPolicy(config),
    logger,
    callbackBase: () => `http://127.0.0.1:${portOf(server)}`,
  });
  server = app.listen(config.API_PORT, config.API_HOST, (error?: Error) => {
    if (error) throw error;
    logger.info({ host: config.API_HOST, port: portOf(server) }, 'api listening');
  });

  // Longer than clients and balancers keep idle connections: one that they use again must not just have been closed.
  server.keepAliveTimeout = KEEP_ALIVE_MS;

  const stop = (signal: string) => {
    logger.info({ signal }, 'stopping');
    server?.close(() => {
      void Promise.all([connection.close(), db.$disconnect(), records.$disconnect()]).then(() => process.exit(0));
    });
    server?.closeIdleConnections();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

const isAddress = (address: AddressInfo | string | null | undefined): address is AddressInfo =>
  typeof address === 'object';
function portOf(server: Server | undefined): number {
  const address = server?.address();
  return isAddress(address) && address !== null ? address.port : 0;
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
