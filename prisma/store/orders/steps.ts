import { z } from 'zod';
import type { Notice } from '../../../domain/notifications/notice';
import type { PlacedStep, Settled, SettledStep, Settlement } from '../../../domain/orders/step';
import { systemCause } from '../../../domain/shared/step';
import { Prisma } from '../../generated/client';
import { type AuditStep, findStep, insertNewStep, insertStep, storedInstead } from '../shared/audit-log';
import type { Database } from '../shared/database';
import { notificationCtes } from '../shared/outbox';

/** Sequence numbers of an order's steps: placed, then paid or closed; refunds are rows of their own. */
const PLACED = 1;
const SETTLED = 2;

/**
 * Stores a new order (ORD-6); stored already by the same command, it is left as it is.
 * @throws AppError IDEMPOTENCY.KEY_EXPIRED when the command has placed another order
 */
export async function writePlacedStep(db: Database, step: PlacedStep, runId: string): Promise<void> {
  const { terms } = step;
  const at = new Date(step.atMs);
  const payBy = new Date(step.payByMs);
  const audited: AuditStep = {
    objectId: terms.orderId,
    providerId: terms.providerId,
    commandId: step.commandId,
    action: 'order.placed',
    actorRole: 'buyer',
    actorId: terms.buyerId,
    requestId: step.requestId,
    sourceIp: step.sourceIp,
    note: '',
    stateAfter: { state: 'pending_payment', payableFen: terms.payableFen },
    runId,
    at,
  };
  const written = await db.$executeRaw`
    WITH step AS (${insertStep(audited, PLACED)})
    INSERT INTO orders (id, buyer_id, provider_id, product_id, spec_id, product_name, spec_name, payment_channel,
                        state, payable_fen, delivery_id, pay_by, created_at, updated_at)
    SELECT object_id, ${terms.buyerId}::text, ${terms.providerId}::text, ${terms.productId}::text,
           ${terms.specId}::text, ${terms.productName}::text, ${terms.specName}::text, ${terms.paymentChannel}::text,
           'pending_payment', ${terms.payableFen}::bigint, ${terms.deliveryId}::text, ${payBy}::timestamptz,
           ${at}::timestamptz, ${at}::timestamptz
    FROM step`;
  if (written === 1) return;
  const stored = await storedInstead(db, { objectId: terms.orderId, sequence: PLACED, commandId: step.commandId });
  if (stored.commandId !== step.commandId) throw new Error(`Order ${terms.orderId} was placed by another command`);
}

/**
 * Stores that the order was paid and its delivery begins (DLV-1), or that it closes unpaid (ORD-6):
 * whichever comes first is the truth.
 * @returns what the table holds now; `payment_expected` when the order must not close yet
 * @throws Error when there is no such order
 */
export async function writeSettledStep(db: Database, step: SettledStep, runId: string): Promise<Settlement> {
  const { terms, payment } = step;
  const settled: Settled = { payment, delivery: step.delivery };
  if (payment !== null) {
    const { isWritten } = outcomeOf(await settling(db, step, settled, runId));
    return isWritten ? settled : storedSettlement(db, terms.orderId);
  }
  // Whoever stores a payment holds a lock of the order's row. The closing takes its own before its statement begins,
  // whose snapshot therefore sees every payment that was stored before: in one statement it would not.
  const [, rows] = await db.$transaction([
    db.$executeRaw`SELECT FROM orders WHERE id = ${terms.orderId} FOR NO KEY UPDATE`,
    settling(db, step, settled, runId),
  ]);
  const { isWritten, isExpected } = outcomeOf(rows);
  if (isWritten) return settled;
  return isExpected ? 'payment_expected' : storedSettlement(db, terms.orderId);
}

const outcome = z.tuple([z.object({ isWritten: z.boolean(), isExpected: z.boolean() })]);
const outcomeOf = (rows: unknown[]) => outcome.parse(rows)[0];

/**
 * One statement, so that no process that is stopped in the middle holds the order's lock: it locks the unsettled order,
 * adds the step, and only then changes the order, begins the delivery and fills the outbox. Nothing of it happens when
 * the order is settled, or when it closes and a payment is expected.
 */
