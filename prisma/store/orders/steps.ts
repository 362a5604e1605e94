import { z } from 'zod';
import { paymentReceived } from '../../../domain/ledger/events';
import { fulfilmentOf } from '../../../domain/orders/order';
import { type OrderStep, PLACED, type StoredOrderStep } from '../../../domain/orders/step';
import { systemCause } from '../../../domain/shared/step';
import { Prisma } from '../../generated/client';
import { type PostedBy, postingCte } from '../ledger/post';
import { type AuditStep, insertNewStep, insertStep, storedInstead } from '../shared/audit-log';
import type { Database } from '../shared/database';
import { notificationCtes } from '../shared/outbox';

/**
 * Stores a step of an order: it is placed (ORD-6), paid, so that its delivery begins (DLV-1), or closed.
 * @returns null when it is stored; the step that stands in its place; or `payment_expected` when the order must not
 *   close yet: a payment was received in time that it has not looked at
 * @throws AppError IDEMPOTENCY.KEY_EXPIRED when the command that places it has placed another order
 * @throws InconsistentObject when there is no such order
 */
export async function writeOrderStep(
  db: Database,
  step: OrderStep,
  runId: string,
): Promise<StoredOrderStep | 'payment_expected' | null> {
  const { terms, sequence, commandId } = step;
  const written = sequence === PLACED ? await place(db, step, runId) : await settle(db, step, runId);
  if (written === 'stored') return null;
  if (written === 'payment_expected') return written;
  const stored: StoredOrderStep = await storedInstead(db, { objectId: terms.orderId, sequence, commandId });
  if (sequence === PLACED && stored.commandId !== commandId) {
    throw new Error(`Order ${terms.orderId} was placed by another command`);
  }
  return stored;
}

type Written = 'stored' | 'not_stored' | 'payment_expected';

function auditOf(step: OrderStep, runId: string): AuditStep {
  const { terms, commandId, action, actorRole, actorId, requestId, sourceIp, note, state, atMs } = step;
  return {
    ...{ objectId: terms.orderId, providerId: terms.providerId, stateAfter: state, runId, at: new Date(atMs) },
    ...{ commandId, action, actorRole, actorId, requestId, sourceIp, note },
  };
}

/** One statement: the step and the order's row; nothing of it when the step or its command is there already. */
async function place(db: Database, step: OrderStep, runId: string): Promise<Written> {
  const { terms, state } = step;
  const at = new Date(step.atMs);
  const written = await db.$executeRaw`
    WITH step AS (${insertStep(auditOf(step, runId), PLACED)})
    INSERT INTO orders (id, buyer_id, provider_id, product_id, spec_id, product_name, spec_name, payment_channel,
                        state, payable_fen, original_fen, product_type, fulfilment, product_version, agreement_sha256,
                        fee_basis_points, delivery_id, pay_by, created_at, updated_at)
    SELECT object_id, ${terms.buyerId}::text, ${terms.providerId}::text, ${terms.productId}::text,
           ${terms.specId}::text, ${terms.productName}::text, ${terms.specName}::text, ${terms.paymentChannel}::text,
           ${state.state}::text, ${state.payableFen}::bigint, ${terms.originalFen}::bigint, ${terms.productType}::text,
           ${fulfilmentOf(terms)}::text, ${terms.productVersion}::int, ${terms.agreementSha256}::text,
           ${terms.feeBasisPoints}::int, ${terms.deliveryId}::text,
           ${new Date(state.payByMs)}::timestamptz, ${at}::timestamptz, ${at}::timestamptz
    FROM step`;
  return written === 1 ? 'stored' : 'not_stored';
}

const settlement = z.tuple([z.object({ isWritten: z.boolean(), isExpected: z.boolean() })]);

/** Stores that the order was paid or closes, whichever comes first. */
async function settle(db: Database, step: OrderStep, runId: string): Promise<Written> {
  if (step.state.state === 'awaiting_start') return outcomeOf(await settling(db, step, runId));
  // Whoever stores a payment holds a lock of the order's row. The closing takes its own before its statement begins,
  // whose snapshot therefore sees every payment that was stored before: in one statement it would not.
  const [, closing] = await db.$transaction([
    db.$executeRaw`SELECT FROM orders WHERE id = ${step.terms.orderId} FOR NO KEY UPDATE`,
    settling(db, step, runId),
  ]);
  return outcomeOf(closing);
}

