import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { callbackSecrets } from '../../config/callback-secrets';
import { seed } from '../../prisma/seed/index';
import { startMailInbox } from '../../sandbox/mail-inbox';
import { startPaymentChannel } from '../../sandbox/payment-channel';
import { startSmsInbox } from '../../sandbox/sms-inbox';
import { migrate } from '../migrate';
import { type CodecRelayOptions, startCodecRelay } from './codec-relay';
import type { DatabaseUrls } from './databases';
import { type ProcessList, takeDirectory, writeAtomically } from './leftovers';
import { freePort } from './ports';
import { startPostgres } from './postgres';
import { type SupervisedPart, startProgram, supervise } from './processes';
import { registerSearchAttributes } from './search-attributes';
import { ensureSecrets, type Secrets } from './secrets';
import { startTemporal } from './temporal';
import { watchTemporal } from './temporal-watch';
import { demoClaims, signToken, type TokenTerms, tokenTermsOf } from './tokens';

/** Brings up the whole system on this machine: what `npm start`, the demonstration and the fault tests run on. */
export interface SystemOptions {
  /** Where everything is kept: data, logs, secrets, addresses. */
  dataDir: string;
  /** The well-known ports (or the next free ones) for `npm start`; any free ports for a system beside it. */
  ports: 'preferred' | 'free';
  /** Start over with nothing in the data directory. */
  fresh?: boolean;
  /** Overrides of the business rules' durations and limits (POLICY_FILE). */
  policyFile?: string;
  /** More worker processes share the work. */
  workers?: number;
  /** More environment for the worker and the API. */
  env?: NodeJS.ProcessEnv;
  /** The environment that says which services are somebody else's: DATABASE_URL, TEMPORAL_ADDRESS and so on. */
  external?: NodeJS.ProcessEnv;
  /** Is told what happens. */
  say?: (line: string) => void;
  /** Gives up a start that is under way; what was started already is stopped. */
  signal?: AbortSignal;
}

/** Where everything is, as `endpoints.json` in the data directory says too. */
export interface Endpoints {
  apiUrl: string;
  workerUrl: string;
  temporalAddress: string;
  temporalUiUrl: string | null;
  mailUrl: string;
  smsUrl: string;
  databaseUrl: string;
  channelUrl: string;
  ready: boolean;
}

/** A running system. */
export interface System {
  endpoints: Endpoints;
  /** The schema owner's connection. */
  ownerUrl: string;
  secrets: Secrets;
  /** Ready-made tokens for the people of the demonstration data. */
  tokens: { buyer: string; provider: string; ops: string };
  /** The child processes by name: postgres, temporal, worker (worker-2 …), api. */
  parts: ReadonlyMap<string, SupervisedPart>;
  /** Stops everything, the last first. */
  stop(): Promise<void>;
}

/** What the steps of a start share. */
interface Construction {
  options: SystemOptions;
  external: NodeJS.ProcessEnv;
  dataDir: string;
  secrets: Secrets;
  processes: ProcessList;
  say: (line: string) => void;
  parts: Map<string, SupervisedPart>;
  /** How to undo what was started, in the order of starting. */
  undo: (() => Promise<void>)[];
  port(preferred: number): Promise<number>;
}

/** What the start found out on its way, for the children's environment. */
interface Found {
  terms: TokenTerms;
  apiPort: number;
  database: DatabaseUrls;
  temporal: { address: string; uiUrl?: string };
  outside: { smtpUrl: string; smsSendUrl: string; channelUrl: string };
}

/** Starts everything in order and waits until all of it answers. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const say = options.say ?? (() => undefined);
  const dataDir = path.resolve(options.dataDir);
  const processes = await takeDirectory(dataDir, say);
  if (options.fresh) wipe(dataDir);
  const c: Construction = {
    options,
    external: options.external ?? {},
    dataDir,
    secrets: secretsOf(dataDir, options.external ?? {}),
    processes,
    say,
    parts: new Map(),
    undo: [],
    port: (preferred) => freePort(options.ports === 'preferred' ? preferred : undefined),
  };
  const endpointsFile = path.join(dataDir, 'endpoints.json');
  // What a killed start left would be taken for ours.
  rmSync(endpointsFile, { force: true });
  const stop = async () => {
    processes.markStopping();
    rmSync(endpointsFile, { force: true });
    for (const undo of c.undo.toReversed()) await undo();
    processes.release();
  };
  try {
    const system = await construct(c);
    writeAtomically(endpointsFile, `${JSON.stringify(system.endpoints, null, 2)}\n`);
    return { ...system, parts: c.parts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The data directory's own secrets, except those that the environment brings along with its services. */
