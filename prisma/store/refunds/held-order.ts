import { z } from 'zod';
import { nextDeadline } from '../../../domain/deliveries/deadlines';
import { givenBack, goneOn, pausedFor } from '../../../domain/deliveries/refunds';
import { type DeliveryState, isClosed, isFrozen } from '../../../domain/deliveries/state';
import { nextOrderDeadline } from '../../../domain/orders/deadlines';
import { noOrder } from '../../../domain/orders/no-order';
import { ORDER_STATES, type OrderStage } from '../../../domain/orders/order';
import { givenBackOrder, pausedOrder, resumedOrder } from '../../../domain/orders/refunds';
import type { OrderState } from '../../../domain/orders/state';
import type { OrderPolicy } from '../../../domain/policies/catalogue';
import { PRODUCT_TYPES } from '../../../domain/products/kinds';
import { OPEN_STAGES } from '../../../domain/refunds/state';
import { AppError } from '../../../domain/shared/errors';
import { systemCause } from '../../../domain/shared/step';
import { Prisma } from '../../generated/client';
import { storedDeliveryPolicy, storedDeliveryState } from '../deliveries/stored-json';
import { storedOrderPolicy, storedOrderState } from '../orders/stored-json';
import { insertNewStep } from '../shared/audit-log';
import type { Transaction } from '../shared/audited-transaction';
import { queryRow } from '../shared/query-rows';

/** The order that a refund is of, locked, and its delivery if it has one: nobody else changes them meanwhile. */
export type HeldOrder = { order: LockedOrder; delivery: LockedDelivery | null; direct: DirectOrder | null };

/** The state of an order that its own workflow fulfils directly (ORD-2). */
type DirectOrder = { state: OrderState; policy: OrderPolicy };

type LockedOrder = z.output<typeof lockedOrder>;
const lockedOrder = z.object({
  id: z.string(),
  state: z.enum(ORDER_STATES),
  buyerId: z.string(),
  providerId: z.string(),
  productType: z.enum(PRODUCT_TYPES),
  paidFen: z.bigint().transform(Number),
  refundedFen: z.bigint().transform(Number),
  reservedFen: z.bigint().transform(Number),
  paidAt: z.date().nullable(),
  fulfilment: z.string(),
  sequence: z.int(),
  policy: storedOrderPolicy.nullable(),
});

type LockedDelivery = z.output<typeof lockedDelivery>;
const lockedDelivery = z.object({
  id: z.string(),
  state: storedDeliveryState,
  policy: storedDeliveryPolicy,
  sequence: z.int(),
});

/**
 * Locks an order and its delivery, the delivery first, as its own steps do.
 * @throws AppError ORDER.NOT_FOUND
 */
export async function lockOrder(tx: Transaction, orderId: string): Promise<HeldOrder> {
  const delivery = await queryRow(
    tx,
    lockedDelivery,
    Prisma.sql`SELECT id, state, policy, sequence FROM deliveries WHERE order_id = ${orderId} FOR UPDATE`,
  );
  const order = await queryRow(
    tx,
    lockedOrder,
    Prisma.sql`
      SELECT id, state, buyer_id AS "buyerId", provider_id AS "providerId", product_type AS "productType",
             paid_fen AS "paidFen", refunded_fen AS "refundedFen", refund_reserved_fen AS "reservedFen",
             paid_at AS "paidAt", fulfilment, sequence, policy
      FROM orders WHERE id = ${orderId} FOR UPDATE`,
  );
  if (order === null) throw noOrder();
  return { order, delivery, direct: await directOrder(tx, order) };
}

/** What its own workflow makes of an order that is fulfilled directly; null for others, and at its end. */
async function directOrder(tx: Transaction, { id, fulfilment, sequence, policy }: LockedOrder) {
  if (fulfilment !== 'direct' || policy === null) return null;
  const step = await tx.step.findUnique({
    where: { objectId_sequence: { objectId: id, sequence } },
    select: { stateAfter: true },
  });
  const state = step && storedOrderState.parse(step.stateAfter);
  return state?.turn === undefined ? null : { state, policy };
}

/** The states of an order that has something to give back, and nothing else under way. */
const REFUNDABLE: readonly OrderStage[] = ['awaiting_start', 'implementing', 'awaiting_confirmation', 'completed'];

/**
 * A refund may hold the order now: nothing excludes it (RFD-6).
 * @throws AppError REFUND.OPEN, REFUND.APPEAL_OPEN, REFUND.NOT_ALLOWED
 * @throws Error when a deadline of the delivery is due that it has not passed yet: to be tried again
 */
export async function requireFree(
  tx: Transaction,
  { order, delivery, direct }: HeldOrder,
  refundId: string,
  atMs: number,
) {
  const open = await tx.refundRequest.findFirst({
    where: { orderId: order.id, stage: { in: [...OPEN_STAGES] }, id: { not: refundId } },
    select: { id: true },
  });
  if (open !== null) throw new AppError('REFUND.OPEN', `Refund ${open.id} of this order is under way: use that one.`);
  if (delivery?.state.appeal) {
    const { id } = delivery.state.appeal;
    throw new AppError('REFUND.APPEAL_OPEN', `Appeal ${id} is open: wait for its ruling, which can refund as well.`);
  }
  if (!REFUNDABLE.includes(order.state)) {
    const state = order.state.replaceAll('_', ' ');
    throw new AppError('REFUND.NOT_ALLOWED', `The order is ${state}: there is nothing to refund.`, {
      allowedActions: [],
    });
  }
  const due = delivery && nextDeadline(delivery.state, delivery.policy);
  if (due && due.atMs <= atMs) throw new Error(`${delivery.id} has not passed its deadline ${due.name} yet`);
  const own = direct && nextOrderDeadline(direct.state, direct.policy);
  if (own && own.atMs <= atMs) throw new Error(`${order.id} has not passed its deadline ${own.name} yet`);
}

