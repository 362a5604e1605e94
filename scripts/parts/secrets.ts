import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { PAYMENT_CHANNELS } from '../../domain/orders/order';

const secrets = z.object({
  jwtSecret: z.string().min(32),
  /** As CODEC_KEYS wants it: `id:base64`. */
  codecKeys: z.string(),
  /** As PAYMENT_CALLBACK_SECRETS wants it: `channel:secret` of each channel. */
  paymentCallbackSecrets: z.string(),
});

/** The secrets of one local system. */
export type Secrets = z.infer<typeof secrets>;

const fileIn = (dataDir: string) => path.join(dataDir, 'secrets.json');

/** The secrets kept in a data directory, or nothing when no system was ever started there. */
export function readSecrets(dataDir: string): Secrets | undefined {
  const file = fileIn(dataDir);
  return existsSync(file) ? secrets.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

/** The secrets of a data directory, generated once. */
export function ensureSecrets(dataDir: string): Secrets {
  const kept = readSecrets(dataDir);
  if (kept !== undefined) return kept;
  const fresh: Secrets = {
    jwtSecret: randomBytes(32).toString('base64url'),
    codecKeys: `k1:${randomBytes(32).toString('base64')}`,
    paymentCallbackSecrets: PAYMENT_CHANNELS.map(
      (channel) => `${channel}:${randomBytes(24).toString('base64url')}`,
    ).join(','),
  };
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(fileIn(dataDir), `${JSON.stringify(fresh, null, 2)}\n`, { mode: 0o600 });
  return fresh;
}
