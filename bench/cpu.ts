import { readdirSync, readFileSync } from 'node:fs';
import { throughput } from './load';
import { SIZES } from './sizes';

/** The operating-system processes that take part in a way of doing something; null where it needs none of a kind. */
export type Parts = { api: number | null; worker: number | null; temporal: number | null; postgres: number | null };
/** Processor time of each of them, milliseconds. */
export type Cpu = { [part in keyof Parts]: number | null };
/** How many were done a second, and the processor time of one. */
export type Throughput = { perSecond: number; cpu: Cpu };

/** Linux counts processor time in ticks. */
const TICK_MS = 10;

type Stat = { parent: number; ownTicks: number; withEndedChildrenTicks: number };

function statOf(pid: number | string): Stat | null {
  try {
    // The name in brackets may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const ticks = (first: number, last: number) =>
      fields.slice(first, last + 1).reduce((sum, field) => sum + Number(field), 0);
    return { parent: Number(fields[1]), ownTicks: ticks(11, 12), withEndedChildrenTicks: ticks(11, 14) };
  } catch {
    // It has ended meanwhile.
    return null;
  }
}

/** Processor time that one process has used so far, milliseconds. */
export const processCpuMs = (pid: number): number => (statOf(pid)?.ownTicks ?? 0) * TICK_MS;

/** Processor time of a process and all its children, running and ended, as PostgreSQL has one for each connection. */
function treeCpuMs(root: number): number {
  const running = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(name) : null;
    if (stat !== null) running.set(Number(name), stat);
  }
  const belongs = (pid: number): boolean => {
    const parent = running.get(pid)?.parent;
    return pid === root || (parent !== undefined && parent > 0 && belongs(parent));
  };
  const own = [...running].filter(([pid]) => belongs(pid));
  return own.reduce((sum, [, { withEndedChildrenTicks }]) => sum + withEndedChildrenTicks, 0) * TICK_MS;
}

const eachPart = (of: (part: keyof Parts) => number | null): Cpu => ({
  api: of('api'),
  worker: of('worker'),
  temporal: of('temporal'),
  postgres: of('postgres'),
});

/**
 * Does `work` as often as a round takes, several at once; answers how many a second and what one cost each process.
 * @param times how often that is
 */
export async function measured(
  parts: Parts,
  work: () => Promise<unknown>,
  times = SIZES.deliveries,
): Promise<Throughput> {
  const used = () =>
    eachPart((part) => {
      const pid = parts[part];
      return pid === null ? null : treeCpuMs(pid);
    });
  const before = used();
  const perSecond = await throughput(times, SIZES.concurrency, work);
  const after = used();
  const cpu = eachPart((part) => {
    const [from, to] = [before[part], after[part]];
    return from === null || to === null ? null : (to - from) / times;
  });
  return { perSecond, cpu };
}

/** The median of each figure over several rounds. */
export function medianThroughput(rounds: readonly Throughput[], median: (values: number[]) => number): Throughput {
  return {
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    cpu: eachPart((part) => {
      const values = rounds.flatMap(({ cpu }) => cpu[part] ?? []);
      return values.length === 0 ? null : median(values);
    }),
  };
}
