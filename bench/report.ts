import { existsSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../scripts/parts/root';
import { type Latencies, median, medianLatencies } from './load';
import type { History, Round } from './measure';
import type { Floor, OutboxFindings } from './outbox';

/** What a run of the bench found. */
export type Findings = {
  rounds: Round[];
  histories: History[];
  memory: { name: string; mib: number }[];
  outbox: OutboxFindings[];
  mailFloor: Floor;
};

const ms = (value: number) => value.toFixed(2);
const times = (value: number) => `${value.toFixed(2)} ×`;
const verdict = (met: boolean) => (met ? 'met' : '**missed**');
const row = (...cells: string[]) => `| ${cells.join(' | ')} |`;

/** A target as a row: measured against its floor. */
function ratio(name: string, measured: number, floor: number, target: number, atMost = true): string {
  const value = measured / floor;
  const sign = atMost ? '≤' : '≥';
  const met = atMost ? value <= target : value >= target;
  return row(name, ms(measured), ms(floor), times(value), `${sign} ${target} ×`, verdict(met));
}

function historyRow({ path: name, operations, events, bytes }: History): string {
  const budget = 5 + 7 * operations;
  const perOperation = bytes / operations / 1024;
  return row(
    `${name}, ${operations} operations`,
    `${events}`,
    `≤ ${budget}`,
    verdict(events <= budget),
    `${perOperation.toFixed(2)} KB`,
    '≤ 1.5 KB',
    verdict(perOperation <= 1.5),
  );
}

/** The results as Markdown, the machine included; what explains them stands in bench/PROFILE.md, appended if there. */
export function report({ rounds, histories, memory, outbox, mailFloor }: Findings): string {
  const of = (pick: (round: Round) => Latencies) => medianLatencies(rounds.map(pick));
  const f1 = of((r) => r.expressTransaction);
  const f2 = of((r) => r.bareUpdate);
  const operation = of((r) => r.operation);
  const bareRefusal = of((r) => r.bareRefusal);
  const refusal = of((r) => r.refusal);
  const f3 = median(rounds.map((r) => r.bareWorkflowsPerSecond));
  const deliveries = median(rounds.map((r) => r.deliveriesPerSecond));
  const bareReviews = median(rounds.map((r) => r.bareReviewsPerSecond));
  const reviews = median(rounds.map((r) => r.reviewsPerSecond));
  const latencyRow = (name: string, l: Latencies) => row(name, ms(l.p50), ms(l.p95), ms(l.p99));
  const profile = path.join(projectRoot, 'bench', 'PROFILE.md');
  return [
    '# Results of `npm run bench`',
    '',
    `Medians of ${rounds.length} rounds in one run, floors and system in turn. ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}.`,
    'PostgreSQL, the Temporal server, worker, API and the load share the machine, so ratios count, not single times.',
    '',
    '## Latencies, one caller, milliseconds',
    row('what', 'p50', 'p95', 'p99'),
    '|---|---|---|---|',
    latencyRow('F1: bare Express route, one `pg` transaction', f1),
    latencyRow('F2: bare update, one empty local activity', f2),
    latencyRow('(a) buyer rejects the acceptance, over HTTP', operation),
    latencyRow('bare refused update', bareRefusal),
    latencyRow('(a) refused operation, over HTTP', refusal),
    '',
    'What explains them, and is no floor:',
    '',
    row('what', 'p50', 'p95', 'p99'),
    '|---|---|---|---|',
    latencyRow(
      'F2 with the search attributes that a change of stage upserts',
      of((r) => r.bareUpdateShown),
    ),
    latencyRow(
      'a bare Express route in front of the bare refused update',
      of((r) => r.bareRefusalOverHttp),
    ),
    '',
    '## Targets',
    row('what', 'measured', 'floor', 'ratio', 'target', ''),
    '|---|---|---|---|---|---|',
    ratio('(a) operation p50 against F1 + F2', operation.p50, f1.p50 + f2.p50, 1.25),
    ratio('(a) operation p95 against F1 + F2', operation.p95, f1.p95 + f2.p95, 1.5),
    ratio('(a) refused operation p50 against a bare refused update', refusal.p50, bareRefusal.p50, 1.25),
    ratio('(b) deliveries per second against F3', deliveries, f3, 0.8, false),
    '',
    '## (c) History of a delivery',
    row('path', 'events', 'target', '', 'size per operation', 'target', ''),
    '|---|---|---|---|---|---|---|',
    ...histories.map(historyRow),
    '',
    '## (d) Resident memory after the run',
    row('process', 'MiB'),
    '|---|---|',
    ...memory.map(({ name, mib }) => row(name, mib.toFixed(0))),
    '',
    '## (e) Reviews: product applications, submitted and approved',
    row('what', 'a second'),
    '|---|---|',
    row('bare processes of two updates, one empty local activity each', ms(bareReviews)),
    row('applications submitted and approved, over HTTP', `${ms(reviews)} (${times(reviews / bareReviews)})`),
    '',
    '## (f) The outbox: 10,000 messages by each channel, to real inboxes on the same machine',
    row('what', 'a second', 'worker CPU a message', 'transactions a message', 'WAL a message'),
    '|---|---|---|---|---|',
    row('the bare mail library, nothing remembered', ms(mailFloor.perSecond), `${ms(mailFloor.cpuMs)} ms`, '–', '–'),
    ...outbox.map((found) =>
      row(
        `${found.messages.toLocaleString('en')} by ${found.channel}`,
        ms(found.perSecond),
        `${ms(found.workerCpuMs)} ms`,
        ms(found.transactions),
        `${(found.walBytes / 1024).toFixed(2)} KB`,
      ),
    ),
    '',
    ...(existsSync(profile) ? [readFileSync(profile, 'utf8')] : []),
  ].join('\n');
}
