import { Client, Connection } from '@temporalio/client';
import { Client as PgClient } from 'pg';
import { freePort } from '../../scripts/parts/ports';
import { nodeArgsOf, startProgram } from '../../scripts/parts/processes';
import type { System } from '../../scripts/parts/system';
import { send } from '../marketplace';
import { copyIntoFloor, floorTables } from './express';
import { FLOOR_QUEUE } from './worker';
import { type floor, floorUpdate } from './workflow';

/**
 * Starts the floors' processes beside a running system.
 * @param sample a delivery that is copied into the floor's tables
 */
export async function startFloors(system: System, logDir: string, sample: string) {
  const { endpoints, ownerUrl, secrets, tokens } = system;
  const connection = await Connection.connect({ address: endpoints.temporalAddress });
  const client = new Client({ connection });
  const [expressPort, workerPort] = [await freePort(), await freePort()];
  await prepareFloor(ownerUrl, endpoints.databaseUrl, sample);
  const env = {
    ...process.env,
    DATABASE_URL: endpoints.databaseUrl,
    TEMPORAL_ADDRESS: endpoints.temporalAddress,
    CODEC_KEYS: secrets.codecKeys,
    JWT_SECRET: secrets.jwtSecret,
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
  let started = 0;
  /** A bare workflow that ends after so many updates. @param shows whether each upserts search attributes, too */
  const start = (updates: number, shows = false) => {
    started += 1;
    return client.workflow.start<typeof floor>('floor', {
      workflowId: `floor/${process.pid}/${started}`,
      taskQueue: FLOOR_QUEUE,
      args: [updates, shows],
    });
  };
  return {
    /** Where the servers are, and the keys, for other processes of the bench. */
    env,
    client,
    /** Whose processor time counts for the floors. */
    parts: { api: null, worker: worker.pid, temporal: system.parts.get('temporal')?.pid() ?? null, postgres: null },
    start,
    /** F3: a bare workflow of so many updates, from its start to its end. */
    async workflow(updates: number): Promise<void> {
      const handle = await start(updates);
      for (let n = 0; n < updates; n += 1) await handle.executeUpdate(floorUpdate, { args: [false] });
      await handle.result();
    },
    /** F1: one transaction behind a bare route. */
    transaction: () =>
      send(
        `http://127.0.0.1:${expressPort}/reject/${sample}`,
        tokens.buyer,
        { reason: '首页无法打开。', state: { stage: 'implementing' } },
        200,
      ),
    refuseOverHttp: (workflowId: string) =>
      send(`http://127.0.0.1:${expressPort}/refuse/1`, tokens.buyer, { workflowId }, 409),
    async stop() {
      await Promise.all([express.stop(), worker.stop()]);
      await connection.close();
    },
  };
}
export type Floors = Awaited<ReturnType<typeof startFloors>>;

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
