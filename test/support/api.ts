import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import pino from 'pino';
import { type ApiDependencies, createApp } from '../../api/app';
import { localFileStore } from '../../api/files/store';
import { keyRing } from '../../codec/keys';
import { EncryptingCodec } from '../../codec/payloads';
import { type Config, readConfig } from '../../config';
import { callbackSecrets } from '../../config/callback-secrets';
import { type Policy, parsePolicy } from '../../domain/policies/catalogue';
import { PAYMENT_CALLBACKS } from '../../prisma/store/payments/callbacks';
import { type Database, openDatabase } from '../../prisma/store/shared/database';
import { listen } from '../../prisma/store/shared/listen';
import { type MailInbox, startMailInbox } from '../../sandbox/mail-inbox';
import { startPaymentChannel } from '../../sandbox/payment-channel';
import { type SmsInbox, startSmsInbox } from '../../sandbox/sms-inbox';
import { DEVELOPMENT_TERMS, demoClaims, signToken, type TokenClaims } from '../../scripts/parts/tokens';
import { emailSender } from '../../worker/channels/email';
import { smsPortOf, smsSender } from '../../worker/channels/sms/sender';
import { mailTransport } from '../../worker/channels/smtp';
import { startNotificationRelay } from '../../worker/relays/notifications';
import { startPaymentRelay } from '../../worker/relays/payments';
import { startReconciliation } from '../../worker/relays/reconciliation';
import { startWebhookRelay } from '../../worker/relays/webhooks';
import { createWorker, outsideOf } from '../../worker/worker';
import { unaudited } from './audit';
import { CALLBACK_SECRETS } from './callbacks';
import { requireConformity } from './contract';
import { seededDatabase } from './database';
import { devServer } from './dev-server';
import { type HttpClient, httpClient } from './http';

const BUNDLE = path.join(__dirname, '..', '..', 'dist', 'workflows.bundle.js');
export const JWT_SECRET = 'a secret that signs the tokens of tests';
export const UI_ORIGIN = 'http://temporal-ui.example:8233';
/** The key that everything is sealed with. */
export const KEY = Buffer.alloc(32, 7);

/** The people of the demonstration data, and two of operations: one who may rule, one who may not. */
export const PEOPLE = {
  buyer: demoClaims.buyer,
  provider: demoClaims.provider,
  manager: demoClaims.ops,
  ops: { sub: 'usr_ops_staff', role: 'ops', permissions: [] },
  otherBuyer: { sub: 'usr_other', role: 'buyer' },
  otherProvider: { sub: 'usr_provider_other', role: 'provider', providerId: 'prv_other' },
} as const satisfies Record<string, TokenClaims>;
export type Person = keyof typeof PEOPLE;

/** A line of the API's log. */
export type LogLine = Record<string, unknown>;

/** What a test may want different from the defaults: policies by their keys, configuration by its variables. */
export type ApiWishes = { policy?: Record<string, unknown>; env?: NodeJS.ProcessEnv };

/** A whole system of one test file's own. */
export type Api = Awaited<ReturnType<typeof startApi>>;

/** Starts everything on free ports: PostgreSQL, Temporal, worker and relays, payment channel, inboxes, API. */
export async function startApi({ policy = {}, env = {} }: ApiWishes = {}) {
  const undoing = undoList();
  try {
    const policies = parsePolicy(policy);
    const system = await startParts(env, policies, undoing.add);
    const opened = await openApi(system, policies, undoing.add);
    return {
      ...system,
      ...opened,
      /** Stops everything; fails where a command was carried out of which the trail knows nothing (AUD-1). */
      async stop() {
        const silent = await unaudited({ db: system.db, logs: opened.logs });
        await undoing.run();
        expect(silent).toEqual([]);
      },
    };
  } catch (error) {
    await undoing.run();
    throw error;
  }
}

type Undo = (undo: () => unknown) => void;

/** What was started is stopped in the end, the last first, whatever a test left behind. */
function undoList() {
  const list: (() => unknown)[] = [];
  return {
    add: (undo: () => unknown) => void list.push(undo),
    async run() {
      for (let undo = list.pop(); undo !== undefined; undo = list.pop()) await undo();
    },
  };
}

/** All but the API itself. */
async function startParts(env: NodeJS.ProcessEnv, policy: Policy, undo: Undo) {
  const keys = keyRing([{ id: 'test', key: KEY }]);
  const folder = mkdtempSync(path.join(tmpdir(), 'api-files-'));
  undo(() => rmSync(folder, { recursive: true }));
  const database = await seededDatabase();
  undo(() => database.drop());
  const channel = await startPaymentChannel({ port: 0, secrets: callbackSecrets.parse(CALLBACK_SECRETS) });
  undo(() => channel.stop());
  const inbox = await startMailInbox({ smtpPort: 0, httpPort: 0 });
  undo(() => inbox.stop());
  const sms = await startSmsInbox({ port: 0 });
  undo(() => sms.stop());
  const temporal = await devServer({ dataConverter: { payloadCodecs: [new EncryptingCodec(keys)] } });
  undo(() => temporal.teardown());
  const namespace = temporal.namespace ?? 'default';
  const config = configOf({ database: database.appUrl, namespace, channel: channel.url, inbox, sms, folder, env });
  const db = openDatabase(database.appUrl, 10);
  undo(() => db.$disconnect());
  undo(await startWork({ config, db, temporal, inbox, policy }));
  return { config, database, db, temporal, channel, inbox, sms, folder, keys };
}

