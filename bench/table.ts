import { cpus, loadavg, totalmem } from 'node:os';
import type { Throughput } from './cpu';

/** What all reports write alike. */

export const row = (...cells: string[]) => `| ${cells.join(' | ')} |`;
/** The row of a table's head, and the line under it. */
export const head = (...cells: string[]) => [row(...cells), `|${'---|'.repeat(cells.length)}`];
export const ms = (value: number) => value.toFixed(2);
export const times = (value: number) => `${value.toFixed(2)} ×`;
export const verdict = (met: boolean) => (met ? 'met' : '**missed**');

/** How much else the machine did before. */
const loadBefore = loadavg()[0] ?? Number.NaN;

/** The machine, and the day. */
export const machine = () =>
  `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}; load average ${loadBefore.toFixed(1)} when it began.`;

/** A target as a row: measured against its floor. */
export function ratio(name: string, measured: number, floor: number, target: number, atMost = true): string {
  const value = measured / floor;
  const sign = atMost ? '≤' : '≥';
  const met = atMost ? value <= target : value >= target;
  return row(name, ms(measured), ms(floor), times(value), `${sign} ${target} ×`, verdict(met));
}

/** Throughputs as a table: how many a second, and the processor time of one by operating-system process. */
export function costs(unit: string, rows: [name: string, figures: Throughput][], api = 'API'): string[] {
  const cell = (value: number | null) => (value === null ? '–' : value < 10 ? value.toFixed(1) : value.toFixed(0));
  return [
    ...head('what', 'a second', `CPU ms a ${unit}: ${api}`, 'worker', 'Temporal', 'PostgreSQL', 'all'),
    ...rows.map(([name, { perSecond, cpu }]) => {
      const parts = [cpu.api, cpu.worker, cpu.temporal, cpu.postgres];
      const all = parts.reduce((sum: number, value) => sum + (value ?? 0), 0);
      return row(name, ms(perSecond), ...[...parts, all].map(cell));
    }),
  ];
}
