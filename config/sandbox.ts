import { z } from 'zod';
import { callbackSecrets } from './callback-secrets';
import { readEnvironment } from './environment';

/** The environment of the sandbox's programs: they stand for the outside world in development, never in production. */
const host = z.string().default('127.0.0.1');
const port = z.coerce.number().int().min(0).max(65_535);
const file = z.string().optional();

const mailInbox = z
  .object({ SANDBOX_HOST: host, SMTP_PORT: port.default(1025), MAIL_HTTP_PORT: port.default(8025), MAIL_FILE: file })
  .transform((env) => ({
    host: env.SANDBOX_HOST,
    smtpPort: env.SMTP_PORT,
    httpPort: env.MAIL_HTTP_PORT,
    file: env.MAIL_FILE,
  }));

const smsInbox = z
  .object({ SANDBOX_HOST: host, SMS_HTTP_PORT: port.default(8026), SMS_FILE: file })
  .transform((env) => ({ host: env.SANDBOX_HOST, port: env.SMS_HTTP_PORT, file: env.SMS_FILE }));

const paymentChannel = z
  .object({
    SANDBOX_HOST: host,
    PAYMENT_CHANNEL_PORT: port.default(8090),
    PAYMENT_CHANNEL_FILE: file,
    PAYMENT_CALLBACK_SECRETS: callbackSecrets,
  })
  .transform((env) => ({
    host: env.SANDBOX_HOST,
    port: env.PAYMENT_CHANNEL_PORT,
    file: env.PAYMENT_CHANNEL_FILE,
    secrets: env.PAYMENT_CALLBACK_SECRETS,
  }));

/** How the mail inbox is started. @throws as `readConfig` */
export const readMailInboxConfig = (env: NodeJS.ProcessEnv = process.env) => readEnvironment(mailInbox, env);

/** How the SMS inbox is started. @throws as `readConfig` */
export const readSmsInboxConfig = (env: NodeJS.ProcessEnv = process.env) => readEnvironment(smsInbox, env);

/** How the payment channel is started. @throws as `readConfig` */
export const readPaymentChannelConfig = (env: NodeJS.ProcessEnv = process.env) => readEnvironment(paymentChannel, env);
