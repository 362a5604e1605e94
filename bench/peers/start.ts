import { freePort } from '../../scripts/parts/ports';
import { type RunningPart, startProgram } from '../../scripts/parts/processes';
import type { System } from '../../scripts/parts/system';
import type { Parts } from '../cpu';
import type { DeliveryMarket } from '../marketplace';
import { peerMarket } from './market';

/** A way that people would take instead, running beside the system on the same servers. */
export type Peer = { market: DeliveryMarket; parts: Parts };

/** Starts the peers' processes. @param env what the floors' processes get: where the servers are, and the keys */
export async function startPeers(system: System, env: NodeJS.ProcessEnv, logDir: string) {
  const running: RunningPart[] = [];
  const stop = async () => {
    await Promise.all(running.map((part) => part.stop()));
  };
  const program = async (name: string, entry: string, kind: 'API_PORT' | 'WORKER_PORT') => {
    const port = await freePort();
    const part = await startProgram({
      name,
      entry,
      nodeArgs: [],
      env: { ...env, MIGRATE_DATABASE_URL: system.ownerUrl, [kind]: String(port) },
      logFile: `${logDir}/${name}.log`,
      readyUrl: `http://127.0.0.1:${port}/readyz`,
    });
    running.push(part);
    return { pid: part.pid, url: `http://127.0.0.1:${port}` };
  };
  const pidOf = (name: string) => system.parts.get(name)?.pid() ?? null;
  try {
    const worker = await program('samples-worker', 'bench/peers/samples/worker', 'WORKER_PORT');
    const api = await program('samples-api', 'bench/peers/samples/api', 'API_PORT');
    const dbos = await program('dbos', 'bench/peers/dbos/main', 'API_PORT');
    const servers = { temporal: pidOf('temporal'), postgres: pidOf('postgres') };
    const samples: Peer = { market: peerMarket(api.url), parts: { api: api.pid, worker: worker.pid, ...servers } };
    const dbosPeer: Peer = {
      market: peerMarket(dbos.url),
      parts: { api: dbos.pid, worker: null, temporal: null, postgres: servers.postgres },
    };
    return { samples, dbos: dbosPeer, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
