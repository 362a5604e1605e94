import { z } from 'zod';
import { AppError } from '../../../domain/shared/errors';
import type { Cause, StoredStep } from '../../../domain/shared/step';
import { Prisma } from '../../generated/client';
import { queryRow, type RawQueries } from './query-rows';

/** A line of the audit log (AUD-1): a step of an object, with the state that it left. The application can only add. */
export type AuditStep = Omit<Cause, 'note'> & {
  objectId: string;
  /** Whose object it is: a provider reads the trail of its own. An expression where only the object's row knows it. */
  providerId: string | null | Prisma.Sql;
  /** Null where the words are sealed. */
  note: string | null;
  sealedNote?: Buffer | null;
  appealId?: string | null;
  /** The object before the step, where that is not what the step before left (a change that left no step). */
  stateBefore?: object | null;
  /** The object after the step, without secrets. */
  stateAfter: object;
  /** The workflow run that did it; null for what was done at once. */
  runId: string | null;
  at: Date;
};

/**
 * The statement that adds a step, on its own or as the CTE `step` of a larger statement; returns `object_id`. Nothing is
 * added where the sequence or the command is there already.
 * @param when joins and conditions under which alone the step is added, e.g. that its object's row is at the step before
 */
export function insertStep(step: AuditStep, sequence: number, when: Prisma.Sql = Prisma.empty): Prisma.Sql {
  return Prisma.sql`${insertInto(step, Prisma.sql`${sequence}::int`)} ${when} ON CONFLICT DO NOTHING RETURNING object_id`;
}

/** As `insertStep`, for a step that cannot be there already: the statement fails if it is. */
export const insertNewStep = (step: AuditStep, sequence: number, when: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`${insertInto(step, Prisma.sql`${sequence}::int`)} ${when} RETURNING object_id`;

/**
 * Adds the next step of an object that the transaction has locked.
 * @throws when the command is stored already
 */
export async function appendStep(tx: Pick<Prisma.TransactionClient, '$executeRaw'>, step: AuditStep): Promise<void> {
  const next = Prisma.sql`(SELECT coalesce(max(sequence), 0) + 1 FROM steps WHERE object_id = ${step.objectId})`;
  await tx.$executeRaw(insertInto(step, next));
}

function insertInto(step: AuditStep, sequence: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO steps (object_id, sequence, command_id, actor_role, actor_id, action, note, sealed_note, appeal_id,
                       state_before, state_after, request_id, source_ip, run_id, provider_id, at)
    SELECT ${step.objectId}::text, ${sequence}, ${step.commandId}::text, ${step.actorRole}::text, ${step.actorId}::text,
           ${step.action}::text, ${step.note}::text, ${step.sealedNote ?? null}::bytea, ${step.appealId ?? null}::text,
           ${step.stateBefore ? JSON.stringify(step.stateBefore) : null}::jsonb, ${JSON.stringify(step.stateAfter)}::jsonb, ${step.requestId}::text, ${step.sourceIp}::text,
           ${step.runId}::text, ${step.providerId}::text, ${step.at}::timestamptz`;
}

/** A step as it is stored. Its state is what our own statement wrote, of the type that the object's rules have. */
const storedStep = <S>() => z.object({ sequence: z.int(), commandId: z.string(), state: z.custom<S>() });

/** What is stored of an object contradicts the step that its workflow proposes: people have to look at it. */
export class InconsistentObject extends Error {
  constructor(
    readonly objectId: string,
    detail: string,
  ) {
    super(`${objectId}: ${detail}`);
    this.name = 'InconsistentObject';
  }
}

/**
 * What stands where a step could not be written: the same command if it is stored, else the same sequence.
 * @throws AppError IDEMPOTENCY.KEY_EXPIRED when the command is another object's: its key was used once more, after its
 *   record was forgotten
 * @throws InconsistentObject when nothing does: the object's row is missing, or not at the step before
 */
export async function storedInstead<S>(
  db: RawQueries,
  { objectId, sequence, commandId }: { objectId: string; sequence: number; commandId: string },
): Promise<StoredStep<S>> {
  const stored = await queryRow(
    db,
    storedStep<S>().extend({ objectId: z.string() }),
    Prisma.sql`
      SELECT object_id AS "objectId", sequence, command_id AS "commandId", state_after AS state FROM steps
      WHERE command_id = ${commandId} OR (object_id = ${objectId} AND sequence = ${sequence})
      ORDER BY command_id = ${commandId} DESC LIMIT 1`,
  );
  if (stored === null) throw new InconsistentObject(objectId, `there is no row that step ${sequence} follows`);
  const { objectId: owner, ...step } = stored;
  if (owner !== objectId) throw keyExpired();
  return step;
}

/** The refusal of a command that was carried out before, longer ago than its answer is kept. */
export const keyExpired = (): AppError =>
  new AppError('IDEMPOTENCY.KEY_EXPIRED', 'What this Idempotency-Key stood for was done long ago; choose a new key.');

/** The step that is stored at a sequence, or null. */
export function findStep<S>(db: RawQueries, objectId: string, sequence: number): Promise<StoredStep<S> | null> {
  const query = Prisma.sql`
    SELECT sequence, command_id AS "commandId", state_after AS state FROM steps
    WHERE object_id = ${objectId} AND sequence = ${sequence}`;
  return queryRow(db, storedStep<S>(), query);
}

/** What the trail shows of an object after a command that was carried out. @throws Error when it was not */
export async function stateAfter(db: Pick<Prisma.TransactionClient, 'step'>, commandId: string): Promise<unknown> {
  const step = await db.step.findUniqueOrThrow({ where: { commandId }, select: { stateAfter: true } });
  return step.stateAfter;
}
