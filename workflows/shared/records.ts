import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Cause, Command, StoredStep, Transition } from '../../domain/shared/step';
import { asRefusal } from './failures';
import type { Position, Storage } from './subject';

/** Thrown where a step cannot be recorded yet; its message says why. */
export class Postponed extends Error {}

/** An object as its recorded steps have made it: the only place where its state changes. */
export type Records<S, C extends Command> = ReturnType<typeof createRecords<S, C>>;

/** Follows the steps of one object from where its workflow was started or continued. */
export function createRecords<S, C extends Command>(storage: Storage<S, C>, start: Position<S>) {
  let { state, sequence } = start;

  function adopt(stored: StoredStep<S>): void {
    if (stored.sequence <= sequence) return;
    setCurrentDetails(storage.describe(stored.state));
    const changes = storage.changedAttributes?.(sequence === 0 ? null : state, stored.state) ?? [];
    if (changes.length > 0) upsertSearchAttributes(changes);
    ({ state, sequence } = stored);
  }

  return {
    position: (): Position<S> => ({ state, sequence }),
    state: (): S => state,
    sequence: (): number => sequence,

    /**
     * Records one step. What the table holds already wins and is adopted.
     * @returns whether the table now holds this step
     * @throws Postponed when it cannot be recorded yet
     */
    async record(cause: Cause, transition: Transition<S>, command: C | null = null): Promise<boolean> {
      const step = { ...cause, ...transition, sequence: sequence + 1, atMs: Date.now() };
      const stored = await storage.record(step, command).catch(asRefusal);
      if (typeof stored === 'string') throw new Postponed(stored);
      adopt(stored);
      return stored.commandId === cause.commandId;
    },

    /** Adopts what the table holds beyond what is known; answers whether there was anything. */
    async catchUp(): Promise<boolean> {
      const known = sequence;
      const next = () => storage.stored?.(sequence + 1);
      for (let stored = await next(); stored; stored = await next()) adopt(stored);
      return sequence > known;
    },
  };
}
