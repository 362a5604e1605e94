import { z } from 'zod';
import { servedOrders } from '../../../domain/instances/state';
import type { InstanceStep, StoredInstanceStep } from '../../../domain/instances/step';
import { Prisma } from '../../generated/client';
import { type AuditStep, insertStep, storedInstead } from '../shared/audit-log';
import type { Database } from '../shared/database';
import { notificationCtes } from '../shared/outbox';
import { queryRow } from '../shared/query-rows';
import { completeOrders } from './orders';

const writtenSteps = z.object({ written: z.bigint() });

/**
 * Writes one step of an instance in one transaction: the audit row, the instance, the orders that it completes with what
 * the provider earns by them (ORD-8, WDR-1), and the outbox (MSG-2). A step whose sequence or command is there already
 * changes nothing.
 * @returns null when the step was written; otherwise the step that stands in its place
 * @throws InconsistentObject when there is neither: the row is missing, or the step is not the next one
 */
export async function writeInstanceStep(
  db: Database,
  step: InstanceStep,
  runId: string,
): Promise<StoredInstanceStep | null> {
  const { identity, sequence, notices } = step;
  const { instanceId: objectId } = identity;
  const at = new Date(step.atMs);
  const query = Prisma.sql`
    ${sequence === 1 ? opening(step, runId) : advancing(step, runId)}, target AS (
      SELECT order_id, product_name, buyer_id, provider_id FROM instance
    )${notificationCtes({ objectId, deliveryId: null, sequence, notices, at })}
    SELECT count(*) AS written FROM step`;
  const isWritten = await db.$transaction(async (tx) => {
    if ((await queryRow(tx, writtenSteps, query))?.written !== 1n) return false;
    const by = { commandId: step.commandId, actor: step.actorId, runId, effectiveAt: at };
    await completeOrders(tx, servedOrders(step.state), by);
    return true;
  });
  return isWritten ? null : storedInstead(db, { ...step, objectId });
}

const auditOf = (step: InstanceStep, runId: string): AuditStep => ({
  ...step,
  objectId: step.identity.instanceId,
  providerId: step.identity.providerId,
  stateAfter: step.state,
  runId,
  at: new Date(step.atMs),
});

const expiryOf = ({ expiresAtMs }: InstanceStep['state']) => (expiresAtMs === null ? null : new Date(expiresAtMs));

function opening(step: InstanceStep, runId: string): Prisma.Sql {
  const { identity, state } = step;
  const at = new Date(step.atMs);
  return Prisma.sql`WITH step AS (${insertStep(auditOf(step, runId), 1)}), instance AS (
      INSERT INTO instances (id, order_id, buyer_id, provider_id, product_id, product_name, spec_name, is_trial, stage,
                             late, state, policy, sequence, created_at, updated_at)
      SELECT object_id, ${identity.orderId}::text, ${identity.buyerId}::text, ${identity.providerId}::text,
             ${identity.productId}::text, ${identity.productName}::text, ${state.purchase.specName}::text,
             ${state.purchase.isTrial}::boolean, ${state.stage}::text, ${state.isLate}::boolean,
             ${JSON.stringify(state)}::jsonb, ${JSON.stringify(identity.policy)}::jsonb, 1, ${at}::timestamptz,
             ${at}::timestamptz
      FROM step
      RETURNING order_id, product_name, buyer_id, provider_id
    )`;
}

/** The row is locked first, and the step is added only if it stands at the step before. */
function advancing(step: InstanceStep, runId: string): Prisma.Sql {
  const { identity, state, sequence } = step;
  return Prisma.sql`WITH before AS (
      SELECT FROM instances WHERE id = ${identity.instanceId} AND sequence = ${sequence - 1} FOR UPDATE
    ), step AS (${insertStep(auditOf(step, runId), sequence, Prisma.sql`FROM before`)}), instance AS (
      UPDATE instances SET
        stage = ${state.stage}, spec_name = ${state.purchase.specName}, is_trial = ${state.purchase.isTrial},
        sign_id = ${state.signId}, expires_at = ${expiryOf(state)}, late = ${state.isLate},
        access_sealed = CASE WHEN ${state.stage} = 'destroyed' THEN NULL ELSE access_sealed END,
        state = ${JSON.stringify(state)}::jsonb, sequence = ${sequence}, updated_at = ${new Date(step.atMs)}
      FROM step WHERE id = step.object_id
      RETURNING order_id, product_name, buyer_id, provider_id
    )`;
}