function secretsOf(dataDir: string, external: NodeJS.ProcessEnv): Secrets {
  const { codecKeys, jwtSecret, paymentCallbackSecrets } = ensureSecrets(dataDir);
  return {
    codecKeys: external.CODEC_KEYS || codecKeys,
    jwtSecret: external.JWT_SECRET || jwtSecret,
    paymentCallbackSecrets: external.PAYMENT_CALLBACK_SECRETS || paymentCallbackSecrets,
  };
}

/** Everything but the list of our own processes. */
function wipe(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (name !== 'processes.json') rmSync(path.join(dataDir, name), { recursive: true, force: true });
  }
}

async function construct(c: Construction): Promise<Omit<System, 'parts' | 'stop'>> {
  const { secrets } = c;
  const [apiPort, workerPort, metricsPort] = [
    await c.port(Number(c.external.API_PORT || 8080)),
    await c.port(Number(c.external.WORKER_PORT || 8081)),
    await freePort(),
  ];
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const terms = tokenTermsOf(c.external);
  const tokens = {
    buyer: await signToken(secrets.jwtSecret, demoClaims.buyer, terms),
    provider: await signToken(secrets.jwtSecret, demoClaims.provider, terms),
    ops: await signToken(secrets.jwtSecret, demoClaims.ops, terms),
  };
  const database = await provideDatabase(c);
  const temporal = await provideTemporal(c, {
    decodeUrl: `${apiUrl}/codec/decode`,
    token: () => signToken(secrets.jwtSecret, demoClaims.ops, terms, '1m'),
  });
  const outside = await provideOutside(c);
  const env = childEnvironment(c, { terms, apiPort, database, temporal, outside });
  for (let number = 1; number <= (c.options.workers ?? 1); number += 1) {
    const own =
      number === 1 ? { port: workerPort, metrics: metricsPort } : { port: await freePort(), metrics: await freePort() };
    const ownEnv = { ...env, WORKER_PORT: String(own.port), SDK_METRICS_ADDRESS: `127.0.0.1:${own.metrics}` };
    await provideProgram(c, number === 1 ? 'worker' : `worker-${number}`, 'worker/main', ownEnv, own.port);
  }
  await provideProgram(c, 'api', 'api/main', env, apiPort);
  const endpoints: Endpoints = {
    apiUrl,
    workerUrl: `http://127.0.0.1:${workerPort}`,
    temporalAddress: temporal.address,
    temporalUiUrl: temporal.uiUrl ?? null,
    mailUrl: outside.mailUrl,
    smsUrl: outside.smsUrl,
    databaseUrl: database.appUrl,
    channelUrl: outside.channelUrl,
    ready: true,
  };
  return { endpoints, ownerUrl: database.ownerUrl, secrets, tokens };
}

/** What the worker and the API read their configuration from (config/index.ts). */
function childEnvironment(c: Construction, found: Found): NodeJS.ProcessEnv {
  const { secrets, dataDir } = c;
  const { terms, apiPort, database, temporal, outside } = found;
  return {
    ...process.env,
    ...c.external,
    NODE_ENV: 'development',
    SANDBOX: 'true',
    API_HOST: '127.0.0.1',
    API_PORT: String(apiPort),
    WORKER_HOST: '127.0.0.1',
    DATABASE_URL: database.appUrl,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: c.external.TEMPORAL_NAMESPACE ?? '',
    TEMPORAL_TLS: c.external.TEMPORAL_TLS ?? '',
    TEMPORAL_API_KEY: c.external.TEMPORAL_API_KEY ?? '',
    TEMPORAL_UI_URL: temporal.uiUrl ?? '',
    CODEC_KEYS: secrets.codecKeys,
    JWT_SECRET: secrets.jwtSecret,
    JWT_ISSUER: terms.issuer,
    JWT_AUDIENCE: terms.audience,
    // The tokens handed out below are signed with our secret.
    JWKS_URL: '',
    SMTP_URL: outside.smtpUrl,
    SMS_URL: outside.smsSendUrl,
    // Receivers of webhooks run on this machine, too.
    WEBHOOK_ALLOW_PRIVATE: 'true',
    FILES_DIR: path.join(dataDir, 'files'),
    POLICY_FILE: c.options.policyFile ?? '',
    PAYMENT_CHANNEL_URL: outside.channelUrl,
    PAYMENT_CALLBACK_SECRETS: secrets.paymentCallbackSecrets,
    ...c.options.env,
  };
}

/** Keeps a part running from now on, and notes how to stop it. */
async function keep(c: Construction, name: string, start: Parameters<typeof supervise>[1]): Promise<void> {
  const part = await supervise(name, start, c.say);
  c.parts.set(name, part);
  c.undo.push(() => part.stop());
  c.options.signal?.throwIfAborted();
}

