import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { nodeArgsOf } from '../../scripts/parts/processes';
import { projectRoot } from '../../scripts/parts/root';

const stackTraces = path.join(projectRoot, 'dist', 'worker', 'stack-traces.js');

const PROGRAM = `
  require(${JSON.stringify(stackTraces)});
  const { Worker } = require('node:worker_threads');
  const thread = new Worker("require('node:worker_threads').parentPort.postMessage(Error.stackTraceLimit)", { eval: true });
  thread.once('message', (inThread) => console.log(JSON.stringify({ inMain: Error.stackTraceLimit, inThread })));
`;

test('the worker keeps whole stack traces in its main thread, and short ones where workflows run', () => {
  const printed = execFileSync(process.execPath, [...nodeArgsOf('worker/main'), '-e', PROGRAM], { encoding: 'utf8' });
  expect(JSON.parse(printed)).toEqual({ inMain: 10, inThread: 2 });
});

test('an error of the main thread names the line of its source', () => {
  const fail = `require(${JSON.stringify(stackTraces)});
    const { parsePolicy } = require(${JSON.stringify(path.join(projectRoot, 'dist', 'domain', 'policies', 'catalogue.js'))});
    try { parsePolicy({ unknown: 1 }) } catch (error) { console.log(error.stack) }`;
  const stack = execFileSync(process.execPath, [...nodeArgsOf('worker/main'), '-e', fail], { encoding: 'utf8' });
  expect(stack).toContain('catalogue.ts:');
});

test.each(['package.json', 'docker-compose.yml'])('%s starts the worker as `npm start` does', (file) => {
  const args = nodeArgsOf('worker/main');
  const text = readFileSync(path.join(projectRoot, file), 'utf8')
    .replace(/[",[\]]+/g, ' ')
    .replace(/ +/g, ' ');
  expect(text).toContain(`node ${args.join(' ')} dist/worker/main.js`);
});
