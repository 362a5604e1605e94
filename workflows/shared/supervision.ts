import type { SearchAttributeUpdatePair, UpdateDefinition } from '@temporalio/common';
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  currentUpdateInfo,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { compareDeadlines, RECOMPUTED, type Recomputed } from '../../domain/calendar/recompute';
import type { Deadline } from '../../domain/calendar/working-days';
import { roleOf } from '../../domain/shared/actor';
import { asOf, type DeadlineRules, type NamedDeadline } from '../../domain/shared/deadlines';
import {
  type Cause,
  type Command,
  type Step,
  type StoredStep,
  systemCause,
  type Transition,
} from '../../domain/shared/step';
import { deadlineTimer } from './deadline-timer';
import { asRefusal, isInconsistency, type Refused, refusal } from './failures';
import { calendarGrown, catchUp } from './messages';
import { createMutex } from './mutex';

/** The server takes 2,000 updates a run; long before that the workflow continues as new. */
const UPDATES_PER_RUN = 200;
/** How long deadlines wait that cannot be recorded because what is stored contradicts itself. */
const REPAIR_TIME_MS = 3_600_000;

/** How far an object is: its state, and the number of the last recorded step (0: none yet). */
export type Position<S> = { state: S; sequence: number };

/** A deadline that was computed again with what the calendar knows now (GEN-1), and the state that has it. */
export type Recomputation<S> = { name: string; before: Deadline; after: Deadline; state: S };

/** What differs from subject to subject: its rules, where its steps are stored, and what operations see of it. */
export type Subject<S, Sent, C extends Command, D extends NamedDeadline> = DeadlineRules<S, D> & {
  id: string;
  /** The commands that people can send, one update each. */
  updates: readonly UpdateDefinition<void, [Sent]>[];
  /** A command as the rules know it; its id is that of its update. Throws a refusal where it is meant for another object. */
  received(sent: Sent, commandId: string): C;
  /** Why a command is not legal now, or null. */
  judge(state: S, command: C): Refused | null;
  apply(state: S, command: C, nowMs: number): Transition<S>;
  isClosed(state: NoInfer<S>): boolean;
  /** Stores a step by a local activity, which answers the step that the table holds then: that one wins. */
  record(step: Step<S>, command: C | null): Promise<StoredStep<S>>;
  /** The step that the table holds at a sequence, or null. */
  stored(sequence: number): Promise<StoredStep<S> | null>;
  /** Computes the provisional deadline again that runs, if one does. */
  recompute?(state: S): Promise<Recomputation<S> | null>;
  /** What operations read in the Temporal UI. */
  describe(state: S): string;
  /** The search attributes that a step changes; `before` is null for the first step. */
  changedAttributes(before: S | null, after: S): SearchAttributeUpdatePair[];
  /** Continues the workflow as new from a position. */
  continueAsNew(position: Position<S>): Promise<never>;
};

/** The first step of an object that is not stored when its workflow begins. */
export type Opening<S> = { cause: Cause; transition(nowMs: number): Transition<S> };

/** The cause of the step that a person's command makes. */
export const causeOf = ({ commandId, action, note, origin }: Command): Cause => ({
  commandId,
  action,
  actorRole: roleOf(action),
  actorId: origin.actorId,
  requestId: origin.requestId,
  sourceIp: origin.sourceIp,
  note,
});

/**
 * Supervises one object: the only ways in which its state changes are a command of a person, a deadline that passes,
 * and the calendar that has grown; each is one step, stored before it counts. Where the table holds another step than
 * the one proposed, that step wins. Sets its handlers before anything else can happen.
 * @param start where the object is: what its workflow was started or continued with
 * @param opening the first step, where it is this workflow that stores it
 */
