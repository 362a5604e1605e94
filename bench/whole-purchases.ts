import type { System } from '../scripts/parts/system';
import { measured, medianThroughput, type Throughput } from './cpu';
import { startFloors } from './floors/start';
import { floorUpdate } from './floors/workflow';
import { type Latencies, latencies, median, medianLatencies } from './load';
import { marketplace } from './marketplace';
import { SIZES } from './sizes';
import { say } from './system';

/** place, pay */
const COMMANDS_A_PURCHASE = 2;
const MANY_UPDATES = 1_000_000;

/** Purchases from the order that is placed to the one that is seen to be paid, beside their floors. */
export type WholePurchases = {
  /** F1: one bare transaction behind a bare route. */
  expressTransaction: Latencies;
  /** F2: a bare update, one empty local activity. */
  bareUpdate: Latencies;
  /** One caller. */
  purchase: Latencies;
  /** F3: bare workflows of as many updates as a purchase has commands. */
  bareWorkflows: Throughput;
  purchases: Throughput;
};

/** Measures purchases over HTTP and their floors, in turn, several times; answers the medians. */
export async function wholePurchases(system: System, logs: string): Promise<WholePurchases> {
  const { buy } = marketplace(system);
  const floors = await startFloors(system, logs, await buy());
  try {
    const pidOf = (name: string) => system.parts.get(name)?.pid() ?? null;
    const [temporal, postgres] = [pidOf('temporal'), pidOf('postgres')];
    const parts = { api: pidOf('api'), worker: pidOf('worker'), temporal, postgres };
    const round = async () => {
      const expressTransaction = await latencies(SIZES.operations, floors.transaction);
      const handle = await floors.start(MANY_UPDATES);
      const bareUpdate = await latencies(SIZES.operations, () => handle.executeUpdate(floorUpdate, { args: [false] }));
      await handle.terminate();
      const purchase = await latencies(SIZES.operations, buy);
      const bareWorkflows = await measured(floors.parts, () => floors.workflow(COMMANDS_A_PURCHASE));
      return { expressTransaction, bareUpdate, purchase, bareWorkflows, purchases: await measured(parts, buy) };
    };
    say('whole purchases: warming up');
    await round();
    const rounds: WholePurchases[] = [];
    for (let number = 1; number <= SIZES.rounds; number += 1) {
      say(`round ${number} of ${SIZES.rounds}`);
      rounds.push(await round());
    }
    const latencyOf = (pick: (found: WholePurchases) => Latencies) => medianLatencies(rounds.map(pick));
    const rateOf = (pick: (found: WholePurchases) => Throughput) => medianThroughput(rounds.map(pick), median);
    return {
      expressTransaction: latencyOf((found) => found.expressTransaction),
      bareUpdate: latencyOf((found) => found.bareUpdate),
      purchase: latencyOf((found) => found.purchase),
      bareWorkflows: rateOf((found) => found.bareWorkflows),
      purchases: rateOf((found) => found.purchases),
    };
  } finally {
    await floors.stop();
  }
}
