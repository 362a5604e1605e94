import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { freePort } from '../../scripts/parts/ports';
import { projectRoot } from '../../scripts/parts/root';

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill();
});

const STARTS = 6;
const PREFERRED = 21_500;

/** A process that wants a port, as several starts at once do, and does not listen on it yet. */
function otherStart() {
  const ports = path.join(projectRoot, 'dist', 'scripts', 'parts', 'ports.js');
  const code = `require(${JSON.stringify(ports)}).freePort(${PREFERRED}).then((port) => console.log(port)); process.stdin.resume()`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return { child, port: once(child.stdout, 'data').then(([text]) => Number(String(text))) };
}

test('several starts at once are given different ports, although none listens on its own yet', async () => {
  const starts = Array.from({ length: STARTS }, otherStart);
  const ports = await Promise.all(starts.map(({ port }) => port));
  expect(new Set(ports).size).toBe(STARTS);
  expect(ports.every((port) => port >= PREFERRED && port < PREFERRED + 100)).toBe(true);
  for (const { child } of starts) child.stdin.end();
  await Promise.all(starts.map(({ child }) => once(child, 'exit')));
});

test('a port that somebody listens on is not given; the next free one is', async () => {
  const taken = createServer().listen({ host: '127.0.0.1', port: await freePort(22_500) });
  await once(taken, 'listening');
  expect(await freePort(22_500)).toBeGreaterThan(22_500);
  await new Promise((resolve) => taken.close(resolve));
});
