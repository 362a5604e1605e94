import { setCurrentDetails } from '@temporalio/workflow';
import { compareDeadlines, RECOMPUTED, type Recomputed } from '../../domain/calendar/recompute';
import type { NamedDeadline } from '../../domain/shared/deadlines';
import { type Command, systemCause, type Transition } from '../../domain/shared/step';
import { isInconsistency } from './failures';
import { Postponed, type Records } from './records';
import type { Subject } from './subject';

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

  /**
   * @param recorded which changes are worth a step
   * @returns whether there was such a change: it is recorded, unless another step came first
   */
  async function recompute(recorded: readonly Recomputed[]): Promise<boolean> {
    const computed = subject.recompute === undefined ? null : await subject.recompute(records.state());
    const change = computed === null ? null : compareDeadlines(computed.before, computed.after);
    if (computed === null || change === null || !recorded.includes(change)) return false;
    await record(`${computed.name}.${change}`, { state: computed.state, notices: [] });
    return true;
  }

  const dueNow = (): D | null => {
    const due = subject.nextDeadline(records.state());
    return due && due.atMs <= Date.now() ? due : null;
  };

  return {
    postpone,

    /** When the next deadline is to be passed (epoch ms), and what its timer says; null where none runs. */
    next(): { atMs: number; summary: string } | null {
      const due = subject.nextDeadline(records.state());
      return due ? { atMs: Math.max(due.atMs, notBeforeMs), summary: `set for ${due.name}: ${due.outcome}` } : null;
    },

    /** Passes the deadlines that are due, one step each; one that may not pass yet is tried again later. */
    async passDue(): Promise<void> {
      for (let due = dueNow(); due !== null; due = dueNow()) {
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