async function provideProgram(
  c: Construction,
  name: string,
  entry: string,
  env: NodeJS.ProcessEnv,
  port: number,
): Promise<void> {
  c.say(`starting the ${name}`);
  const logFile = path.join(c.dataDir, 'logs', `${name}.log`);
  const readyUrl = `http://127.0.0.1:${port}/readyz`;
  const onSpawn = (pid: number) => c.processes.add(name, pid);
  await keep(c, name, () => startProgram({ name, entry, env, logFile, readyUrl, onSpawn }));
}

/** The embedded PostgreSQL or the one that DATABASE_URL names, migrated and with the demonstration data. */
async function provideDatabase(c: Construction): Promise<DatabaseUrls> {
  const { DATABASE_URL: appUrl, MIGRATE_DATABASE_URL: ownerUrl } = c.external;
  const urls = appUrl ? { appUrl, ownerUrl: ownerUrl || appUrl } : await embeddedDatabase(c);
  const applied = await migrate(urls);
  if (applied.length > 0) c.say(`migrated the database: ${applied.join(', ')}`);
  await seed(urls.appUrl);
  return urls;
}

async function embeddedDatabase(c: Construction): Promise<DatabaseUrls> {
  c.say('starting PostgreSQL');
  const port = await c.port(5433);
  let urls: DatabaseUrls | undefined;
  await keep(c, 'postgres', async () => {
    const server = await startPostgres({
      folder: path.join(c.dataDir, 'postgres'),
      port,
      settings: { max_connections: 200 },
      logFile: path.join(c.dataDir, 'logs', 'postgres.log'),
      onSpawn: (pid) => c.processes.add('postgres', pid),
    });
    urls = server;
    return server;
  });
  if (urls === undefined) throw new Error('PostgreSQL did not say where it is.');
  return urls;
}

/** The embedded Temporal or the one that TEMPORAL_ADDRESS names, knowing our search attributes. */
async function provideTemporal(
  c: Construction,
  codec: Pick<CodecRelayOptions, 'decodeUrl' | 'token'>,
): Promise<{ address: string; uiUrl?: string }> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: apiKey, TEMPORAL_UI_URL: uiUrl } = c.external;
  const namespace = c.external.TEMPORAL_NAMESPACE || 'default';
  if (address) {
    const tls = c.external.TEMPORAL_TLS === 'true' || Boolean(apiKey);
    const added = await registerSearchAttributes({ address, tls, ...(apiKey && { apiKey }) }, namespace).catch(
      (error) => {
        throw new Error(`Temporal at ${address}: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
    if (added.length > 0) c.say(`registered search attributes: ${added.join(', ')}`);
    return { address, ...(uiUrl && { uiUrl }) };
  }
  c.say('starting Temporal');
  const [port, uiPort] = [await c.port(7233), await c.port(8233)];
  const ownUiUrl = `http://127.0.0.1:${uiPort}`;
  const relay = await startCodecRelay({ ...codec, uiOrigin: ownUiUrl, port: await c.port(8234) });
  c.undo.push(() => relay.stop());
  await keep(c, 'temporal', () =>
    startTemporal({
      port,
      uiPort,
      namespace,
      dbFile: path.join(c.dataDir, 'temporal.db'),
      uiCodecEndpoint: relay.endpoint,
      logFile: path.join(c.dataDir, 'logs', 'temporal.log'),
      onSpawn: (pid) => c.processes.add('temporal', pid),
    }),
  );
  const ownAddress = `127.0.0.1:${port}`;
  // A server that hangs is killed; whoever keeps it running starts it again.
  const server = c.parts.get('temporal');
  const watched = { isRunning: () => server?.isRunning() ?? false, restart: async () => server?.kill() };
  c.undo.push(watchTemporal({ address: ownAddress, namespace, say: c.say, ...watched }));
  return { address: ownAddress, uiUrl: ownUiUrl };
}

/** Where the outside world is that a local system brings along. */
type OutsideUrls = { mailUrl: string; smtpUrl: string; smsUrl: string; smsSendUrl: string; channelUrl: string };

/** The mail inbox, the SMS inbox and the payment channel, in this process. */
async function provideOutside(c: Construction): Promise<OutsideUrls> {
  const inbox = await startMailInbox({
    smtpPort: await c.port(1025),
    httpPort: await c.port(8025),
    file: path.join(c.dataDir, 'mails.jsonl'),
  });
  c.undo.push(() => inbox.stop());
  const sms = await startSmsInbox({ port: await c.port(8026), file: path.join(c.dataDir, 'sms.jsonl') });
  c.undo.push(() => sms.stop());
  const channel = await startPaymentChannel({
    port: await c.port(8090),
    secrets: callbackSecrets.parse(c.secrets.paymentCallbackSecrets),
    file: path.join(c.dataDir, 'payment-channel.jsonl'),
  });
  c.undo.push(() => channel.stop());
  return {
    mailUrl: inbox.url,
    smtpUrl: inbox.smtpUrl,
    smsUrl: sms.url,
    smsSendUrl: sms.sendUrl,
    channelUrl: channel.url,
  };
}
