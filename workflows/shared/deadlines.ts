import { setCurrentDetails } from '@temporalio/workflow';
import { compareDeadlines, RECOMPUTED, type Recomputed } from '../../domain/calendar/recompute';
import type { DeadlineRules, NamedDeadline } from '../../domain/shared/deadlines';
import { type Command, systemCause, type Transition } from '../../domain/shared/step';
import { isInconsistency } from './failures';
import { Postponed, type Records } from './records';
import type { Recomputation, Subject } from './subject';

/** How long work waits that cannot be done now: a deadline that may not pass yet, records that need a repair. */
export const RETRY_AFTER_MS = 3_600_000;

export type Deadlines = ReturnType<typeof createDeadlines>;

/** The ways in which time changes an object: a deadline passes, or is computed again (GEN-1). */
export function createDeadlines<S, Sent, C extends Command, D extends NamedDeadline>(
  subject: Subject<S, Sent, C, D>,
  records: Records<S, C>,
) {
  let notBeforeMs = 0;

  const record = (name: string, transition: Transition<S>) =>
    records.record(systemCause(`${subject.id}/${records.sequence() + 1}/${name}`, `deadline.${name}`), transition);

  /** Puts off what cannot be done now, and shows operations why. Other errors are thrown on. */
  function postpone(error: unknown): void {
    const isPostponed = error instanceof Postponed;
    if (!isPostponed && !isInconsistency(error)) throw error;
    setCurrentDetails(
      `**${isPostponed ? 'Waiting' : 'Stopped'}: ${error.message}**\n\n${subject.describe(records.state())}`,
    );
    notBeforeMs = Date.now() + RETRY_AFTER_MS;
  }

  /** Records a deadline that was computed again, unless another step comes first; false where nothing is new. */
  async function recompute(recorded: readonly Recomputed[]): Promise<boolean> {
    const computed = await recomputed(subject, records.state(), recorded);
    if (computed === null) return false;
    await record(computed.name, { state: computed.state, notices: [] });
    return true;
  }

  return {
    postpone,

    /** When the next deadline is to be passed (epoch ms), and what its timer says; null where none runs. */
    next(): { atMs: number; summary: string } | null {
      const due = subject.nextDeadline(records.state());
      return due ? { atMs: Math.max(due.atMs, notBeforeMs), summary: `set for ${due.name}: ${due.outcome}` } : null;
    },

    /** Passes the deadlines that are due, one step each; one that may not pass yet is tried again later. */
    async passDue(): Promise<void> {
      for (let due = dueNow(subject, records.state()); due; due = dueNow(subject, records.state())) {
        // A provisional deadline is computed again before it counts.
        if (await recompute(['postponed'])) continue;
        try {
          await record(due.name, subject.passDeadline(records.state(), due, Date.now()));
        } catch (error) {
          if (!(error instanceof Postponed)) throw error;
          postpone(error);
          return;
        }
      }
    },

    /** Computes provisional deadlines again until nothing is new. */
    async recomputeAll(): Promise<void> {
      while (await recompute(RECOMPUTED));
    },
  };
}

function dueNow<S, D extends NamedDeadline>(rules: DeadlineRules<S, D>, state: S): D | null {
  const due = rules.nextDeadline(state);
  return due && due.atMs <= Date.now() ? due : null;
}

/**
 * Computes the provisional deadline again that runs.
 * @param recorded which changes are worth a step
 * @returns such a change by its name, and the state that has it; null where there is none
 */
async function recomputed<S>(
  { recompute }: { recompute?(state: S): Promise<Recomputation<S> | null> },
  state: S,
  recorded: readonly Recomputed[],
): Promise<{ name: string; state: S } | null> {
  const computed = recompute === undefined ? null : await recompute(state);
  const change = computed === null ? null : compareDeadlines(computed.before, computed.after);
  if (computed === null || change === null || !recorded.includes(change)) return null;
  return { name: `${computed.name}.${change}`, state: computed.state };
}
