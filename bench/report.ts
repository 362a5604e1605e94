import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../scripts/parts/root';
import { medianThroughput, type Throughput } from './cpu';
import { type Latencies, median, medianLatencies } from './load';
import type { History, Round } from './measure';
import type { Floor, OutboxFindings } from './outbox';
import { SIZES } from './sizes';
import { costs, machine, ms, ratio, row, times, verdict } from './table';

/** What a run of the bench found. */
export type Findings = {
  rounds: Round[];
  histories: History[];
  memory: { name: string; mib: number }[];
  outbox: OutboxFindings[];
  mailFloor: Floor;
};

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

type Rounds = readonly Round[];
const latencyOf = (rounds: Rounds, pick: (round: Round) => Latencies) => medianLatencies(rounds.map(pick));
const rateOf = (rounds: Rounds, pick: (round: Round) => Throughput) => medianThroughput(rounds.map(pick), median);

function latencySection(rounds: Rounds): string[] {
  const latencyRow = (name: string, pick: (round: Round) => Latencies) => {
    const { p50, p95, p99 } = latencyOf(rounds, pick);
    return row(name, ms(p50), ms(p95), ms(p99));
  };
  const head = [row('what', 'p50', 'p95', 'p99'), '|---|---|---|---|'];
  return [
    '## Latencies, one caller, milliseconds',
    ...head,
    latencyRow('F1: bare Express route, one `pg` transaction', (r) => r.expressTransaction),
    latencyRow('F2: bare update, one empty local activity', (r) => r.bareUpdate),
    latencyRow('(a) buyer rejects the acceptance, over HTTP', (r) => r.operation),
    latencyRow('the same rejection by the samples’ way', (r) => r.samplesOperation),
    latencyRow('the same rejection by DBOS', (r) => r.dbosOperation),
    latencyRow('bare refused update', (r) => r.bareRefusal),
    latencyRow('(a) refused operation, over HTTP', (r) => r.refusal),
    '',
    'What explains them, and is no floor:',
    '',
    ...head,
    latencyRow('F2 with the search attributes that a change of stage upserts', (r) => r.bareUpdateShown),
    latencyRow('a bare Express route in front of the bare refused update', (r) => r.bareRefusalOverHttp),
  ];
}

function targetSection(rounds: Rounds): string[] {
  const [f1, f2] = [latencyOf(rounds, (r) => r.expressTransaction), latencyOf(rounds, (r) => r.bareUpdate)];
  const operation = latencyOf(rounds, (r) => r.operation);
  const [refusal, bareRefusal] = [latencyOf(rounds, (r) => r.refusal), latencyOf(rounds, (r) => r.bareRefusal)];
  const perSecond = (pick: (round: Round) => Throughput) => rateOf(rounds, pick).perSecond;
  const deliveries = perSecond((r) => r.deliveries);
  const f3 = perSecond((r) => r.bareWorkflows);
  const samples = perSecond((r) => r.samplesDeliveries);
  return [
    '## Targets',
    row('what', 'measured', 'compared with', 'ratio', 'target', ''),
    '|---|---|---|---|---|---|',
    ratio('(a) operation p50 against F1 + F2', operation.p50, f1.p50 + f2.p50, 1.35),
    ratio('(a) operation p95 against F1 + F2', operation.p95, f1.p95 + f2.p95, 1.5),
    ratio('(a) refused operation p50 against a bare refused update', refusal.p50, bareRefusal.p50, 1.3),
    ratio('(b) deliveries per second against F3', deliveries, f3, 0.6, false),
    ratio('(b) deliveries per second against the samples’ way', deliveries, samples, 2, false),
  ];
}

function deliverySection(rounds: Rounds): string[] {
  return [
    `## (b) Deliveries from purchase to acceptance, ${SIZES.concurrency} callers`,
    '',
    'The peers do the same delivery by the system’s own rules and write the same rows, which is checked before anything is measured. The samples’ way is what the SDK’s samples teach: start or signal, a regular activity, and a poll every 20 ms until the row is there. DBOS keeps its workflows in the same PostgreSQL and has one process. Both make one workflow of an order and its delivery, where the system has two; neither checks tokens, limits or whether a command is legal, encrypts its history, upserts search attributes, or has relays. F3 writes no rows.',
    '',
    ...costs('delivery', [
      ['F3: bare workflow of six updates, one empty local activity each', rateOf(rounds, (r) => r.bareWorkflows)],
      ['the system, over HTTP', rateOf(rounds, (r) => r.deliveries)],
      ['the samples’ way, over HTTP', rateOf(rounds, (r) => r.samplesDeliveries)],
      ['DBOS, over HTTP', rateOf(rounds, (r) => r.dbosDeliveries)],
    ]),
  ];
}

function reviewSection(rounds: Rounds): string[] {
  const bare = rateOf(rounds, (r) => r.bareReviews);
  const reviews = rateOf(rounds, (r) => r.reviews);
  return [
    '## (e) Reviews: product applications, submitted and approved',
    ...costs('review', [
      ['bare workflows of two updates, one empty local activity each', bare],
      [`applications submitted and approved, over HTTP (${times(reviews.perSecond / bare.perSecond)})`, reviews],
    ]),
  ];
}

function outboxSection(outbox: OutboxFindings[], mailFloor: Floor): string[] {
  return [
    `## (f) The outbox: ${SIZES.messages.toLocaleString('en')} messages by each channel, to real inboxes on the same machine`,
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
  ];
}

/** The results as Markdown, the machine included; what explains them stands in bench/PROFILE.md, appended if there. */
export function report({ rounds, histories, memory, outbox, mailFloor }: Findings): string {
  const profile = path.join(projectRoot, 'bench', 'PROFILE.md');
  const sections = [
    [
      '# Results of `npm run bench`',
      '',
      `Medians of ${rounds.length} rounds in one run, floors, peers and system in turn. ${machine()}`,
      'PostgreSQL, the Temporal server, worker, API and the load share the machine, so ratios count, not single times.',
    ],
    latencySection(rounds),
    targetSection(rounds),
    deliverySection(rounds),
    [
      '## (c) History of a delivery',
      row('path', 'events', 'target', '', 'size per operation', 'target', ''),
      '|---|---|---|---|---|---|---|',
      ...histories.map(historyRow),
    ],
    [
      '## (d) Resident memory after the run',
      row('process', 'MiB'),
      '|---|---|',
      ...memory.map(({ name, mib }) => row(name, mib.toFixed(0))),
    ],
    reviewSection(rounds),
    outboxSection(outbox, mailFloor),
    existsSync(profile) ? [readFileSync(profile, 'utf8')] : [],
  ];
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}
