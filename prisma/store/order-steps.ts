import type { Notice } from '../../domain/messages/notice';
import type { PlacedStep, Settled, SettledStep } from '../../domain/orders/step';
import { Prisma } from '../generated/client';
import type { Database } from './client';
import { tell } from './messages';
import { storedInstead } from './stored-steps';

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
  const written = await db.$executeRaw`
    WITH step AS (
      INSERT INTO steps (object_id, sequence, command_id, actor_role, actor_id, action, note, state_after,
                         request_id, source_ip, run_id, at, provider_id)
      VALUES (${terms.orderId}, ${PLACED}, ${step.commandId}, 'buyer', ${terms.buyerId}, 'order.placed', '',
              ${JSON.stringify({ state: 'pending_payment', payableFen: terms.payableFen })}::jsonb,
              ${step.requestId}, ${step.sourceIp}, ${runId}, ${at}, ${terms.providerId})
      ON CONFLICT DO NOTHING
      RETURNING object_id
    )
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
 * @returns what the table holds now
 */
export async function writeSettledStep(db: Database, step: SettledStep, runId: string): Promise<Settled> {
  const { terms, payment } = step;
  const at = new Date(step.atMs);
  const settled: Settled = { payment, delivery: step.delivery };
  const isPaid = payment !== null;
  const action = isPaid ? 'order.paid' : 'order.closed';
  const notices: Notice[] = isPaid
    ? [
        { event: 'order.paid', to: ['buyer', 'provider'], params: {} },
        { event: 'delivery.started', to: terms.flow === 'self_operated' ? ['ops'] : ['buyer'], params: {} },
      ]
    : [{ event: 'order.closed_unpaid', to: ['buyer', 'provider'], params: {} }];
  const rows = await db.$queryRaw<{ written: bigint }[]>`
    WITH step AS (
      INSERT INTO steps (object_id, sequence, command_id, actor_role, actor_id, action, note, state_after, run_id, at,
                         provider_id)
      VALUES (${terms.orderId}, ${SETTLED}, ${`${terms.orderId}/${SETTLED}`}, 'system', 'system', ${action}, '',
              ${JSON.stringify(settled)}::jsonb, ${runId}, ${at}, ${terms.providerId})
      ON CONFLICT DO NOTHING
      RETURNING object_id
    ), target AS (
      UPDATE orders SET state = ${isPaid ? 'awaiting_start' : 'closed'}, paid_fen = ${payment?.amountFen ?? 0},
        paid_at = ${isPaid ? at : null}, ended_at = ${isPaid ? null : at}, updated_at = ${at}
      FROM step WHERE id = step.object_id
      RETURNING id AS order_id, product_name, buyer_id, provider_id
    )${payment === null ? Prisma.empty : startOfDelivery(step, payment, at, runId)}
    ${tell({ objectId: terms.orderId, deliveryId: terms.deliveryId, sequence: SETTLED, notices, at })}
    SELECT count(*) AS written FROM step`;
  return Number(rows[0]?.written) === 1 ? settled : storedSettlement(db, terms.orderId);
}

/** CTEs that count the payment and create the delivery with its first step. */
function startOfDelivery(
  { terms, delivery, policy }: SettledStep,
  payment: NonNullable<SettledStep['payment']>,
  at: Date,
  runId: string,
): Prisma.Sql {
  const state = JSON.stringify(delivery);
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
    ), first AS (
      INSERT INTO steps (object_id, sequence, command_id, actor_role, actor_id, action, note, state_after, run_id, at,
                         provider_id)
      SELECT ${terms.deliveryId}::text, 1, ${`${terms.deliveryId}/1`}::text, 'system', 'system', 'delivery.started',
             '', ${state}::jsonb, ${runId}::text, ${at}::timestamptz, provider_id FROM target
    )`;
}

async function storedSettlement(db: Database, orderId: string): Promise<Settled> {
  const rows = await db.$queryRaw<{ settled: Settled }[]>`
    SELECT state_after AS settled FROM steps WHERE object_id = ${orderId} AND sequence = ${SETTLED}`;
  const [row] = rows;
  if (row === undefined) throw new Error(`Order ${orderId} is neither settled nor can it be`);
  return row.settled;
}
