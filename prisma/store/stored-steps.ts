import { AppError } from '../../domain/errors';
import type { Database } from './client';

/** A step as the table holds it; `S` is the state of the object's kind. */
type Stored<S> = { sequence: number; commandId: string; state: S };

/**
 * What stands where a step could not be written: the same command if it is stored, else the same sequence.
 * @throws AppError IDEMPOTENCY.KEY_EXPIRED when the command is another object's: its key was used once more, after its
 *   record was forgotten
 */
export async function storedInstead<S>(
  db: Database,
  { objectId, sequence, commandId }: { objectId: string; sequence: number; commandId: string },
): Promise<Stored<S>> {
  const rows = await db.$queryRaw<(Stored<S> & { objectId: string })[]>`
    SELECT object_id AS "objectId", sequence, command_id AS "commandId", state_after AS state FROM steps
    WHERE command_id = ${commandId} OR (object_id = ${objectId} AND sequence = ${sequence})
    ORDER BY command_id = ${commandId} DESC LIMIT 1`;
  const [stored] = rows;
  if (stored === undefined) throw new Error(`Step ${objectId}/${sequence} conflicts with nothing`);
  const { objectId: owner, ...step } = stored;
  if (owner !== objectId) throw keyExpired();
  return step;
}

/** The refusal of a command that was carried out before, longer ago than its answer is kept. */
export const keyExpired = (): AppError =>
  new AppError('IDEMPOTENCY.KEY_EXPIRED', 'What this Idempotency-Key stood for was done long ago; choose a new key.');

/** The step that is stored at a sequence, or null. */
export async function findStep<S>(db: Database, objectId: string, sequence: number): Promise<Stored<S> | null> {
  const rows = await db.$queryRaw<Stored<S>[]>`
    SELECT sequence, command_id AS "commandId", state_after AS state FROM steps
    WHERE object_id = ${objectId} AND sequence = ${sequence}`;
  return rows[0] ?? null;
}

/** What the trail shows of an object after a command that was carried out. @throws Error when it was not */
export async function stateAfter(db: Database, commandId: string): Promise<unknown> {
  const step = await db.step.findUniqueOrThrow({ where: { commandId }, select: { stateAfter: true } });
  return step.stateAfter;
}
