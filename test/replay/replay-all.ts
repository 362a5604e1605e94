import path from 'node:path';
import { bundleWorkflowCode, type InjectedSinks, Worker } from '@temporalio/worker';
import { z } from 'zod';
import { type Recorded, recordedHistories, replayable } from './histories';
import type { Proposal, ReplaySinks } from './observer';

const root = path.join(__dirname, '..', '..');
const mute = () => undefined;
const silent = { log: mute, trace: mute, debug: mute, info: mute, warn: mute, error: mute };

/** What some workflow code makes of a history. */
export type Replayed = {
  name: string;
  /** The commands do not match. */
  error: unknown;
  position: unknown;
  details: string;
  result: unknown;
  /** The steps that the rules proposed, beside those that are stored. */
  proposals: Proposal[];
};

/** A module that is changed: another one in its place (a file of `broken/`), or one place of its text. */
export type Planted = { module: string } & ({ replacement: string } | { from: string; to: string });

/** The workflow code with an observer, and perhaps with changes planted in it. */
export function observedBundle(planted: readonly Planted[] = []) {
  const broken = path.join(__dirname, 'broken');
  const alias = Object.fromEntries(
    planted.flatMap((one) =>
      'replacement' in one ? [[path.join(root, one.module), path.join(broken, one.replacement)]] : [],
    ),
  );
  const rules = planted.flatMap((one) =>
    'from' in one
      ? [
          {
            resource: path.join(root, one.module),
            loader: path.join(broken, 'plant.cjs'),
            options: one,
            enforce: 'pre' as const,
          },
        ]
      : [],
  );
  return bundleWorkflowCode({
    workflowsPath: path.join(root, 'workflows'),
    workflowInterceptorModules: [path.join(__dirname, 'observer.ts')],
    logger: silent,
    webpackConfigHook: (config) => ({
      ...config,
      module: { ...config.module, rules: [...(config.module?.rules ?? []), ...rules] },
      resolve: { ...config.resolve, alias: { ...config.resolve?.alias, ...alias } },
    }),
  });
}

/**
 * Replays committed histories with some workflow code.
 * @param kind only those whose names say so (`delivery`, `order`, …); every one if left out
 */
export async function replayAll(code: Awaited<ReturnType<typeof observedBundle>>, kind = ''): Promise<Replayed[]> {
  const recorded = recordedHistories().filter(({ name }) => name.includes(`.${kind}`));
  const seen = new Map<string, Replayed>();
  const of = ({ runId }: { runId: string }): Replayed => {
    const replayed = seen.get(runId);
    if (replayed === undefined) throw new Error(`${runId} is no recorded run`);
    return replayed;
  };
  for (const { name, history } of recorded) {
    const fresh = { name, error: undefined, position: null, details: '', result: undefined, proposals: [] };
    seen.set(runIdOf(history), fresh);
  }
  const sinks: InjectedSinks<ReplaySinks> = {
    replay: {
      position: {
        callDuringReplay: true,
        fn: (run, position, details) => void Object.assign(of(run), { position, details }),
      },
      result: { callDuringReplay: true, fn: (run, result) => void Object.assign(of(run), { result: result ?? null }) },
      proposal: { callDuringReplay: true, fn: (run, proposal) => void of(run).proposals.push(proposal) },
    },
  };
  const results = Worker.runReplayHistories({ workflowBundle: code, sinks }, recorded.map(replayable));
  for (const { name, history } of recorded) {
    const result = await results.next();
    if (result.done) throw new Error(`${name} was not replayed`);
    of({ runId: runIdOf(history) }).error = result.value.error;
  }
  await results.return?.();
  return [...seen.values()];
}

function runIdOf(history: Recorded['history']): string {
  const { events } = replayable({ workflowId: '', history }).history;
  const runId = events[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId;
  if (runId == null) throw new Error('A history begins with the start of its run');
  return runId;
}

/** What a proposal says otherwise than the step that was stored; what only an activity knows (null before) may differ. */
export function deviation({ proposed, stored }: Proposal): { proposed: unknown; stored: unknown } | null {
  const [mine, theirs] = [proposed, stored].map(asStep);
  if (mine === undefined || theirs === undefined || mine.commandId !== theirs.commandId) return null;
  return isFilledIn(mine.state, theirs.state) ? null : { proposed: mine.state, stored: theirs.state };
}

const asStep = (value: unknown) => {
  const step = z.object({ commandId: z.string(), state: z.unknown() }).safeParse(value);
  return step.data;
};

/** Whether two values are the same, but for what is null in the first. */
function isFilledIn(proposed: unknown, stored: unknown): boolean {
  if (proposed === null || proposed === stored) return true;
  if (typeof proposed !== 'object' || typeof stored !== 'object' || stored === null) return false;
  const [before, after] = [new Map(Object.entries(proposed)), new Map(Object.entries(stored))];
  return (
    before.size === after.size &&
    [...before].every(([key, value]) => after.has(key) && isFilledIn(value, after.get(key)))
  );
}