function settling(db: Database, step: SettledStep, settled: Settled, runId: string) {
  const { terms, payment } = step;
  const at = new Date(step.atMs);
  const isPaid = payment !== null;
  const action = isPaid ? 'order.paid' : 'order.closed';
  const notices: Notice[] = isPaid
    ? [
        { event: 'order.paid', to: ['buyer', 'provider'], params: {} },
        { event: 'delivery.started', to: terms.flow === 'self_operated' ? ['ops'] : ['buyer'], params: {} },
      ]
    : [{ event: 'order.closed_unpaid', to: ['buyer', 'provider'], params: {} }];
  const audited: AuditStep = {
    ...systemCause(`${terms.orderId}/${SETTLED}`, action),
    objectId: terms.orderId,
    providerId: terms.providerId,
    stateAfter: settled,
    runId,
    at,
  };
  const isExpected = isPaid ? Prisma.sql`false` : expectedPayment(step);
  return db.$queryRaw<unknown[]>`
    WITH unsettled AS (
      SELECT id FROM orders WHERE id = ${terms.orderId} AND state = 'pending_payment' FOR NO KEY UPDATE
    ), expected AS (
      SELECT ${isExpected} AS "isExpected"
    ), step AS (${insertStep(audited, SETTLED, Prisma.sql`FROM unsettled, expected WHERE NOT "isExpected"`)}), target AS (
      UPDATE orders SET state = ${isPaid ? 'awaiting_start' : 'closed'}, paid_fen = ${payment?.amountFen ?? 0},
        paid_at = ${isPaid ? at : null}, ended_at = ${isPaid ? null : at}, updated_at = ${at}
      FROM step WHERE id = step.object_id
      RETURNING id AS order_id, product_name, buyer_id, provider_id
    )${payment === null ? Prisma.empty : startOfDelivery(step, payment, at, runId)}
    ${notificationCtes({ objectId: terms.orderId, deliveryId: terms.deliveryId, sequence: SETTLED, notices, at })}
    SELECT EXISTS (SELECT FROM step) AS "isWritten", EXISTS (SELECT FROM unsettled) AND "isExpected" AS "isExpected"
    FROM expected`;
}

/**
 * Whether a payment of the order succeeded by its deadline that the order has not looked at (ORD-6): it waits in the
 * inbox, or was handed over a moment ago. What the inbox sent back itself does not come any more.
 */
const expectedPayment = ({ terms, knownPaymentIds }: SettledStep): Prisma.Sql => Prisma.sql`EXISTS (
        SELECT FROM payment_callbacks c JOIN orders o ON o.id = c.order_id
        WHERE c.order_id = ${terms.orderId} AND c.status = 'succeeded' AND c.received_at <= o.pay_by
          AND c.id <> ALL (${knownPaymentIds}::text[]) AND c.handling IS DISTINCT FROM 'returned')`;

/** CTEs that count the payment and create the delivery with its first step. */
function startOfDelivery(
  { terms, delivery, policy }: SettledStep,
  payment: NonNullable<SettledStep['payment']>,
  at: Date,
  runId: string,
): Prisma.Sql {
  const state = JSON.stringify(delivery);
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
             ${payment.amountFen}::bigint, 'accepted', ${new Date(payment.receivedAtMs)}::timestamptz FROM target
    ), started AS (
      INSERT INTO deliveries (id, order_id, buyer_id, provider_id, flow, stage, frozen, requirement_rejections,
                              acceptance_rejections, state, policy, sequence, created_at, updated_at)
      SELECT ${terms.deliveryId}::text, order_id, buyer_id, provider_id, ${delivery.flow}::text,
             ${delivery.stage}::text, false, 0, 0, ${state}::jsonb, ${JSON.stringify(policy)}::jsonb, 1,
             ${at}::timestamptz, ${at}::timestamptz FROM target
    ), first AS (${insertNewStep(first, 1, Prisma.sql`FROM target`)})`;
}

async function storedSettlement(db: Database, orderId: string): Promise<Settled> {
  const stored = await findStep<Settled>(db, orderId, SETTLED);
  if (stored === null) throw new Error(`Order ${orderId} is neither settled nor can it be`);
  return stored.state;
}
