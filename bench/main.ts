import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startMailInbox } from '../sandbox/mail-inbox';
import { startSmsInbox } from '../sandbox/sms-inbox';
import { projectRoot } from '../scripts/parts/root';
import type { System } from '../scripts/parts/system';
import { checkPeers, histories, type Round, residentMiB, round, startBench } from './measure';
import { mailFloor, outbox } from './outbox';
import { report } from './report';
import { SIZES } from './sizes';
import { runBench, say, withSystem } from './system';

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
  const found = { ...(await withSystem({ SMTP_URL: '', SMS_URL: '' }, commands)), ...(await messages()) };
  const text = report(found);
  writeFileSync(process.env.BENCH_RESULTS || path.join(projectRoot, 'bench', 'RESULTS.md'), text);
  console.log(text);
}

runBench(main);