/** What a step of a refund does to its order: what it reserves and gives back more, fen, and the order's new state. */
export type OrderChange = { reservedFen: number; refundedFen: number; state: OrderStage; ended: boolean; at: Date };

/**
 * Reserves, releases and gives back in one statement, never more than was paid (RFD-6).
 * @throws AppError REFUND.AMOUNT_OUT_OF_RANGE when less is left
 */
export async function changeOrder(tx: Transaction, { order }: HeldOrder, change: OrderChange): Promise<void> {
  const { reservedFen, refundedFen, state, ended, at } = change;
  const changed = await tx.$executeRaw`
    UPDATE orders SET refund_reserved_fen = refund_reserved_fen + ${reservedFen}::bigint,
      refunded_fen = refunded_fen + ${refundedFen}::bigint, state = ${state}, updated_at = ${at},
      ended_at = CASE WHEN ${ended} THEN coalesce(ended_at, ${at}) ELSE ended_at END
    WHERE id = ${order.id}
      AND refunded_fen + refund_reserved_fen + ${reservedFen}::bigint + ${refundedFen}::bigint <= paid_fen`;
  if (changed === 1) return;
  const leftFen = order.paidFen - order.refundedFen - order.reservedFen;
  throw new AppError('REFUND.AMOUNT_OUT_OF_RANGE', `Only ${leftFen} fen of the payment are left.`);
}

type Cause = { refundId: string; sequence: number; atMs: number; runId: string };

/** The order, or its delivery, stops: its workflow adopts the step (RFD-6). Nothing where neither runs. */
export async function pause(tx: Transaction, { order, delivery, direct }: HeldOrder, cause: Cause): Promise<void> {
  if (direct !== null) await addOrderStep(tx, order, 'order.paused', pausedOrder(direct.state, cause.atMs), cause);
  if (delivery === null || isClosed(delivery.state)) return;
  const paused = pausedFor(delivery.state, cause.refundId, cause.atMs);
  await addDeliveryStep(tx, delivery, 'delivery.paused', paused, cause);
}

/**
 * The order, or its delivery, goes on where it was (RFD-5a), or is cancelled where everything was given back.
 * @param refundedFen what refunds have given back of the payment so far
 */
export async function release(
  tx: Transaction,
  { order, delivery, direct }: HeldOrder,
  { refundedFen, isAll }: { refundedFen: number; isAll: boolean },
  cause: Cause,
): Promise<void> {
  if (direct !== null) {
    const [action, state] = isAll
      ? (['order.cancelled', givenBackOrder(direct.state)] as const)
      : (['order.resumed', resumedOrder(direct.state, cause.atMs)] as const);
    await addOrderStep(tx, order, action, state, cause);
  }
  if (delivery === null || isClosed(delivery.state) || !isFrozen(delivery.state)) return;
  const [action, state] = isAll
    ? (['delivery.cancelled', givenBack(delivery.state, refundedFen)] as const)
    : (['delivery.resumed', goneOn(delivery.state, refundedFen, cause.atMs)] as const);
  await addDeliveryStep(tx, delivery, action, state, cause);
}

async function addOrderStep(
  tx: Transaction,
  { id, providerId, sequence }: LockedOrder,
  action: string,
  state: OrderState,
  { refundId, sequence: refundSequence, atMs, runId }: Cause,
): Promise<void> {
  const cause = systemCause(`${refundId}/${refundSequence}/${action}`, action);
  const step = { ...cause, objectId: id, providerId, stateAfter: state, runId, at: new Date(atMs) };
  await tx.$executeRaw(insertNewStep(step, sequence + 1, Prisma.empty));
  await tx.order.update({ where: { id }, data: { sequence: sequence + 1 }, select: { id: true } });
}

async function addDeliveryStep(
  tx: Transaction,
  { id, sequence }: LockedDelivery,
  action: string,
  state: DeliveryState,
  cause: Cause,
): Promise<void> {
  const at = new Date(cause.atMs);
  const step = {
    ...systemCause(`${cause.refundId}/${cause.sequence}/${action}`, action),
    objectId: id,
    providerId: Prisma.sql`provider_id`,
    stateAfter: state,
    runId: cause.runId,
    at,
  };
  await tx.$executeRaw(insertNewStep(step, sequence + 1, Prisma.sql`FROM deliveries WHERE id = ${id}`));
  await tx.$executeRaw`
    UPDATE deliveries SET stage = ${state.stage}, frozen = ${isFrozen(state)}, outcome = ${state.outcome},
      state = ${JSON.stringify(state)}::jsonb, sequence = ${sequence + 1}, updated_at = ${at}
    WHERE id = ${id}`;
}