function outcomeOf(rows: unknown): Written {
  const [{ isWritten, isExpected }] = settlement.parse(rows);
  if (isWritten) return 'stored';
  return isExpected ? 'payment_expected' : 'not_stored';
}

/**
 * One statement, so that no process that is stopped in the middle holds the order's lock: it locks the unsettled order,
 * adds the step, and only then changes the order, begins the delivery and fills the outbox. Nothing of it happens when
 * the order is settled, or when it closes and a payment is expected.
 */
function settling(db: Database, step: OrderStep, runId: string) {
  const { terms, sequence, state, notices } = step;
  const at = new Date(step.atMs);
  const isPaid = state.state === 'awaiting_start';
  const isExpected = isPaid ? Prisma.sql`false` : expectedPayment(step);
  const when = Prisma.sql`FROM unsettled, expected WHERE NOT "isExpected"`;
  return db.$queryRaw<unknown>`
    WITH unsettled AS (
      SELECT id FROM orders WHERE id = ${terms.orderId} AND state = 'pending_payment' FOR NO KEY UPDATE
    ), expected AS (
      SELECT ${isExpected} AS "isExpected"
    ), step AS (${insertStep(auditOf(step, runId), sequence, when)}), target AS (
      UPDATE orders SET state = ${state.state}, paid_fen = ${state.payment?.amountFen ?? 0},
        paid_at = ${isPaid ? at : null}, ended_at = ${isPaid ? null : at}, updated_at = ${at}
      FROM step WHERE id = step.object_id
      RETURNING id AS order_id, product_name, buyer_id, provider_id
    )${startOfDelivery(step, runId)}
    ${notificationCtes({ objectId: terms.orderId, deliveryId: terms.deliveryId, sequence, notices, at })}
    SELECT EXISTS (SELECT FROM step) AS "isWritten", EXISTS (SELECT FROM unsettled) AND "isExpected" AS "isExpected"
    FROM expected`;
}

/**
 * Whether a payment of the order succeeded by its deadline that the order has not looked at (ORD-6): it waits in the
 * inbox, or was handed over a moment ago. What the inbox sent back itself does not come any more.
 */
const expectedPayment = ({ terms, knownPaymentIds }: OrderStep): Prisma.Sql => Prisma.sql`EXISTS (
        SELECT FROM payment_callbacks c JOIN orders o ON o.id = c.order_id
        WHERE c.order_id = ${terms.orderId} AND c.status = 'succeeded' AND c.received_at <= o.pay_by
          AND c.id <> ALL (${knownPaymentIds}::text[]) AND c.handling IS DISTINCT FROM 'returned')`;

/** CTEs that count the payment, in the ledger too, and create the delivery with its first step; none for an order that closes. */
function startOfDelivery({ terms, state: order, policy, atMs, ...cause }: OrderStep, runId: string): Prisma.Sql {
  if (order.state !== 'awaiting_start') return Prisma.empty;
  const { payment, delivery } = order;
  const at = new Date(atMs);
  const receivedAt = new Date(payment.receivedAtMs);
  const by: PostedBy = { commandId: cause.commandId, actor: cause.actorId, runId, effectiveAt: receivedAt };
  const first: AuditStep = {
    ...systemCause(`${terms.deliveryId}/1`, 'delivery.started'),
    objectId: terms.deliveryId,
    providerId: terms.providerId,
    stateAfter: delivery,
    runId,
    at,
  };
  return Prisma.sql`, counted AS (
      INSERT INTO payments (id, order_id, channel, transaction_id, amount_fen, status, received_at)
      SELECT ${payment.paymentId}::text, order_id, ${payment.channel}::text, ${payment.transactionId}::text,
             ${payment.amountFen}::bigint, 'accepted', ${receivedAt}::timestamptz FROM target
    ), started AS (
      INSERT INTO deliveries (id, order_id, buyer_id, provider_id, flow, stage, frozen, requirement_rejections,
                              acceptance_rejections, state, policy, sequence, created_at, updated_at)
      SELECT ${terms.deliveryId}::text, order_id, buyer_id, provider_id, ${delivery.flow}::text,
             ${delivery.stage}::text, false, 0, 0, ${JSON.stringify(delivery)}::jsonb, ${JSON.stringify(policy)}::jsonb,
             1, ${at}::timestamptz, ${at}::timestamptz FROM target
    ), first AS (${insertNewStep(first, 1, Prisma.sql`FROM target`)})${postingCte(paymentReceived(payment), by, Prisma.sql`FROM target`)}`;
}
