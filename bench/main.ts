import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../scripts/parts/root';
import { startSystem } from '../scripts/parts/system';
import { histories, type Round, residentMiB, round, startBench } from './measure';
import { report } from './report';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);

/** `npm run bench`: the system beside its floors, in one run; writes bench/RESULTS.md. */
async function main(): Promise<void> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'marketplace-bench-'));
  // Mails are written to the outbox, as everything else; sending them would load the machine with the inbox's work.
  const env = { RATE_LIMIT_PER_MINUTE: '1000000', LOG_LEVEL: 'warn', SMTP_URL: '' };
  const say = (line: string) => console.log(`[bench] ${line}`);
  const system = await startSystem({ dataDir, ports: 'free', env, say });
  try {
    const bench = await startBench(system, path.join(dataDir, 'logs'));
    try {
      say('warming up');
      await round(bench);
      const rounds: Round[] = [];
      for (let number = 1; number <= ROUNDS; number += 1) {
        say(`round ${number} of ${ROUNDS}`);
        rounds.push(await round(bench));
      }
      const memory = ['api', 'worker'].map((name) => ({ name, mib: residentMiB(system.parts.get(name)?.pid() ?? 0) }));
      const text = report({ rounds, histories: await histories(bench), memory });
      writeFileSync(path.join(projectRoot, 'bench', 'RESULTS.md'), text);
      console.log(text);
    } finally {
      await bench.stop();
    }
  } finally {
    await system.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
