import { setMaxListeners } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { keyRing } from '../../../codec/keys';
import { EncryptingCodec } from '../../../codec/payloads';
import { callbackSecrets } from '../../../config/callback-secrets';
import { EVENT_GROUPS } from '../../../domain/notifications/groups';
import { openDatabase } from '../../../prisma/store/shared/database';
import { startPaymentChannel } from '../../../sandbox/payment-channel';
import { startSmsInbox } from '../../../sandbox/sms-inbox';
import { takeDirectory } from '../../../scripts/parts/leftovers';
import { freePort } from '../../../scripts/parts/ports';
import { type Postgres, startPostgres } from '../../../scripts/parts/postgres';
import { type RunningPart, startProgram } from '../../../scripts/parts/processes';
import { startTemporal } from '../../../scripts/parts/temporal';
import { watchTemporal } from '../../../scripts/parts/temporal-watch';
import { DEVELOPMENT_TERMS, demoClaims, signToken } from '../../../scripts/parts/tokens';
import { CALLBACK_SECRETS } from '../../support/callbacks';
import { copyCluster } from '../../support/prepared-cluster';
import { startSmtpInbox } from '../../worker/channels/smtp-inbox';

/** The real processes that a test may kill. */
export type Part = 'postgres' | 'temporal' | 'worker' | 'api';

/** Which program runs as the worker, and with what in its environment. */
export type WorkerProgram = { entry: string; env: NodeJS.ProcessEnv };

export const KEYS = keyRing([{ id: 'test', key: Buffer.alloc(32, 7) }]);
const CODEC_KEYS = `test:${Buffer.alloc(32, 7).toString('base64')}`;
const JWT_SECRET = 'a secret of the fault tests, 32 characters';
/** The set-up of the next test run ends what a killed one left running in folders of this name. */
const FOLDER = 'marketplace-test-faults-';

const STARTS = 3;
const START_AGAIN_MS = 2_000;

const REAL_WORKER: WorkerProgram = { entry: 'worker/main', env: {} };

/** What a test may want different from the defaults: no worker yet, policies by their keys, configuration by its variables. */
type Wishes = { worker?: WorkerProgram | null; policy?: Record<string, unknown>; env?: NodeJS.ProcessEnv };

/**
 * A whole system of real processes on data of its own, each of which can be killed and started again on its port
 * and data. The inboxes and the payment channel, being the outside world, live in the test's own process.
 */
export type FaultSystem = Awaited<ReturnType<typeof startSystem>>;