export function supervise<S, Sent, C extends Command, D extends NamedDeadline>(
  subject: Subject<S, Sent, C, D>,
  start: Position<S>,
  opening?: Opening<S>,
) {
  const exclusively = createMutex();
  const timer = deadlineTimer();
  let { state, sequence } = start;
  let refused: ApplicationFailure | null = null;
  let updates = 0;
  let notBeforeMs = 0;

  /** Records one step; true when the table now holds it. What the table holds already wins and is adopted. */
  async function record(cause: Cause, transition: Transition<S>, command: C | null): Promise<boolean> {
    const step = { ...cause, ...transition, sequence: sequence + 1, atMs: Date.now() };
    const stored = await subject.record(step, command).catch(asRefusal);
    adopt(stored);
    return stored.commandId === cause.commandId;
  }

  function adopt(stored: StoredStep<S>): void {
    if (stored.sequence <= sequence) return;
    setCurrentDetails(subject.describe(stored.state));
    const changes = subject.changedAttributes(sequence === 0 ? null : state, stored.state);
    if (changes.length > 0) upsertSearchAttributes(changes);
    ({ state, sequence } = stored);
  }

  /** Whether the table held anything that was not known. */
  async function adoptWhatIsStored(): Promise<boolean> {
    const known = sequence;
    for (let stored = await next(); stored !== null; stored = await next()) adopt(stored);
    return sequence > known;
  }
  const next = () => subject.stored(sequence + 1);

  async function passDeadlinesDue(): Promise<void> {
    for (let due = subject.nextDeadline(state); due && due.atMs <= Date.now(); due = subject.nextDeadline(state)) {
      // A provisional deadline is computed again before it counts.
      if (await recompute(['postponed'])) continue;
      const cause = systemCause(`${subject.id}/${sequence + 1}/${due.name}`, `deadline.${due.name}`);
      await record(cause, subject.passDeadline(state, due, Date.now()), null);
    }
  }

  /**
   * @param recorded which changes are worth a step
   * @returns whether there was such a change: it is recorded, unless another step came first
   */
  async function recompute(recorded: readonly Recomputed[]): Promise<boolean> {
    const computed = subject.recompute === undefined ? null : await subject.recompute(state);
    const change = computed === null ? null : compareDeadlines(computed.before, computed.after);
    if (computed === null || change === null || !recorded.includes(change)) return false;
    const name = `${computed.name}.${change}`;
    const cause = systemCause(`${subject.id}/${sequence + 1}/${name}`, `deadline.${name}`);
    await record(cause, { state: computed.state, notices: [] }, null);
    return true;
  }

  async function recomputeDeadlines(): Promise<void> {
    while (await recompute(RECOMPUTED));
  }

  /** A command with its id, in the handler or validator of its update. */
  function received(sent: Sent): C {
    const update = currentUpdateInfo();
    if (update === undefined) throw new Error('Commands come by updates only');
    return subject.received(sent, update.id);
  }

  /** Refuses at once what is not legal, deadlines that are due counted as passed; nothing enters the history. */
  function validate(sent: Sent): void {
    if (sequence === 0) return;
    const why = subject.judge(asOf(state, subject, Date.now()), received(sent));
    if (why !== null) throw refusal(why, sequence);
  }

  /** Judges a command on what the table holds and records it; returns when its row is there. */
  async function perform(command: C): Promise<void> {
    for (;;) {
      if (refused !== null) throw refused;
      await passDeadlinesDue();
      const why = subject.judge(state, command);
      if (why === null) {
        if (await record(causeOf(command), subject.apply(state, command, Date.now()), command)) return;
      } else if (!(await adoptWhatIsStored())) throw refusal(why);
    }
  }

  /** An earlier run with the same first step may have come further already. */
  async function open({ cause, transition }: Opening<S>): Promise<void> {
    await record(cause, transition(Date.now()), null);
    await adoptWhatIsStored();
  }

  /** Work that no person waits for: where the stored records contradict themselves it is tried again later. */
  const inBackground = (work: () => Promise<unknown>): Promise<void> =>
    exclusively(work).then(
      () => undefined,
      (error) => {
        if (!isInconsistency(error)) throw error;
        setCurrentDetails(`**Stopped: ${error.message}**\n\n${subject.describe(state)}`);
        notBeforeMs = Date.now() + REPAIR_TIME_MS;
      },
    );

  const opened =
    opening === undefined || sequence > 0
      ? Promise.resolve()
      : exclusively(() => open(opening)).catch((error) => {
          if (!(error instanceof ApplicationFailure)) throw error;
          refused = error;
        });
  if (sequence > 0) setCurrentDetails(subject.describe(state));
  setHandler(catchUp, () => inBackground(adoptWhatIsStored));
  setHandler(calendarGrown, () => inBackground(recomputeDeadlines));
  for (const update of subject.updates) {
    const submit = (sent: Sent) => {
      const command = received(sent);
      updates += 1;
      return exclusively(() => perform(command));
    };
    setHandler(update, submit, { validator: validate });
  }

  const isFull = () => updates >= UPDATES_PER_RUN || workflowInfo().continueAsNewSuggested;
  const isOver = () => refused !== null || subject.isClosed(state);

  return {
    /** For operations and tests: what the workflow itself believes. Screens read PostgreSQL. */
    position: (): Position<S> => ({ state, sequence }),

    /** Resolves once the first step is stored: null, or why it could not be. */
    opened: async (): Promise<ApplicationFailure | null> => {
      await opened;
      return refused;
    },

    /** Lets deadlines pass until the object is closed (or was never opened); answers its last state. */
    async untilClosed(): Promise<S> {
      await opened;
      while (!isOver() && !isFull()) {
        const due = subject.nextDeadline(state);
        if (due) timer.arm(Math.max(due.atMs, notBeforeMs), `set for ${due.name}: ${due.outcome}`);
        const seen = sequence;
        await condition(() => timer.hasFired() || sequence !== seen);
        if (!timer.hasFired()) continue;
        timer.reset();
        await inBackground(passDeadlinesDue);
      }
      await condition(allHandlersFinished);
      return isOver() ? state : subject.continueAsNew({ state, sequence });
    },
  };
}
