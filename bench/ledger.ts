import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../scripts/parts/root';
import { type Posting, postings } from './posting';
import { type Purchases, purchases } from './purchases';
import { SIZES } from './sizes';
import { runBench, withPostgres, withSystem } from './system';
import { costs, head, machine, ms, ratio, row, times } from './table';
import { type WholePurchases, wholePurchases } from './whole-purchases';

/** The least that a purchase's transactions may reach of what bare ones do. */
const LEAST = 0.7;

function transactionSection({ ledger, unposted, sameRows, withoutLedger }: Purchases): string[] {
  return [
    `## (a) The transactions of a purchase, ${SIZES.concurrency} callers`,
    '',
    'A purchase is two transactions: the order is placed; it is paid, its delivery begins, and the ledger receives its payment. The system’s are what the workflow’s activities call, by the Prisma client, conditions, look-ups of who is notified, triggers and checks included. The bare ones write the same rows, copied from one of them, by prepared statements of the bare driver into tables with the same indexes, without triggers, foreign keys or anything looked up.',
    '',
    ...costs(
      'purchase',
      [
        ['the system, with its ledger', ledger],
        ['the system, its journals left out', unposted],
        ['bare transactions of the same rows', sameRows],
        ['bare transactions without the ledger’s rows', withoutLedger],
      ],
      'caller',
    ),
    '',
    ...head('purchases a second', 'measured', 'compared with', 'ratio', 'target', ''),
    ratio(
      'with the ledger, against bare transactions of the same rows',
      ledger.perSecond,
      sameRows.perSecond,
      LEAST,
      false,
    ),
    ratio(
      'with the ledger, against bare ones without the ledger’s rows',
      ledger.perSecond,
      withoutLedger.perSecond,
      LEAST,
      false,
    ),
    ratio(
      'with the ledger, against the system without its journals',
      ledger.perSecond,
      unposted.perSecond,
      LEAST,
      false,
    ),
  ];
}

function wholeSection({
  expressTransaction,
  bareUpdate,
  purchase,
  bareWorkflows,
  purchases: whole,
}: WholePurchases): string[] {
  const latencyRow = (name: string, { p50, p95, p99 }: WholePurchases['purchase']) =>
    row(name, ms(p50), ms(p95), ms(p99));
  const floor = 2 * (expressTransaction.p50 + bareUpdate.p50);
  return [
    '## (b) Whole purchases over HTTP: placed, paid by the channel’s callback, seen to be paid',
    '',
    'The caller looks every 40 ms whether the order is paid. A paid order has started its delivery’s workflow, which the floor has not.',
    '',
    ...head('one caller, milliseconds', 'p50', 'p95', 'p99'),
    latencyRow('F1: bare Express route, one `pg` transaction', expressTransaction),
    latencyRow('F2: bare update, one empty local activity', bareUpdate),
    latencyRow(`a purchase (${times(purchase.p50 / floor)} of two F1 and two F2)`, purchase),
    '',
    ...costs('purchase', [
      ['F3: bare workflow of two updates, one empty local activity each', bareWorkflows],
      [`the system, over HTTP (${times(whole.perSecond / bareWorkflows.perSecond)})`, whole],
    ]),
  ];
}

function postingSection(found: Posting[]): string[] {
  const number = (value: number) => Math.round(value).toLocaleString('en');
  return [
    '## (c) Posting: completions of orders, each in a transaction of its own that is durable before it is answered',
    '',
    'An account with a limit has one balance row, locked until its transaction is on disk: what goes into one account goes one after the other. The bare inserts write the same document into a table without a ledger: they show what the disk lets through.',
    '',
    ...head(
      'into the accounts of',
      'connections',
      'journals a second',
      'p50 ms',
      'p95 ms',
      'waiting for a lock',
      'bare inserts a second',
    ),
    ...found.map(({ providers, connections, perSecond, latencies: { p50, p95 }, waiting, bareInserts }) =>
      row(
        ...[providers === 1 ? '1 provider' : `${number(providers)} providers`, `${connections}`, number(perSecond)],
        ...[ms(p50), ms(p95), waiting.toFixed(1), number(bareInserts)],
      ),
    ),
  ];
}

/** `npm run bench:ledger`: what the ledger costs a purchase; writes bench/LEDGER.md, or the file that BENCH_RESULTS names. */
async function main(): Promise<void> {
  const found = await withPostgres(async (server) => ({
    transactions: await purchases(server),
    posted: await postings(server),
  }));
  const whole = await withSystem({ SMTP_URL: '', SMS_URL: '' }, wholePurchases);
  const profile = path.join(projectRoot, 'bench', 'LEDGER-PROFILE.md');
  const text = [
    [
      '# Results of `npm run bench:ledger`',
      '',
      `Medians of ${SIZES.rounds} rounds in one run, all ways in turn. ${machine()}`,
      'PostgreSQL, the Temporal server, worker, API and the load share the machine, so ratios count, not single times.',
    ],
    transactionSection(found.transactions),
    wholeSection(whole),
    postingSection(found.posted),
    existsSync(profile) ? [readFileSync(profile, 'utf8').trimEnd()] : [],
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
  writeFileSync(process.env.BENCH_RESULTS || path.join(projectRoot, 'bench', 'LEDGER.md'), text);
  console.log(text);
}

runBench(main);
