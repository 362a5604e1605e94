import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/**
 * Which processes belong to a data directory: one `npm start` at a time, and whatever an earlier one left running
 * because it was killed is found and stopped.
 */

const processRecord = z.object({
  name: z.string(),
  pid: z.number().int().positive(),
  /** When it was started, as the operating system says: a number may since belong to somebody else. */
  identity: z.string(),
});
type ProcessRecord = z.infer<typeof processRecord>;

const records = z.object({ starter: processRecord, children: z.array(processRecord), stopping: z.boolean() });

/** The list of a data directory's processes, held by this process. */
export interface ProcessList {
  add(name: string, pid: number): void;
  /** By which the next start knows that it need not wait long. */
  markStopping(): void;
  /** Gives the data directory back. */
  release(): void;
}

/**
 * Takes a data directory for this process, after stopping what a killed earlier start left running.
 * @throws Error when another start is running on it.
 */
export async function takeDirectory(dataDir: string, say: (line: string) => void): Promise<ProcessList> {
  const file = path.join(dataDir, 'processes.json');
  const earlier = readRecords(file);
  if (earlier !== undefined) {
    await waitForEnd(file, earlier.starter, dataDir);
    await stopLeftovers(readRecords(file)?.children ?? [], say);
  }
  mkdirSync(dataDir, { recursive: true });
  const starter = { name: 'start', pid: process.pid, identity: identityOf(process.pid) ?? '' };
  const children: ProcessRecord[] = [];
  let stopping = false;
  const write = () => writeAtomically(file, JSON.stringify({ starter, children, stopping }));
  write();
  return {
    add: (name, pid) => {
      // A restarted process takes its predecessor's place: the order is that of starting.
      const before = children.findIndex((child) => child.name === name && !isRunning(child));
      const record = { name, pid, identity: identityOf(pid) ?? '' };
      children.splice(before === -1 ? children.length : before, before === -1 ? 0 : 1, record);
      write();
    },
    markStopping: () => {
      stopping = true;
      write();
    },
    release: () => rmSync(file, { force: true }),
  };
}

/** One that is stopping is waited for; a short wait shows whether one is about to (its npm was killed). */
async function waitForEnd(file: string, starter: ProcessRecord, dataDir: string): Promise<void> {
  const startedAt = Date.now();
  while (isRunning(starter) && starter.pid !== process.pid) {
    const timeoutMs = readRecords(file)?.stopping ? 60_000 : 2_500;
    if (Date.now() - startedAt > timeoutMs) {
      throw new Error(`Another start is running on ${dataDir} (process ${starter.pid}): stop it first.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function stopLeftovers(children: readonly ProcessRecord[], say: (line: string) => void): Promise<void> {
  for (const left of children.toReversed().filter(isRunning)) {
    say(`stopping ${left.name} (process ${left.pid}), left by an earlier start that was killed`);
    await stopProcess(left);
  }
}

/** Ends what killed starts left running in temporary directories named so, and deletes those directories. */
export async function sweepDirectories(parent: string, prefix: string): Promise<void> {
  for (const name of readdirSync(parent).filter((candidate) => candidate.startsWith(prefix))) {
    const folder = path.join(parent, name);
    const earlier = readRecords(path.join(folder, 'processes.json'));
    if (earlier === undefined || isRunning(earlier.starter)) continue;
    await stopLeftovers(earlier.children, () => undefined);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Replaces a file in one step: a reader sees the old text or the new one, never half of it. */
export function writeAtomically(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function readRecords(file: string): z.infer<typeof records> | undefined {
  try {
    return records.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

const isRunning = ({ pid, identity }: ProcessRecord) => identity !== '' && identityOf(pid) === identity;

/** Something that no other process with the same number shares. */
function identityOf(pid: number): string | undefined {
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout?.trim() || undefined;
  }
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // After the command in parentheses: the state is field 3, the start time field 22.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const [state, startTime] = [fields[0], fields[19]];
    return state === 'Z' || startTime === undefined ? undefined : `${boot}/${startTime}`;
  } catch {
    return undefined;
  }
}

/** SIGINT is what PostgreSQL calls a fast shutdown, and the others stop on it too. */
async function stopProcess(record: ProcessRecord): Promise<void> {
  for (const [signal, timeoutMs] of [
    ['SIGINT', 10_000],
    ['SIGKILL', 5_000],
  ] as const) {
    const giveUpAt = Date.now() + timeoutMs;
    if (isRunning(record)) process.kill(record.pid, signal);
    while (isRunning(record) && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
