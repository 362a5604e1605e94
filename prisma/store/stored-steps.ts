import type { Database } from './client';

/** A step as the table holds it; `S` is the state of the object's kind. */
type Stored<S> = { sequence: number; commandId: string; state: S };

/** What stands where a step could not be written: the same command if it is stored, else the same sequence. */
export async function storedInstead<S>(
  db: Database,
  { objectId, sequence, commandId }: { objectId: string; sequence: number; commandId: string },
): Promise<Stored<S>> {
  const rows = await db.$queryRaw<Stored<S>[]>`
    SELECT sequence, command_id AS "commandId", state_after AS state FROM steps
    WHERE command_id = ${commandId} OR (object_id = ${objectId} AND sequence = ${sequence})
    ORDER BY command_id = ${commandId} DESC LIMIT 1`;
  const [stored] = rows;
  if (stored === undefined) throw new Error(`Step ${objectId}/${sequence} conflicts with nothing`);
  return stored;
}

/** The step that is stored at a sequence, or null. */
export async function findStep<S>(db: Database, objectId: string, sequence: number): Promise<Stored<S> | null> {
  const rows = await db.$queryRaw<Stored<S>[]>`
    SELECT sequence, command_id AS "commandId", state_after AS state FROM steps
    WHERE object_id = ${objectId} AND sequence = ${sequence}`;
  return rows[0] ?? null;
}
