import { readFileSync } from 'node:fs';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { openDatabase } from '../prisma/store/shared/database';
import type { System } from '../scripts/parts/system';
import { deliveryWorkflowId } from '../workflows/deliveries/messages';
import { measured, type Throughput } from './cpu';
import { startFloors } from './floors/start';
import { floorUpdate } from './floors/workflow';
import { type Latencies, latencies } from './load';
import { type DeliveryMarket, marketplace, straightDelivery } from './marketplace';
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

/** The floors' and the peers' processes beside a running system. */
export async function startBench(system: System, logDir: string) {
  const market = marketplace(system);
  const [sample, logo] = [await market.buy(), await market.uploadLogo()];
  const floors = await startFloors(system, logDir, sample);
  const peers = await startPeers(system, floors.env, logDir).catch(async (error) => {
    await floors.stop();
    throw error;
  });
  const pidOf = (name: string) => system.parts.get(name)?.pid() ?? null;
  const servers = { temporal: pidOf('temporal'), postgres: pidOf('postgres') };
  return {
    floors,
    peers,
    /** Whose processor time counts for what. */
    parts: { floor: floors.parts, system: { api: pidOf('api'), worker: pidOf('worker'), ...servers } },
    system,
    market,
    client: floors.client,
    /** The logo of every product that is applied for. */
    logo,
    async stop() {
      await Promise.all([floors.stop(), peers.stop()]);
    },
  };
}
export type Bench = Awaited<ReturnType<typeof startBench>>;

/** Measures everything once; floors and system in turn, so that a change in the machine's speed meets both. */
export async function round(bench: Bench): Promise<Round> {
  const { market, floors, peers, parts } = bench;
  const expressTransaction = await latencies(SIZES.operations, floors.transaction);
  const handle = await floors.start(MANY_UPDATES);
  const bareUpdate = await latencies(SIZES.operations, () => handle.executeUpdate(floorUpdate, { args: [false] }));
  const shown = await floors.start(MANY_UPDATES, true);
  const bareUpdateShown = await latencies(SIZES.operations, () => shown.executeUpdate(floorUpdate, { args: [false] }));
  await shown.terminate();
  const operation = await rejections(market);
  const bareRefusal = await latencies(SIZES.operations, () =>
    refusedByFloor(handle.executeUpdate(floorUpdate, { args: [true] })),
  );
  const bareRefusalOverHttp = await latencies(SIZES.operations, () => floors.refuseOverHttp(handle.workflowId));
  await handle.terminate();
  const waiting = await market.buy();
  const refusal = await latencies(SIZES.operations, () => market.refused(waiting));
  const bareWorkflows = (commands: number) => measured(parts.floor, () => floors.workflow(commands));
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
