import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { projectRoot } from '../scripts/parts/root';
import type { System } from '../scripts/parts/system';
import { type Latencies, latencies } from './load';
import { addOrders } from './order-rows';
import { SIZES } from './sizes';
import { runBench, say, withSystem } from './system';
import { machine, row } from './table';

/** Of how many orders one is the searching provider's. */
const ONE_IN = 10;
/** What an export may take above an idle process. */
const MOST_MIB = 200;

type Search = { name: string; query: string; figures: Latencies };
type Export = { format: string; rows: number; perSecond: number; mib: number; peakMib: number };

/** A client of the provider, whose answers are read to their end. */
function providerOf({ endpoints, tokens }: System) {
  const headers = { authorization: `Bearer ${tokens.provider}` };
  return async (query: string): Promise<Response> => {
    const answer = await fetch(`${endpoints.apiUrl}/v1/provider/orders${query}`, { headers });
    if (!answer.ok) throw new Error(`${query}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
}

const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

/** What providers look for; the orders are one a minute, so the oldest are two years old. */
const SEARCHES = (): [name: string, query: string][] => [
  ['newest', ''],
  ['by state', 'state=refunded'],
  ['purchased in the last 30 days', 'preset=last_30_days'],
  ['completed in the last 30 days', 'timeType=completed&preset=last_30_days'],
  ['completed in own range, by state', `timeType=completed&state=refunded&from=${day(300)}&to=${day(270)}`],
  ['purchased in own range, by state, oldest first', `state=closed&from=${day(300)}&to=${day(270)}&sort=id`],
  ['by number', `orderId=ord_bench${String(ONE_IN).padStart(20, '0')}`],
];

async function searches(system: System): Promise<Search[]> {
  const get = providerOf(system);
  const found: Search[] = [];
  for (const [name, query] of SEARCHES()) {
    const first = z.object({ nextCursor: z.string().nullable() }).parse(await (await get(`?${query}`)).json());
    // Every second one is for the page after.
    const cursor = first.nextCursor === null ? query : `${query}&cursor=${first.nextCursor}`;
    let times = 0;
    const figures = await latencies(SIZES.searches, async () => {
      times += 1;
      await (await get(`?${times % 2 === 0 ? query : cursor}`)).arrayBuffer();
    });
    found.push({ name, query, figures });
  }
  return found;
}

/** Resident memory of a process: now, or the most since it was last reset. */
const memoryMib = (pid: number, what: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

async function exported(system: System, format: string): Promise<Export> {
  const get = providerOf(system);
  const pid = system.parts.get('api')?.pid() ?? 0;
  await (await get(`/export?format=${format}&preset=today`)).arrayBuffer();
  const idle = memoryMib(pid, 'VmRSS');
  // Forgets the most that there was.
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const startedAt = performance.now();
  const answer = await get(`/export?format=${format}`);
  let bytes = 0;
  for await (const chunk of answer.body ?? []) bytes += chunk.length;
  const seconds = (performance.now() - startedAt) / 1000;
  const peakMib = memoryMib(pid, 'VmHWM') - idle;
  return { format, rows: SIZES.exported, perSecond: SIZES.exported / seconds, mib: bytes / 2 ** 20, peakMib };
}

function report(found: Search[], exports: Export[]): string {
  const number = (value: number) => Math.round(value).toLocaleString('en');
  return [
    '# Results of `npm run bench:orders`',
    '',
    `${machine()} PostgreSQL, the Temporal server, worker, API and the load share the machine.`,
    '',
    `## Search: pages of 20 over HTTP, ${number(SIZES.orders)} orders, every tenth of the provider who asks, milliseconds`,
    '',
    row('search', 'p50', 'p95', 'p99'),
    '|---|---|---|---|',
    ...found.map(({ name, figures: { p50, p95, p99 } }) => row(name, ...[p50, p95, p99].map((ms) => ms.toFixed(2)))),
    '',
    `## Export of ${number(SIZES.exported)} orders, and memory of the API above what it has when idle`,
    '',
    row('format', 'orders a second', 'size', 'peak', 'target', ''),
    '|---|---|---|---|---|---|',
    ...exports.map(({ format, perSecond, mib, peakMib }) =>
      row(
        ...[format, number(perSecond), `${mib.toFixed(1)} MiB`, `${peakMib.toFixed(0)} MiB`, `≤ ${MOST_MIB} MiB`],
        peakMib <= MOST_MIB ? 'met' : '**missed**',
      ),
    ),
    '',
  ].join('\n');
}

/** `npm run bench:orders`: searching and exporting orders; writes bench/ORDERS.md, or the file that BENCH_RESULTS names. */
async function main(): Promise<void> {
  const found = await withSystem({}, async (system) => {
    say(`${SIZES.orders} orders to search`);
    await addOrders(system.ownerUrl, SIZES.orders, ONE_IN);
    return searches(system);
  });
  const exports = await withSystem({}, async (system) => {
    say(`${SIZES.exported} orders to export`);
    await addOrders(system.ownerUrl, SIZES.exported, 1);
    return [await exported(system, 'csv'), await exported(system, 'xlsx')];
  });
  const text = report(found, exports);
  writeFileSync(process.env.BENCH_RESULTS || path.join(projectRoot, 'bench', 'ORDERS.md'), text);
  console.log(text);
}

runBench(main);
