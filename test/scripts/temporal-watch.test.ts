import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../../scripts/parts/ports';
import { type SupervisedPart, supervise } from '../../scripts/parts/processes';
import { startTemporal } from '../../scripts/parts/temporal';
import { watchTemporal } from '../../scripts/parts/temporal-watch';
import { eventually } from '../support/eventually';

const folder = mkdtempSync(path.join(tmpdir(), 'marketplace-test-watch-'));
let part: SupervisedPart;
let stopWatching: () => Promise<void>;
const said: string[] = [];
beforeAll(async () => {
  const port = await freePort();
  const say = (line: string) => void said.push(line);
  part = await supervise(
    'temporal',
    () => startTemporal({ port, dbFile: path.join(folder, 'temporal.db'), logFile: path.join(folder, 'temporal.log') }),
    say,
  );
  stopWatching = watchTemporal({
    address: `127.0.0.1:${port}`,
    isRunning: () => part.isRunning(),
    restart: () => part.kill(),
    say,
    probeEveryMs: 200,
    answerWithinMs: 2_000,
  });
}, 60_000);
afterAll(async () => {
  await stopWatching();
  await part.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test('a Temporal development server that runs but answers nothing is started again', async () => {
  const before = part.pid();
  process.kill(before, 'SIGSTOP');
  await eventually(async () => {
    expect(part.pid()).not.toBe(before);
    expect(part.isRunning()).toBe(true);
  }, 40_000);
  expect(said.join('\n')).toMatch(/answers nothing any more[\s\S]*running again/);
}, 60_000);
