import { readFileSync } from 'node:fs';
import { Client, Connection, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { Client as PgClient } from 'pg';
import { openDatabase } from '../prisma/store/shared/database';
import { freePort } from '../scripts/parts/ports';
import { nodeArgsOf, startProgram } from '../scripts/parts/processes';
import type { System } from '../scripts/parts/system';
import { deliveryWorkflowId } from '../workflows/deliveries/messages';
import { measured, type Throughput } from './cpu';
import { copyIntoFloor, floorTables } from './floors/express';
import { FLOOR_QUEUE } from './floors/worker';
import { type floor, floorUpdate } from './floors/workflow';
import { type Latencies, latencies } from './load';
import { type DeliveryMarket, marketplace, send, straightDelivery } from './marketplace';
import { requireSameRows } from './peers/rows';
import { startPeers } from './peers/start';
import { SIZES } from './sizes';

/** buy, pay, requirement, confirm, submit, accept */
const COMMANDS_A_DELIVERY = 6;
/** submit, approve */
const COMMANDS_A_REVIEW = 2;
const MANY_UPDATES = 1_000_000;

/** One round of everything that is timed. */
export type Round = {
  expressTransaction: Latencies;
  bareUpdate: Latencies;
  /** Explains, and is no floor: the bare update with the upsert that a change of stage needs. */
  bareUpdateShown: Latencies;
  operation: Latencies;
  bareRefusal: Latencies;
  /** Explains, and is no floor: the bare refused update behind a bare route. */
  bareRefusalOverHttp: Latencies;
  refusal: Latencies;
  /** The same rejection as `operation`, done by the peers. */
  samplesOperation: Latencies;
  dbosOperation: Latencies;
  bareWorkflows: Throughput;
  deliveries: Throughput;
  samplesDeliveries: Throughput;
  dbosDeliveries: Throughput;
  bareReviews: Throughput;
  reviews: Throughput;
};

/** What one delivery leaves in its history. */
export type History = { path: string; operations: number; events: number; bytes: number };

/** The floors' processes beside a running system. */
export async function startBench(system: System, logDir: string) {
  const { endpoints, ownerUrl } = system;
  const market = marketplace(system);
  const connection = await Connection.connect({ address: endpoints.temporalAddress });
  const client = new Client({ connection });
  const [expressPort, workerPort] = [await freePort(), await freePort()];
  const [sample, logo] = [await market.buy(), await market.uploadLogo()];
  await prepareFloor(ownerUrl, endpoints.databaseUrl, sample);
  const env = {
    ...process.env,
    DATABASE_URL: endpoints.databaseUrl,
    TEMPORAL_ADDRESS: endpoints.temporalAddress,
    CODEC_KEYS: system.secrets.codecKeys,
    JWT_SECRET: system.secrets.jwtSecret,
    JWT_AUDIENCE: 'nobody',
    API_PORT: String(expressPort),
    WORKER_PORT: String(workerPort),
  };
  // A floor is the least: it is started as the worker is.
  const program = (name: string, entry: string, port: number) =>
    startProgram({
      name,
      entry,
      env,
      nodeArgs: nodeArgsOf('worker/main'),
      logFile: `${logDir}/${name}.log`,
      readyUrl: `http://127.0.0.1:${port}/readyz`,
    });
  const express = await program('floor-express', 'bench/floors/express', expressPort);
  const worker = await program('floor-worker', 'bench/floors/worker', workerPort).catch(async (error) => {
    await express.stop();
    throw error;
  });
  const peers = await startPeers(system, env, logDir).catch(async (error) => {
    await Promise.all([express.stop(), worker.stop()]);
    throw error;
  });
  const pidOf = (name: string) => system.parts.get(name)?.pid() ?? null;
  const servers = { temporal: pidOf('temporal'), postgres: pidOf('postgres') };
  return {
    peers,
    /** Whose processor time counts for what. */
    parts: {
      floor: { api: null, worker: worker.pid, temporal: servers.temporal, postgres: null },
      system: { api: pidOf('api'), worker: pidOf('worker'), ...servers },
    },
    system,
    market,
    client,
    /** The logo of every product that is applied for. */
    logo,
    /** F1: one transaction behind a bare route. */
    transaction: () =>
      send(
        `http://127.0.0.1:${expressPort}/reject/${sample}`,
        system.tokens.buyer,
        { reason: '首页无法打开。', state: { stage: 'implementing' } },
        200,
      ),
    refuseOverHttp: (workflowId: string) =>
      send(`http://127.0.0.1:${expressPort}/refuse/1`, system.tokens.buyer, { workflowId }, 409),
    async stop() {
      await Promise.all([express.stop(), worker.stop(), peers.stop()]);
      await connection.close();
    },
  };
}
export type Bench = Awaited<ReturnType<typeof startBench>>;

async function prepareFloor(ownerUrl: string, appUrl: string, deliveryId: string): Promise<void> {
  const owner = new PgClient({ connectionString: ownerUrl });
  await owner.connect();
  try {
    for (const statement of floorTables(owner.escapeIdentifier(new URL(appUrl).username))) await owner.query(statement);
    for (const statement of copyIntoFloor) await owner.query(statement, [deliveryId]);
  } finally {
    await owner.end();
  }
}

let started = 0;
function startFloor({ client }: Bench, updates: number, shows = false) {
  started += 1;
  return client.workflow.start<typeof floor>('floor', {
    workflowId: `floor/${process.pid}/${started}`,
    taskQueue: FLOOR_QUEUE,
    args: [updates, shows],
  });
}

/** Measures everything once; floors and system in turn, so that a change in the machine's speed meets both. */
export async function round(bench: Bench): Promise<Round> {
  const { market, peers, parts } = bench;
  const expressTransaction = await latencies(SIZES.operations, bench.transaction);
  const handle = await startFloor(bench, MANY_UPDATES);
  const bareUpdate = await latencies(SIZES.operations, () => handle.executeUpdate(floorUpdate, { args: [false] }));
  const shown = await startFloor(bench, MANY_UPDATES, true);
  const bareUpdateShown = await latencies(SIZES.operations, () => shown.executeUpdate(floorUpdate, { args: [false] }));
  await shown.terminate();
  const operation = await rejections(market);
  const bareRefusal = await latencies(SIZES.operations, () =>
    refusedByFloor(handle.executeUpdate(floorUpdate, { args: [true] })),
  );
  const bareRefusalOverHttp = await latencies(SIZES.operations, () => bench.refuseOverHttp(handle.workflowId));
  await handle.terminate();
  const waiting = await market.buy();
  const refusal = await latencies(SIZES.operations, () => market.refused(waiting));
  const bareWorkflows = (commands: number) =>
    measured(parts.floor, async () => {
      const floorHandle = await startFloor(bench, commands);
      for (let n = 0; n < commands; n += 1) await floorHandle.executeUpdate(floorUpdate, { args: [false] });
      await floorHandle.result();
    });
  return {
    expressTransaction,
    bareUpdate,
    bareUpdateShown,
    operation,
    bareRefusal,
    bareRefusalOverHttp,
    refusal,
    samplesOperation: await rejections(peers.samples.market),
    dbosOperation: await rejections(peers.dbos.market),
    bareWorkflows: await bareWorkflows(COMMANDS_A_DELIVERY),
    deliveries: await measured(parts.system, () => straightDelivery(market)),
    samplesDeliveries: await measured(peers.samples.parts, () => straightDelivery(peers.samples.market)),
    dbosDeliveries: await measured(peers.dbos.parts, () => straightDelivery(peers.dbos.market)),
    bareReviews: await bareWorkflows(COMMANDS_A_REVIEW),
    reviews: await measured(parts.system, async () => market.approve(await market.apply(bench.logo))),
  };
}

/** Rejections that one delivery is measured with: more than any real one sees. */
const REJECTIONS_A_DELIVERY = 6;

/** Latencies of the buyer's rejection of an acceptance; all that leads up to it is not timed. */
async function rejections(market: DeliveryMarket): Promise<Latencies> {
  let id = '';
  let done = 0;
  return latencies(
    SIZES.operations,
    () => market.reject(id),
    async () => {
      if (done % REJECTIONS_A_DELIVERY === 0) {
        id = await market.buy();
        await market.requirement(id);
        await market.confirm(id);
      }
      done += 1;
      await market.submit(id);
    },
  );
}

async function refusedByFloor(update: Promise<number>): Promise<void> {
  try {
    await update;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return;
    throw error;
  }
  throw new Error('The floor should have refused');
}

/** Started; first task scheduled, started, completed; timer started. */
const EVENTS_OF_A_START = 5;

/** A delivery's row is there a moment before its workflow. */
function notStartedYet(error: unknown): null {
  if (error instanceof WorkflowNotFoundError) return null;
  throw error;
}

/** The histories of a straight delivery, and of one with three rejections and an appeal. */
export async function histories({ market, client }: Bench): Promise<History[]> {
  // A first command that comes with the workflow's own first task would save that task's events.
  const buy = async () => {
    const id = await market.buy();
    while ((await historyOf(id)).events < EVENTS_OF_A_START) await new Promise((resolve) => setTimeout(resolve, 50));
    return id;
  };
  const straight = await straightDelivery({ ...market, buy });

  const disputed = await buy();
  await market.requirement(disputed);
  await market.confirm(disputed);
  for (let n = 0; n < 3; n += 1) {
    await market.submit(disputed);
    await market.reject(disputed);
  }
  await market.submit(disputed);
  const { appeal } = await market.appeal(disputed);
  await market.resolve(appeal?.id ?? '');
  await market.submit(disputed);
  await market.accept(disputed);

  return [
    { path: 'straight', operations: 4, ...(await historyOf(straight)) },
    { path: 'three rejections and an appeal', operations: 13, ...(await historyOf(disputed)) },
  ];

  async function historyOf(id: string) {
    const described = await client.workflow.getHandle(deliveryWorkflowId(id)).describe().catch(notStartedYet);
    const info = described?.raw.workflowExecutionInfo;
    return { events: Number(info?.historyLength ?? 0), bytes: Number(info?.historySizeBytes ?? 0) };
  }
}

/** Sees to it that the peers write the rows that the system writes. @throws Error when they do not */
export async function checkPeers({ system, market, peers }: Bench): Promise<void> {
  const db = openDatabase(system.endpoints.databaseUrl, 1);
  try {
    await requireSameRows(db, await straightDelivery(market), {
      samples: await straightDelivery(peers.samples.market),
      dbos: await straightDelivery(peers.dbos.market),
    });
  } finally {
    await db.$disconnect();
  }
}

/** Resident memory of a process, MiB (Linux). */
export function residentMiB(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) / 1024;
}
