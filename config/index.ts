import { z } from 'zod';
import { PAYMENT_CHANNELS } from '../domain/orders/order';
import { callbackSecrets } from './callback-secrets';
import { readEnvironment } from './environment';

/**
 * All configuration of the processes, read from the environment in this one place.
 * `npm start` fills it in for the embedded parts; production sets it by hand (see README).
 */
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** Nobody waits for ever, nor is refused at once. */
const timeoutMs = z.coerce.number().int().min(100).max(600_000);

/** Key ids stand in front of what the keys sealed, and in keyed hashes. */
const KEY_ID = /^[\w.-]{1,32}$/;

/** `id:base64key` pairs, comma separated; the first encrypts, all decrypt (rotation). */
const codecKeys = z.string().transform((text, context) => {
  const keys = text.split(',').map((pair) => {
    const [id, base64] = pair.split(':');
    return { id: id ?? '', key: Buffer.from(base64 ?? '', 'base64') };
  });
  if (keys.some(({ id, key }) => !KEY_ID.test(id) || key.length !== 32)) {
    context.addIssue({ code: 'custom', message: 'CODEC_KEYS must be id:base64 of 32 bytes, comma separated' });
    return z.NEVER;
  }
  if (new Set(keys.map(({ id }) => id)).size < keys.length) {
    context.addIssue({ code: 'custom', message: 'CODEC_KEYS must not give two keys one id' });
    return z.NEVER;
  }
  return keys;
});

/** What an account with Tencent Cloud's SMS consists of: all of it, or none. */
const TENCENT = [
  'SMS_TENCENT_SECRET_ID',
  'SMS_TENCENT_SECRET_KEY',
  'SMS_TENCENT_APP_ID',
  'SMS_TENCENT_SIGN_NAME',
  'SMS_TENCENT_TEMPLATE_ZH_CN',
  'SMS_TENCENT_TEMPLATE_EN',
] as const;