/** The API, and everybody who speaks with it. */
async function openApi(system: Awaited<ReturnType<typeof startParts>>, policy: Policy, undo: Undo) {
  const { config, db, temporal, keys } = system;
  const logs: LogLine[] = [];
  const usual: Omit<ApiDependencies, 'callbackBase'> = {
    config,
    db,
    client: temporal.client,
    keys,
    files: localFileStore(config.FILES_DIR),
    policy,
    logger: pino({ level: 'info' }, intoLines(logs)),
  };
  const open = async (changes: Partial<ApiDependencies> = {}) => {
    const opened = await listening({ ...usual, ...changes });
    undo(() => opened.close());
    return opened;
  };
  let server = await open();
  const clientOf = (token: string | null): HttpClient =>
    httpClient(
      () => server.url,
      token,
      (exchange) => requireConformity(server.registry, exchange),
    );
  return {
    logs,
    url: () => server.url,
    registry: () => server.registry,
    /** A client for each of the people, and one for nobody. */
    ...(await each((person) => tokenOf(PEOPLE[person]).then(clientOf))),
    anonymous: clientOf(null),
    clientOf,
    tokens: await each((person) => tokenOf(PEOPLE[person])),
    /** Starts another API beside the first, with other dependencies. */
    startAnother: open,
    /** The API's process ends, and a new one takes its place. */
    async restart() {
      await server.close();
      server = await open();
    },
  };
}

type Places = {
  database: string;
  namespace: string;
  channel: string;
  inbox: MailInbox;
  sms: SmsInbox;
  folder: string;
  env: NodeJS.ProcessEnv;
};

function configOf({ database, namespace, channel, inbox, sms, folder, env }: Places): Config {
  return readConfig({
    SANDBOX: 'true',
    DATABASE_URL: database,
    CODEC_KEYS: `test:${KEY.toString('base64')}`,
    JWT_SECRET,
    JWT_AUDIENCE: DEVELOPMENT_TERMS.audience,
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_UI_URL: UI_ORIGIN,
    PAYMENT_CHANNEL_URL: channel,
    PAYMENT_CALLBACK_SECRETS: CALLBACK_SECRETS,
    SMTP_URL: inbox.smtpUrl,
    SMS_URL: sms.sendUrl,
    FILES_DIR: folder,
    RATE_LIMIT_PER_MINUTE: '1000000',
    WEBHOOK_ALLOW_PRIVATE: 'true',
    ...env,
  });
}

type Work = { config: Config; db: Database; temporal: TestWorkflowEnvironment; inbox: MailInbox; policy: Policy };

/** What the worker process runs: workflows, activities and the relays. Answers how to stop them. */
async function startWork({ config, db, temporal, inbox, policy }: Work): Promise<() => Promise<void>> {
  const worker = await createWorker(config, outsideOf(config, db), {
    connection: temporal.nativeConnection,
    bundle: BUNDLE,
  });
  const running = worker.run();
  const { client } = temporal;
  const logger = pino({ level: 'silent' });
  const payments = startPaymentRelay({ db, client, taskQueue: config.TASK_QUEUE, logger, intervalMs: 500 });
  const reconciliation = startReconciliation({ db, client, logger, intervalMs: 500 });
  const { TASK_QUEUE: taskQueue } = config;
  const webhooks = startWebhookRelay({ db, client, taskQueue, policy, logger, intervalMs: 50 });
  const senders = [emailSender(mailTransport(inbox.smtpUrl), config.MAIL_FROM), smsSender(smsPortOf(config))];
  const notificationDeliveries = senders.map((sender) =>
    startNotificationRelay({ db, sender, logger, intervalMs: 100 }),
  );
  const stopListening = listen(config.DATABASE_URL, [PAYMENT_CALLBACKS], () => payments.wake());
  return async () => {
    await Promise.all([
      payments.stop(),
      reconciliation.stop(),
      webhooks.stop(),
      ...notificationDeliveries.map((relay) => relay.stop()),
      stopListening(),
    ]);
    worker.shutdown();
    await running;
  };
}

/** An API of this process that listens on a port of its own. */
async function listening(deps: Omit<ApiDependencies, 'callbackBase'>) {
  let url = '';
  const { app, registry } = createApp({ ...deps, callbackBase: () => url });
  const server = app.listen(0, '127.0.0.1');
  server.keepAliveTimeout = 600_000;
  await once(server, 'listening');
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the API does not listen');
  url = `http://127.0.0.1:${address.port}`;
  const close = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url, registry, close };
}

/** Signs a token that is valid for an hour, by default. */
export const tokenOf = (claims: TokenClaims, secret = JWT_SECRET, validFor = '1h'): Promise<string> =>
  signToken(secret, claims, DEVELOPMENT_TERMS, validFor);

async function each<T>(of: (person: Person) => Promise<T>): Promise<Record<Person, T>> {
  return {
    buyer: await of('buyer'),
    provider: await of('provider'),
    manager: await of('manager'),
    ops: await of('ops'),
    otherBuyer: await of('otherBuyer'),
    otherProvider: await of('otherProvider'),
  };
}

function intoLines(lines: LogLine[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n')) if (line !== '') lines.push(JSON.parse(line));
      done();
    },
  });
}
