import type { Transition } from './step';

/** An instant at which something happens by itself (GEN-4): its name, and what happens. */
export type NamedDeadline = { name: string; atMs: number; outcome: string };

/** How time changes an object with the state `S`. */
export type DeadlineRules<S, D extends NamedDeadline> = {
  /** The earliest deadline that runs; none: null or undefined. */
  nextDeadline(state: S): D | null | undefined;
  /** The object after that deadline has passed: it must not be the next one again. */
  passDeadline(state: S, deadline: D, nowMs: number): Transition<S>;
};

/**
 * An object as it is at `nowMs` (epoch ms), with every deadline that is due by then passed: what a command is judged
 * on when nobody has got round to recording them yet.
 */
export function asOf<S, D extends NamedDeadline>(state: S, rules: DeadlineRules<S, D>, nowMs: number): S {
  let current = state;
  for (let due = rules.nextDeadline(current); due && due.atMs <= nowMs; due = rules.nextDeadline(current)) {
    current = rules.passDeadline(current, due, nowMs).state;
  }
  return current;
}