const environment = z
  .object({
    NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
    SANDBOX: flag.default(false),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
    API_HOST: z.string().default('127.0.0.1'),
    API_PORT: z.coerce.number().int().min(0).max(65535).default(8080),
    WORKER_HOST: z.string().default('127.0.0.1'),
    WORKER_PORT: z.coerce.number().int().min(0).max(65535).default(8081),
    /** Where the worker's own HTTP server reads the Temporal SDK's metrics from. */
    SDK_METRICS_ADDRESS: z.string().optional(),
    DATABASE_URL: z.string(),
    DATABASE_POOL: z.coerce.number().int().min(1).max(200).default(10),
    /** How long to wait for a connection, one of the pool or a new one. */
    DATABASE_CONNECT_TIMEOUT_MS: timeoutMs.default(5_000),
    /** How long to wait for a lock: a frozen process that holds one delays the others by no more. */
    DATABASE_LOCK_TIMEOUT_MS: timeoutMs.default(2_000),
    /** How long a statement may take; shorter than the ten seconds that an activity is given. */
    DATABASE_STATEMENT_TIMEOUT_MS: timeoutMs.default(8_000),
    /** How long a transaction may stand still before the server ends it and frees its locks. */
    DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS: timeoutMs.default(5_000),
    /** How long a connection may be silent before the other machine is asked whether it is there. */
    DATABASE_KEEPALIVE_MS: timeoutMs.default(30_000),
    /** The schema owner's connection, used only by `npm run migrate`. */
    MIGRATE_DATABASE_URL: z.string().optional(),
    TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233'),
    TEMPORAL_NAMESPACE: z.string().default('default'),
    TEMPORAL_TLS: flag.default(false),
    TEMPORAL_API_KEY: z.string().optional(),
    TEMPORAL_UI_URL: z.url().optional(),
    TASK_QUEUE: z.string().default('back-office'),
    CODEC_KEYS: codecKeys,
    JWT_SECRET: z.string().min(32, 'JWT_SECRET needs at least 32 characters').optional(),
    JWKS_URL: z.url().optional(),
    JWT_ISSUER: z.string().default('marketplace'),
    /** Whom tokens must be made out for (`aud`). */
    JWT_AUDIENCE: z.string(),
    SMTP_URL: z.string().optional(),
    MAIL_FROM: z.string().default('Cloud Marketplace <no-reply@marketplace.example>'),
    /** The sandbox's SMS service, or one that speaks as it does. */
    SMS_URL: z.url().optional(),
    SMS_TENCENT_SECRET_ID: z.string().optional(),
    SMS_TENCENT_SECRET_KEY: z.string().optional(),
    SMS_TENCENT_REGION: z.string().default('ap-guangzhou'),
    SMS_TENCENT_APP_ID: z.string().optional(),
    SMS_TENCENT_SIGN_NAME: z.string().optional(),
    SMS_TENCENT_TEMPLATE_ZH_CN: z.string().optional(),
    SMS_TENCENT_TEMPLATE_EN: z.string().optional(),
    FILES_DIR: z.string().default('.data/files'),
    POLICY_FILE: z.string().optional(),
    /** Holidays that replace config/holidays.json: how operators extend the calendar without a release. */
    CALENDAR_FILE: z.string().optional(),
    PAYMENT_CHANNEL_URL: z.url().optional(),
    /** What each payment channel signs its callbacks with. */
    PAYMENT_CALLBACK_SECRETS: callbackSecrets.optional(),
    /** Lets webhooks call private addresses, and HTTP without TLS: for development. */
    WEBHOOK_ALLOW_PRIVATE: flag.default(false),
    /** How many of our own balancers a request passes: so many entries of X-Forwarded-For are believed. */
    TRUST_PROXY_HOPS: z.coerce.number().int().min(0).max(10).default(0),
    /** Requests a minute that an API process takes from each principal (a user, an API key). */
    RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).default(6000),
    /** … from each address without a valid token or key; as many as from a principal if left out. */
    RATE_LIMIT_ADDRESS_PER_MINUTE: z.coerce.number().int().min(1).optional(),
    /** … and of signed callbacks from each payment channel. */
    RATE_LIMIT_CALLBACKS_PER_MINUTE: z.coerce.number().int().min(1).default(60_000),
  })
  .superRefine((env, context) => {
    const need = (present: boolean, message: string) => {
      if (!present) context.addIssue({ code: 'custom', message });
    };
    need(env.JWT_SECRET !== undefined || env.JWKS_URL !== undefined, 'set JWT_SECRET (development) or JWKS_URL');
    const missing = TENCENT.filter((name) => env[name] === undefined);
    need(missing.length === 0 || missing.length === TENCENT.length, `SMS by Tencent needs ${missing.join(', ')} too`);
    need(env.SMS_URL === undefined || missing.length > 0, 'set SMS_URL or SMS_TENCENT_…, not both');
    if (env.NODE_ENV !== 'production') return;
    need(!env.SANDBOX, 'SANDBOX must not be true in production');
    need(!env.WEBHOOK_ALLOW_PRIVATE, 'WEBHOOK_ALLOW_PRIVATE must not be true in production');
    need(env.JWKS_URL !== undefined, 'production needs JWKS_URL');
    need(env.JWKS_URL === undefined || isHttps(env.JWKS_URL), 'JWKS_URL must begin with https:// in production');
    need(env.SMTP_URL !== undefined, 'production needs SMTP_URL');
    need(env.SMS_URL === undefined, 'SMS_URL is for development: production sends SMS by SMS_TENCENT_…');
    need(env.PAYMENT_CHANNEL_URL !== undefined, 'production needs PAYMENT_CHANNEL_URL');
    for (const channel of PAYMENT_CHANNELS) {
      const isGiven = (env.PAYMENT_CALLBACK_SECRETS?.[channel] ?? []).length > 0;
      need(isGiven, `production needs a secret of ${channel} in PAYMENT_CALLBACK_SECRETS`);
    }
  });

const isHttps = (url: string): boolean => new URL(url).protocol === 'https:';

/** What is needed to seal stored values anew. */
const sealing = z.object({ DATABASE_URL: z.string(), CODEC_KEYS: codecKeys });

export type Config = z.infer<typeof environment>;

/**
 * Reads and checks the environment.
 * @throws Error naming every variable that is missing or wrong.
 */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): Config => readEnvironment(environment, env);

/** The part of the environment that `npm run reseal` needs. @throws as `readConfig` */
export const readSealingConfig = (env: NodeJS.ProcessEnv = process.env) => readEnvironment(sealing, env);
