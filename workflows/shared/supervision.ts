import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { NamedDeadline } from '../../domain/shared/deadlines';
import type { Command } from '../../domain/shared/step';
import { handleCommands } from './commands';
import { type DeadlineTimer, deadlineTimer } from './deadline-timer';
import { createDeadlines, type Deadlines, RETRY_AFTER_MS } from './deadlines';
import { calendarGrown, catchUp } from './messages';
import { createMutex, type Mutex } from './mutex';
import { createRecords, type Records } from './records';
import type { Fact, Opening, Position, Subject } from './subject';

/** Runs from before it take facts as changing nothing where only the table knew better. */
const JUDGED_ON_STORED = 'facts-judged-on-what-is-stored';

/** The server takes 2,000 updates a run; long before that the workflow continues as new. */
const UPDATES_PER_RUN = 200;

/** The parts of a supervision that commands and facts use. */
export type Supervision<S, C extends Command> = {
  records: Records<S, C>;
  deadlines: Deadlines;
  exclusively: Mutex;
  /** Why the object was never opened, or null. */
  whyRefused(): ApplicationFailure | null;
};

/**
 * Supervises one object: the only ways in which its state changes are a command of a person, a fact from outside, a
 * deadline that passes, and the calendar that has grown; each is one step, stored before it counts, one at a time.
 * Where the table holds another step than the one proposed, that step wins. Sets its handlers before anything else can
 * happen.
 * @param start where the object is: what its workflow was started or continued with
 * @param opening the first step, where it is this workflow that stores it
 */
export function supervise<S, Sent, C extends Command, D extends NamedDeadline>(
  subject: Subject<S, Sent, C, D>,
  start: Position<S>,
  opening?: Opening<S>,
) {
  const exclusively = createMutex();
  const records = createRecords(subject, start);
  const deadlines = createDeadlines(subject, records);
  const timer = deadlineTimer();
  /** Work that nobody waits for: what cannot be done now is put off. */
  const inBackground = async (work: () => Promise<unknown>): Promise<void> => {
    await exclusively(work).catch(deadlines.postpone);
  };
  let refused: ApplicationFailure | null = null;
  const opened =
    opening === undefined || start.sequence > 0
      ? Promise.resolve()
      : exclusively(() => open(records, opening)).then((refusal) => {
          refused = refusal;
        });
  if (start.sequence > 0) setCurrentDetails(subject.describe(start.state));
  setHandler(catchUp, () => inBackground(records.catchUp));
  setHandler(calendarGrown, () => inBackground(deadlines.recomputeAll));
  const parts = { records, deadlines, exclusively, whyRefused: () => refused };
  const { commands, continueAsNew, stepsPerRun = Number.POSITIVE_INFINITY } = subject;
  const updates = commands === undefined ? () => 0 : handleCommands(commands, subject, parts);

  const isOver = () => refused !== null || subject.isClosed(records.state());
  const steps = () => records.sequence() - start.sequence;
  const isFull = () => updates() >= UPDATES_PER_RUN || steps() >= stepsPerRun || workflowInfo().continueAsNewSuggested;

  return {
    /** For operations and tests: what the workflow itself believes. Screens read PostgreSQL. */
    position: records.position,

    /** Resolves once the first step is stored: null, or why it could not be. */
    async opened(): Promise<ApplicationFailure | null> {
      await opened;
      return refused;
    },

    /** Learns a fact, after everything that came before it; answers the state then, or null if it was never opened. */
    learn: (fact: Fact<S>): Promise<S | null> => learn(fact, parts),

    /** Lets deadlines pass until the object is closed (or was never opened); answers its last state. */
    async untilClosed(): Promise<S> {
      await opened;
      while (!isOver() && (continueAsNew === undefined || !isFull())) {
        if (await isTimeUp(timer, records, deadlines)) await inBackground(deadlines.passDue);
      }
      await condition(allHandlersFinished);
      return isOver() || continueAsNew === undefined ? records.state() : continueAsNew(records.position());
    },

    /** Cancels the timer: for a workflow that goes on when its object is closed. */
    disarm: timer.cancel,
  };
}

/** Waits for the next deadline, or for a step that may change it; answers whether it is due. */
async function isTimeUp<S, C extends Command>(
  timer: DeadlineTimer,
  records: Records<S, C>,
  deadlines: Deadlines,
): Promise<boolean> {
  const due = deadlines.next();
  if (due !== null) timer.arm(due.atMs, due.summary);
  const seen = records.sequence();
  await condition(() => timer.hasFired() || records.sequence() !== seen);
  const hasFired = timer.hasFired();
  timer.reset();
  return hasFired;
}

/** Stores the first step; answers why it is refused, or null. An earlier run with the same step may have come further. */
async function open<S, C extends Command>(
  records: Records<S, C>,
  { cause, transition }: Opening<S>,
): Promise<ApplicationFailure | null> {
  try {
    await records.record(cause, transition(Date.now()));
    await records.catchUp();
    return null;
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
}

/**
 * Records what a fact makes of the object. Nobody can refuse a fact: it is tried until it is recorded. It may be what a
 * deadline has waited for.
 */
async function learn<S, C extends Command>(
  { cause, change }: Fact<S>,
  { records, deadlines, exclusively, whyRefused }: Supervision<S, C>,
): Promise<S | null> {
  async function recorded(): Promise<S> {
    for (;;) {
      const next = change(records.state(), Date.now());
      const isDone = next === null ? !(await isOvertaken()) : await records.record(cause, next);
      if (isDone) return records.state();
    }
  }

  /** What changes nothing of what is believed is judged again on what the table holds. */
  const isOvertaken = async () => patched(JUDGED_ON_STORED) && (await records.catchUp());

  for (;;) {
    const state = await exclusively(async () => (whyRefused() === null ? recorded() : null)).catch((error) => {
      deadlines.postpone(error);
      return undefined;
    });
    if (state === undefined) await sleep(RETRY_AFTER_MS, { summary: `${cause.action} is recorded` });
    else {
      if (state !== null) await exclusively(deadlines.passDue).catch(deadlines.postpone);
      return state;
    }
  }
}
