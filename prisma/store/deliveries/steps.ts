import { z } from 'zod';
import { isRecomputation } from '../../../domain/calendar/recompute';
import { isClosed, isFrozen, orderStateOf } from '../../../domain/deliveries/state';
import type { DeliveryStep, StoredStep } from '../../../domain/deliveries/step';
import { Prisma } from '../../generated/client';
import { completionOf } from '../ledger/orders';
import { postingCte } from '../ledger/post';
import { insertStep, storedInstead } from '../shared/audit-log';
import type { Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { notificationCtes } from '../shared/outbox';
import { queryRow } from '../shared/query-rows';

/**
 * Writes one step of a delivery in one statement, and so in one transaction: the audit row, the
 * state, the order it owns (ORD-2), the appeal, the attachments' use, and the outbox (MSG-2).
 * A step whose sequence or command is there already changes nothing.
 *
 * The delivery's row is locked first, and the step is added only if that row stands at the step before: of two writers
 * the second waits, and then finds the row moved on. Without such a row nothing at all is written.
 * @param sealedNote the note, sealed, when only the parties may read it; the plain note is then not stored
 * @returns null when the step was written; otherwise the step that stands in its place
 * @throws InconsistentObject when there is neither: the row is missing, or the step is not the next one
 */
export async function writeDeliveryStep(
  db: Database,
  step: DeliveryStep,
  runId: string,
  sealedNote: Buffer | null,
): Promise<StoredStep | null> {
  const statement = (posted?: Prisma.Sql) => statementOf(step, runId, { sealedNote, posted });
  const written = isClosed(step.state)
    ? await db.$transaction(async (tx) => queryRow(tx, writtenSteps, statement(await earnings(tx, step, runId))))
    : await queryRow(db, writtenSteps, statement());
  return written?.written === 1n ? null : storedInstead(db, { ...step, objectId: step.deliveryId });
}

const writtenSteps = z.object({ written: z.bigint() });

/**
 * The CTE that posts what the provider earns by the end of a delivery: all that is held of the payment when it is
 * completed, what the buyer does not get back when it is cancelled (WDR-1). The rows are locked in the order in which the
 * statement locks them.
 */
async function earnings(tx: Transaction, step: DeliveryStep, runId: string): Promise<Prisma.Sql> {
  const { deliveryId, commandId, actorId, state, atMs } = step;
  const query = Prisma.sql`SELECT order_id AS "orderId" FROM deliveries WHERE id = ${deliveryId} FOR UPDATE`;
  const delivery = await queryRow(tx, z.object({ orderId: z.string() }), query);
  if (delivery === null) return Prisma.empty;
  const keptFen = state.stage === 'completed' ? 0 : (state.refundFen ?? Number.MAX_SAFE_INTEGER);
  const journal = await completionOf(tx, delivery.orderId, keptFen);
  const by = { commandId, actor: actorId, runId, effectiveAt: new Date(atMs) };
  return postingCte(journal, by, Prisma.sql`FROM step`);
}

function statementOf(
  step: DeliveryStep,
  runId: string,
  { sealedNote, posted = Prisma.empty }: { sealedNote: Buffer | null; posted: Prisma.Sql | undefined },
): Prisma.Sql {
  const at = new Date(step.atMs);
  const state = JSON.stringify(step.state);
  const orderState = orderStateOf(step.state.stage);
  const endedAt = isClosed(step.state) ? at : null;
  const sealed = sealedNote === null ? {} : { note: null, sealedNote };
  const providerId = Prisma.sql`before.provider_id`;
  const audited = { ...step, ...sealed, objectId: step.deliveryId, providerId, stateAfter: step.state, runId, at };
  return Prisma.sql`
    WITH before AS (
      SELECT provider_id FROM deliveries WHERE id = ${step.deliveryId} AND sequence = ${step.sequence - 1} FOR UPDATE
    ), step AS (${insertStep(audited, step.sequence, Prisma.sql`FROM before`)}), delivery AS (
      UPDATE deliveries SET
        stage = ${step.state.stage}, frozen = ${isFrozen(step.state)}, outcome = ${step.state.outcome},
        requirement_rejections = ${step.state.requirementRejections},
        acceptance_rejections = ${step.state.acceptanceRejections},
        state = ${state}::jsonb, sequence = ${step.sequence}, updated_at = ${at}
      FROM step WHERE id = step.object_id
      RETURNING order_id, buyer_id, provider_id
    ), target AS (
      SELECT d.buyer_id, d.provider_id, o.id AS order_id, o.product_name
      FROM delivery d JOIN orders o ON o.id = d.order_id
    ), ordered AS (
      UPDATE orders SET state = ${orderState}, updated_at = ${at}, ended_at = ${endedAt}
      FROM delivery d WHERE orders.id = d.order_id AND orders.state <> ${orderState}
    )${appealChange(step, at)}${attachmentUse(step)}${posted}
    ${notificationCtes({ objectId: step.deliveryId, deliveryId: step.deliveryId, sequence: step.sequence, notices: step.notices, at })}
    SELECT count(*) AS written FROM step`;
}

/** The CTE that opens or resolves the step's appeal; empty for other steps. */
function appealChange(step: DeliveryStep, at: Date): Prisma.Sql {
  const appeal = step.state.appeal;
  if (step.ruling !== null) {
    return Prisma.sql`, resolved AS (
      UPDATE appeals SET status = 'resolved', ruling = ${step.ruling}, ruling_reason = ${step.note},
        refund_fen = ${step.state.refundFen}, resolved_by = ${step.actorId}, resolved_at = ${at}
      FROM step WHERE id = ${step.appealId})`;
  }
  if (appeal?.due == null) return Prisma.empty;
  const { atMs, provisional, calendarVersion } = appeal.due;
  if (isRecomputation(step.action)) {
    return Prisma.sql`, recomputed AS (
      UPDATE appeals SET due_at = ${new Date(atMs)}, due_provisional = ${provisional},
        calendar_version = ${calendarVersion}
      FROM step WHERE id = ${appeal.id})`;
  }
  if (!step.action.endsWith('.appeals')) return Prisma.empty;
  return Prisma.sql`, opened AS (
    INSERT INTO appeals (id, delivery_id, opened_by, grounds, reason, status, opened_at, due_at, due_provisional,
                         calendar_version)
    SELECT ${appeal.id}::text, object_id, ${appeal.openedBy}::text, ${appeal.grounds}::text[], ${step.note}::text, 'open',
           ${at}::timestamptz, ${new Date(atMs)}::timestamptz, ${provisional}::boolean, ${calendarVersion}::text FROM step)`;
}

/** The CTE that makes the step's attachments readable by the parties; empty when there are none (DLV-14). */
function attachmentUse(step: DeliveryStep): Prisma.Sql {
  if (step.attachmentIds.length === 0) return Prisma.empty;
  return Prisma.sql`, used AS (
    INSERT INTO attachment_uses (attachment_id, delivery_id, sequence)
    SELECT DISTINCT attachment_id, object_id, ${step.sequence}::int
    FROM step, unnest(${step.attachmentIds}::text[]) AS attachment_id)`;
}
