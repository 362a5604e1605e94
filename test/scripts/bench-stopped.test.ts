import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { projectRoot } from '../../scripts/parts/root';
import { eventually } from '../support/eventually';

const temporary = mkdtempSync(path.join(tmpdir(), 'marketplace-test-bench-'));
// As root the server runs as another user, who must be able to enter.
chmodSync(temporary, 0o711);
afterAll(() => {
  for (const { pid } of startedByBench()) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  rmSync(temporary, { recursive: true, force: true });
});

const processes = z.object({ children: z.array(z.object({ name: z.string(), pid: z.int() })) });

/** The processes that the bench has started, as its data directory says. */
function startedByBench() {
  const [folder = ''] = readdirSync(temporary).filter((name) => name.startsWith('marketplace-bench-'));
  const file = path.join(temporary, folder, 'processes.json');
  return existsSync(file) ? processes.parse(JSON.parse(readFileSync(file, 'utf8'))).children : [];
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('Ctrl-C stops the bench with all servers that it has started, and leaves no data behind', async () => {
  const env = { ...process.env, TMPDIR: temporary, DATABASE_URL: '', TEMPORAL_ADDRESS: '' };
  const bench = spawn(process.execPath, [path.join(projectRoot, 'dist', 'bench', 'main.js')], { env, stdio: 'ignore' });
  const ended = once(bench, 'exit');
  await eventually(async () => expect(startedByBench().map(({ name }) => name)).toContain('worker'), 60_000);
  const pids = startedByBench().map(({ pid }) => pid);
  bench.kill('SIGINT');
  expect(await ended).toEqual([1, null]);
  expect(pids.filter(isRunning)).toEqual([]);
  expect(readdirSync(temporary).filter((name) => name.startsWith('marketplace-bench-'))).toEqual([]);
}, 120_000);
