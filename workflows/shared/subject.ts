import type { SearchAttributeUpdatePair, UpdateDefinition } from '@temporalio/common';
import type { Deadline } from '../../domain/calendar/working-days';
import { roleOf } from '../../domain/shared/actor';
import type { DeadlineRules, NamedDeadline } from '../../domain/shared/deadlines';
import type { Cause, Command, Step, StoredStep, Transition } from '../../domain/shared/step';
import type { Refused } from './failures';

/** How far an object is: its state, and the number of the last recorded step (0: none yet). */
export type Position<S> = { state: S; sequence: number };

/** A deadline that was computed again with what the calendar knows now (GEN-1), and the state that has it. */
export type Recomputation<S> = { name: string; before: Deadline; after: Deadline; state: S };

/** The first step of an object that is not stored when its workflow begins. */
export type Opening<S> = { cause: Cause; transition(nowMs: number): Transition<S> };

/**
 * Something that happened outside, which nobody can refuse, and what it makes of a state: null where it changes nothing.
 * Its cause's id is the same however often it is reported.
 */
export type Fact<S> = { cause: Cause; change(state: S, nowMs: number): Transition<S> | null };

/** The commands that people can send to an object, one update each, and their rules. */
export type Commands<S, Sent, C extends Command> = {
  updates: readonly UpdateDefinition<void, [Sent]>[];
  /** A command as the rules know it; its id is that of its update. Throws a refusal where it is meant for another object. */
  received(sent: Sent, commandId: string): C;
  /** Why a command is not legal now, or null. */
  judge(state: S, command: C): Refused | null;
  apply(state: S, command: C, nowMs: number): Transition<S>;
};

/** Where the steps of an object are stored, and what operations see of it. */
export type Storage<S, C extends Command> = {
  /**
   * Stores a step by a local activity, which answers the step that the table holds then: that one wins. A step that
   * only time makes may be answered by a word, which says why it cannot be stored yet.
   */
  record(step: Step<S>, command: C | null): Promise<StoredStep<S> | string>;
  /** The step that the table holds at a sequence, or null. Absent where nothing but the workflow itself writes steps. */
  stored?(sequence: number): Promise<StoredStep<S> | null>;
  /** What operations read in the Temporal UI. */
  describe(state: S): string;
  /** The search attributes that a step changes; `before` is null for the first step. */
  changedAttributes?(before: S | null, after: S): SearchAttributeUpdatePair[];
};

/** What differs from subject to subject: its rules, where its steps are stored, and what operations see of it. */
export type Subject<S, Sent, C extends Command, D extends NamedDeadline> = DeadlineRules<S, D> &
  Storage<S, C> & {
    id: string;
    commands?: Commands<S, Sent, C>;
    /** Whether nothing changes the object any more. */
    isClosed(state: NoInfer<S>): boolean;
    /** Computes the provisional deadline again that runs, if one does. */
    recompute?(state: S): Promise<Recomputation<S> | null>;
    /** Continues the workflow as new from a position. Absent where an object has few steps. */
    continueAsNew?(position: Position<S>): Promise<never>;
    /** How many steps a run may have, where they are more than the updates of people. */
    stepsPerRun?: number;
  };

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
