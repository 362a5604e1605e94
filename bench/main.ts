import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startMailInbox } from '../sandbox/mail-inbox';
import { startSmsInbox } from '../sandbox/sms-inbox';
import { sweepDirectories } from '../scripts/parts/leftovers';
import { projectRoot } from '../scripts/parts/root';
import { type System, startSystem } from '../scripts/parts/system';
import { checkPeers, histories, type Round, residentMiB, round, startBench } from './measure';
import { mailFloor, outbox } from './outbox';
import { report } from './report';
import { SIZES } from './sizes';

const say = (line: string) => console.log(`[bench] ${line}`);
const QUIET = { RATE_LIMIT_PER_MINUTE: '1000000', LOG_LEVEL: 'warn' };

const PREFIX = 'marketplace-bench-';

/** Aborted by Ctrl-C: what is under way is given up, and what was started for it is stopped. */
const stopping = new AbortController();
const stopped = once(stopping.signal, 'abort').then((): never => {
  throw stopping.signal.reason;
});

/** A system for one part of the bench, and for no other. */
async function withSystem<T>(env: NodeJS.ProcessEnv, work: (system: System, logs: string) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(path.join(tmpdir(), PREFIX));
  try {
    const { signal } = stopping;
    const system = await startSystem({ dataDir, ports: 'free', env: { ...QUIET, ...env }, say, signal });
    const working = work(system, path.join(dataDir, 'logs'));
    try {
      return await Promise.race([working, stopped]);
    } finally {
      await system.stop();
      // Given up, it fails for want of its system, and stops what it has started itself.
      await working.catch(() => undefined);
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Commands and their workflows beside their floors. Their notifications stay in the outbox: no inbox takes part. */
async function commands(system: System, logs: string) {
  const bench = await startBench(system, logs);
  try {
    say('comparing the rows that the system and its peers write');
    await checkPeers(bench);
    say('warming up');
    await round(bench);
    const rounds: Round[] = [];
    for (let number = 1; number <= SIZES.rounds; number += 1) {
      say(`round ${number} of ${SIZES.rounds}`);
      rounds.push(await round(bench));
    }
    const memory = ['api', 'worker'].map((name) => ({ name, mib: residentMiB(system.parts.get(name)?.pid() ?? 0) }));
    return { rounds, memory, histories: await histories(bench) };
  } finally {
    await bench.stop();
  }
}

/** The outbox, sending to inboxes of our own. */
async function messages() {
  const mails = await startMailInbox({ smtpPort: 0, httpPort: 0 });
  const texts = await startSmsInbox({ port: 0 });
  try {
    const env = { SMTP_URL: mails.smtpUrl, SMS_URL: texts.sendUrl };
    const found = await withSystem(env, (system) => outbox(system, say));
    say('as many e-mails by the bare library');
    return { outbox: found, mailFloor: await mailFloor(mails.smtpUrl) };
  } finally {
    await Promise.all([mails.stop(), texts.stop()]);
  }
}

/** `npm run bench`: the system beside its floors and its peers in one run; writes bench/RESULTS.md, or the file that BENCH_RESULTS names. */
async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stopping.abort(new Error('The bench was stopped.')));
  }
  stopped.catch(() => undefined);
  await sweepDirectories(tmpdir(), PREFIX);
  const found = { ...(await withSystem({ SMTP_URL: '', SMS_URL: '' }, commands)), ...(await messages()) };
  const text = report(found);
  writeFileSync(process.env.BENCH_RESULTS || path.join(projectRoot, 'bench', 'RESULTS.md'), text);
  console.log(text);
}

main().catch((error: unknown) => {
  console.error(stopping.signal.aborted && error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