/** Starts PostgreSQL (fsync on), Temporal (with a file) and the API; the worker too, unless there is to be none yet. */
export async function startSystem({ worker = REAL_WORKER, policy = {}, env = {} }: Wishes = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), FOLDER));
  // As root PostgreSQL runs as another user, who must be able to enter.
  chmodSync(folder, 0o711);
  const processes = await takeDirectory(folder, () => undefined);
  const inbox = await startSmtpInbox();
  const sms = await startSmsInbox({ port: 0 });
  const channel = await startPaymentChannel({ port: 0, secrets: callbackSecrets.parse(CALLBACK_SECRETS) });
  const ports = {
    postgres: await freePort(),
    temporal: await freePort(),
    worker: await freePort(),
    api: await freePort(),
  };
  const running = new Map<Part, RunningPart>();
  const policyFile = path.join(folder, 'policy.json');
  writeFileSync(policyFile, JSON.stringify(policy));
  const spawned = (name: Part) => ({
    logFile: path.join(folder, `${name}.log`),
    onSpawn: (pid: number) => processes.add(name, pid),
  });

  let cluster: Postgres | undefined;
  const runPostgres = async () => {
    // What PostgreSQL may keep in memory for a moment, it keeps for ten seconds: so a crash loses it.
    const settings = { max_connections: 200, wal_writer_delay: '10s' };
    cluster = await startPostgres({ folder, port: ports.postgres, settings, ...spawned('postgres') });
    return cluster;
  };
  const runTemporal = () =>
    startTemporal({
      port: ports.temporal,
      dbFile: path.join(folder, 'temporal.db'),
      // Nothing is tested by waiting ten seconds after each death of a worker.
      workflowTaskTimeout: '3s',
      ...spawned('temporal'),
    });
  const runProgram = (name: 'worker' | 'api', { entry, env }: WorkerProgram) => {
    const readyUrl = `http://127.0.0.1:${ports[name]}/readyz`;
    return startProgram({ name, entry, env: { ...environment, ...env }, readyUrl, ...spawned(name) });
  };

  const prepared = process.env.TEST_CLUSTER;
  if (prepared === undefined) throw new Error('the set-up of the tests has prepared no cluster');
  copyCluster(prepared, folder);
  running.set('postgres', await runPostgres());
  if (cluster === undefined) throw new Error('PostgreSQL did not say where it is');
  const { appUrl, ownerUrl } = cluster;
  await subscribeToSms(appUrl);
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    NODE_ENV: 'test',
    SANDBOX: 'true',
    API_PORT: String(ports.api),
    WORKER_PORT: String(ports.worker),
    DATABASE_URL: appUrl,
    TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
    CODEC_KEYS,
    JWT_SECRET,
    JWT_AUDIENCE: DEVELOPMENT_TERMS.audience,
    SMTP_URL: inbox.url,
    SMS_URL: sms.sendUrl,
    WEBHOOK_ALLOW_PRIVATE: 'true',
    FILES_DIR: path.join(folder, 'files'),
    POLICY_FILE: policyFile,
    PAYMENT_CHANNEL_URL: channel.url,
    PAYMENT_CALLBACK_SECRETS: CALLBACK_SECRETS,
    RATE_LIMIT_PER_MINUTE: '1000000',
    ...env,
  };
  const db = openDatabase(appUrl, 10);
  const connection = Connection.lazy({ address: environment.TEMPORAL_ADDRESS ?? '' });
  let stopWatching: (() => Promise<void>) | undefined;
  const stopping = new AbortController();
  // Every request under way listens to it.
  setMaxListeners(0, stopping.signal);
  const client = new Client({ connection, dataConverter: { payloadCodecs: [new EncryptingCodec(KEYS)] } });

  const system = {
    apiUrl: `http://127.0.0.1:${ports.api}`,
    channelUrl: channel.url,
    /** The connection of the schema’s owner, who may switch the triggers off. */
    ownerUrl,
    tokens: {
      buyer: await signToken(JWT_SECRET, demoClaims.buyer),
      provider: await signToken(JWT_SECRET, demoClaims.provider),
      ops: await signToken(JWT_SECRET, demoClaims.ops),
    },
    db,
    inbox,
    sms,
    /** What the programs read their configuration from: for one more beside them. */
    environment,
    /** Notes a process that a test has started itself: a killed run's successor ends it. */
    note: (name: string, pid: number) => processes.add(name, pid),
    /** Aborted when the system stops: whoever still waits for it can give up. */
    stopping: stopping.signal,
    /** To look into workflows and histories; commands go through the API. */
    temporal: client,

    /** Starts a part on its port and its data. @param program what to run as the worker instead of the real one */
    async start(part: Part, program: WorkerProgram = REAL_WORKER): Promise<void> {
      const start = {
        postgres: runPostgres,
        temporal: runTemporal,
        worker: () => runProgram('worker', program),
        api: () => runProgram('api', { entry: 'api/main', env: {} }),
      }[part];
      running.set(part, await startedAtLast(part, start, stopping.signal));
    },
    /** Starts those of the parts that do not run, e.g. because an earlier test failed half-way. */
    async ensure(...parts: Part[]): Promise<void> {
      for (const part of parts) if (!isAlive(running.get(part)?.pid)) await system.start(part);
    },
    /** `kill -9`; settles when the process is gone. */
    async kill(part: Part): Promise<void> {
      await processOf(part).kill();
    },
    /** Ends a part as it is ended when all goes well. */
    async end(part: Part): Promise<void> {
      await processOf(part).stop();
    },
    /** Sends any signal, e.g. the one that PostgreSQL calls an immediate shutdown, and waits for the end. */
    async signal(part: Part, signal: NodeJS.Signals): Promise<void> {
      process.kill(processOf(part).pid, signal);
      await processOf(part).ended;
    },
    /** Settles when a part has ended by itself. */
    ended: (part: Part): Promise<void> => processOf(part).ended,
    pid: (part: Part): number => processOf(part).pid,
    /** Whether a part still runs as the process that it was. */
    isRunning: (part: Part, pid: number): boolean => processOf(part).pid === pid && isAlive(pid),
    /** Policies of the orders that are placed after the API's next start. */
    setPolicy: (overrides: Record<string, unknown>) => writeFileSync(policyFile, JSON.stringify(overrides)),

    async stop(): Promise<void> {
      stopping.abort(new Error('The system is stopped'));
      await stopWatching?.();
      await connection.close();
      await db.$disconnect();
      for (const part of ['api', 'worker', 'temporal'] as const) await running.get(part)?.kill();
      await cluster?.stop();
      await Promise.all([channel.stop(), inbox.close(), sms.stop()]);
      if (process.env.KEEP_FAULT_LOGS) return;
      cluster?.discard();
      rmSync(folder, { recursive: true, force: true });
    },
  };

  function processOf(part: Part): RunningPart {
    const process = running.get(part);
    if (process === undefined) throw new Error(`The ${part} was never started`);
    return process;
  }

  const isTemporalAlive = () => isAlive(running.get('temporal')?.pid);
  try {
    await system.start('temporal');
    stopWatching = watchTemporal({
      address: `127.0.0.1:${ports.temporal}`,
      isRunning: isTemporalAlive,
      restart: async () => {
        await system.kill('temporal');
        await system.start('temporal');
      },
      say: (line) => process.stdout.write(`${line}\n`),
    });
    await Promise.all([system.start('api'), worker === null ? null : system.start('worker', worker)]);
    return system;
  } catch (error) {
    await system.stop();
    throw error;
  }
}

/** The provider wants to be told by every channel, so that faults meet all of them. */
async function subscribeToSms(appUrl: string): Promise<void> {
  const db = openDatabase(appUrl, 1);
  const wanted = { channels: ['in_site', 'email', 'sms'], recipientIds: [demoClaims.provider.sub], subscribed: true };
  await db.subscription.createMany({
    data: EVENT_GROUPS.map((eventGroup) => ({
      providerId: demoClaims.provider.providerId,
      eventGroup,
      ...wanted,
      updatedAt: new Date(),
    })),
  });
  await db.$disconnect();
}

/** Whoever runs the parts starts again what does not start while another part is away. */
async function startedAtLast(part: Part, start: () => Promise<RunningPart>, stopping: AbortSignal) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (attempt === STARTS || stopping.aborted) throw error;
      process.stdout.write(`The ${part} is started again: ${String(error).split('\n')[0]}\n`);
      await sleep(START_AGAIN_MS);
    }
  }
}

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}
