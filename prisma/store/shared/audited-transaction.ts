import type { Role } from '../../../domain/shared/actor';
import type { Prisma } from '../../generated/client';
import { appendStep } from './audit-log';
import type { Database } from './database';

/** A transaction under way. */
export type Transaction = Prisma.TransactionClient;

/** Something that is done at once, without a workflow: by whom, from where, by which command (AUD-1). */
export type Change = {
  /** What is changed, and whose it is. */
  objectId: string;
  providerId: string | null;
  commandId: string;
  action: string;
  actorRole: Role;
  actorId: string;
  /** Of the request that asked for it; null when nobody did. */
  requestId: string | null;
  sourceIp: string | null;
  /** The workflow run that did it, if one did. */
  runId?: string;
  note?: string;
  at: Date;
};

/** An object as a change found and left it, as the trail shows both: without secrets (AUD-1). */
export type ObjectChange = { before: Prisma.InputJsonObject | null; after: Prisma.InputJsonObject };

/** Waits until nobody else changes the object, for the rest of the transaction. */
export async function lockObject(tx: Transaction, objectId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${objectId}, 0))`;
}

/**
 * Changes an object at once, and leaves the change in the audit trail, in one transaction. A command that was carried
 * out already changes nothing more.
 * @param work makes the change; answers the object as it is then, as the trail shall show it: without secrets
 * @param found reads the object as it is before, for the trail; without it that is what the step before left
 * @returns false when the command had been carried out before
 */
export async function auditedTransaction(
  db: Database,
  change: Change,
  work: (tx: Transaction) => Promise<Prisma.InputJsonObject>,
  found: (tx: Transaction) => Promise<Prisma.InputJsonObject | null> = async () => null,
): Promise<boolean> {
  return db.$transaction(async (tx) => {
    await lockObject(tx, change.objectId);
    if (await wasCarriedOut(tx, change.commandId)) return false;
    const before = await found(tx);
    await addStep(tx, change, { before, after: await work(tx) });
    return true;
  });
}

/** Adds the next step of an object that the transaction has locked. */
export async function addStep(tx: Transaction, change: Change, { before, after }: ObjectChange): Promise<void> {
  const { note = '', runId = null, ...cause } = change;
  await appendStep(tx, { ...cause, note, runId, stateBefore: before, stateAfter: after });
}

/** Whether a command was carried out already, by a workflow or at once. */
export async function wasCarriedOut(db: Pick<Transaction, 'step'>, commandId: string): Promise<boolean> {
  return (await db.step.findUnique({ where: { commandId }, select: { commandId: true } })) !== null;
}
