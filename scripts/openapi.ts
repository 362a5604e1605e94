import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { createApp } from '../api/app';
import { localFileStore } from '../api/files/store';
import { openApiDocument } from '../api/openapi';
import { keyRing } from '../codec/keys';
import { readConfig } from '../config';
import { createLogger } from '../config/logger';
import { parsePolicy } from '../domain/policy/catalogue';
import { openDatabase } from '../prisma/store/client';
import { projectRoot } from './parts/root';

/**
 * Writes docs/openapi.json from the schemas that validate the requests; `--check` fails where the two
 * disagree. The API is put together as it is when it serves, the sandbox included, but reaches nothing:
 * its connections are made when something is first asked of them.
 */
const file = path.join(projectRoot, 'docs', 'openapi.json');

/** The document as the file has it. */
export function openApiText(): string {
  const config = readConfig({
    LOG_LEVEL: 'silent',
    SANDBOX: 'true',
    DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing',
    CODEC_KEYS: `none:${Buffer.alloc(32).toString('base64')}`,
    JWT_SECRET: 'x'.repeat(32),
    PAYMENT_CHANNEL_URL: 'http://127.0.0.1:1',
    PAYMENT_CALLBACK_SECRET: 'x'.repeat(32),
  });
  const { registry } = createApp({
    config,
    db: openDatabase(config.DATABASE_URL, 1),
    client: new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) }),
    ring: keyRing(config.CODEC_KEYS),
    files: localFileStore(tmpdir()),
    policy: parsePolicy(),
    logger: createLogger(config, 'openapi'),
    callbackBase: () => '',
  });
  return `${JSON.stringify(openApiDocument(registry), null, 2)}\n`;
}

function main(): void {
  const text = openApiText();
  switch (process.argv[2]) {
    case undefined:
      writeFileSync(file, text);
      return;
    case '--check':
      if (readFileSync(file, 'utf8') === text) return;
      throw new Error('docs/openapi.json is not what the API serves: node dist/scripts/openapi.js');
    default:
      throw new Error('Usage: openapi [--check]');
  }
}

if (require.main === module) {
  try {
    main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
