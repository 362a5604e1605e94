import { tmpdir } from 'node:os';
import { Client, Connection } from '@temporalio/client';
import { createApp } from '../../api/app';
import { localFileStore } from '../../api/files/store';
import { keyRing } from '../../codec/keys';
import { readConfig } from '../../config';
import { createLogger } from '../../config/logger';
import { parsePolicy } from '../../domain/policies/catalogue';
import { openDatabase } from '../../prisma/store/shared/database';

/**
 * The API assembled as it is when it serves, the sandbox included, without reaching anything: its
 * connections are made when something is first asked of them.
 */
export function apiWithoutConnections() {
  const config = readConfig({
    LOG_LEVEL: 'silent',
    SANDBOX: 'true',
    DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing',
    CODEC_KEYS: `none:${Buffer.alloc(32).toString('base64')}`,
    JWT_SECRET: 'x'.repeat(32),
    JWT_AUDIENCE: 'nobody',
    PAYMENT_CHANNEL_URL: 'http://127.0.0.1:1',
    PAYMENT_CALLBACK_SECRETS: `wechat:${'x'.repeat(32)}`,
  });
  return createApp({
    config,
    db: openDatabase(config.DATABASE_URL, 1),
    client: new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) }),
    keys: keyRing(config.CODEC_KEYS),
    files: localFileStore(tmpdir()),
    policy: parsePolicy(),
    logger: createLogger(config, 'openapi'),
    callbackBase: () => '',
  });
}
