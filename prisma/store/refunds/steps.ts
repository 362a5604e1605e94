import { z } from 'zod';
import type { Notice } from '../../../domain/notifications/notice';
import type { OrderStage } from '../../../domain/orders/order';
import { meetsNoReason, noReasonUntil } from '../../../domain/refunds/condition';
import { judgeNewAmount } from '../../../domain/refunds/rules';
import { isOpen, isOver, isSending, type RefundState, reservedFen } from '../../../domain/refunds/state';
import type { RefundStep, StoredRefundStep } from '../../../domain/refunds/step';
import { AppError } from '../../../domain/shared/errors';
import { Prisma } from '../../generated/client';
import { completeServed } from '../instances/orders';
import { refundOf } from '../ledger/orders';
import { postJournal } from '../ledger/post';
import { InconsistentObject, insertNewStep, storedInstead } from '../shared/audit-log';
import type { Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { notificationCtes } from '../shared/outbox';
import { queryRow, type RawQueries } from '../shared/query-rows';
import { changeOrder, type HeldOrder, lockOrder, pause, release, requireFree } from './held-order';
import { findMoney } from './requests';
import { storedRefundState } from './stored-json';

/** Asks for the live invoice on an order that its refund has to wait for (RFD-4): its id, or null. */
export type LiveInvoiceOf = (db: RawQueries, orderId: string) => Promise<string | null>;

/**
 * Writes one step of a refund in one transaction: the audit row, the request, what it reserves or gives back of the
 * order's payment, the order and the delivery that it holds or lets go, what the channel is to be asked for, and the
 * outbox. A step whose sequence or command is there already changes nothing. The rows of delivery and order are locked
 * first: a request and an acceptance, an appeal, or another request come one after the other.
 * @returns the step as it is stored: what the workflow cannot know of it is filled in, or another stands in its place
 * @throws AppError when it cannot be done now; nothing has changed then
 * @throws InconsistentObject when the request's row is missing, or not at the step before; nothing has changed
 */
export async function writeRefundStep(
  db: Database,
  step: RefundStep,
  runId: string,
  liveInvoiceOf: LiveInvoiceOf,
): Promise<StoredRefundStep> {
  const { refundId } = step.terms;
  const written = await db.$transaction(async (tx) => {
    const held = await lockOrder(tx, step.terms.orderId);
    if (await isThere(tx, step)) return null;
    const before = await requestBefore(tx, step);
    if (before === null || (!isOpen(before.state) && isOpen(step.state))) {
      await requireFree(tx, held, refundId, step.atMs);
    }
    const begun = before === null ? asBegun(step, held) : step.state;
    const state = await withObstacles(tx, step, begun, liveInvoiceOf);
    await write(tx, { ...step, state }, before, held, runId);
    return state;
  });
  if (written !== null) return { sequence: step.sequence, commandId: step.commandId, state: written };
  return storedInstead(db, { ...step, objectId: refundId });
}

async function isThere(tx: Transaction, { terms, sequence, commandId }: RefundStep): Promise<boolean> {
  const where = { OR: [{ commandId }, { objectId: terms.refundId, sequence }] };
  return (await tx.step.findFirst({ where, select: { commandId: true } })) !== null;
}

type Before = z.output<typeof requestRow>;
const requestRow = z.object({
  sequence: z.int(),
  state: storedRefundState,
  reservedFen: z.bigint().transform(Number),
  orderState: z.string(),
});

async function requestBefore(tx: Transaction, { terms, sequence }: RefundStep): Promise<Before | null> {
  const query = Prisma.sql`
    SELECT sequence, state, reserved_fen AS "reservedFen", order_state AS "orderState" FROM refund_requests
    WHERE id = ${terms.refundId} FOR UPDATE`;
  const row = await queryRow(tx, requestRow, query);
  if ((row?.sequence ?? 0) === sequence - 1) return row;
  throw new InconsistentObject(terms.refundId, `there is no row that step ${sequence} follows`);
}

/**
 * A refund as it begins, with what only the order knows: whether it meets the no-reason condition (RFD-3).
 * @throws AppError when that much cannot be asked for, or the provider may not refund by itself yet (RFD-8)
 */
function asBegun({ state, policy, atMs }: RefundStep, { order }: HeldOrder): RefundState {
  const { paidFen, refundedFen } = order;
  const isAccepted = order.state === 'completed';
  const purchase = { productType: order.productType, paidAtMs: order.paidAt?.getTime() ?? 0, isAccepted };
  const noReason = meetsNoReason(purchase, policy.noReasonDays, atMs);
  if (state.initiatedBy === 'provider') {
    if (!isAccepted) {
      const detail = 'Before the order is completed the buyer asks for the refund, and the provider agrees.';
      throw new AppError('REFUND.NOT_ALLOWED', detail, { allowedActions: [] });
    }
    if (noReason) {
      const until = new Date(noReasonUntil(purchase, policy.noReasonDays)).toISOString();
      const detail = `Until ${until} the buyer can ask for the refund without a reason; then the provider can refund by itself.`;
      throw new AppError('REFUND.NOT_ALLOWED', detail, { allowedActions: [] });
    }
  }
  const refundableFen = paidFen - refundedFen - order.reservedFen;
  const { reasonCode, requestedFen: amountFen } = state;
  const refused = judgeNewAmount({ amountFen, reasonCode, noReason, paidFen, refundableFen });
  if (refused !== null) throw new AppError(refused.code, refused.detail, { allowedActions: [] });
  return { ...state, noReason: state.initiatedBy === 'buyer' && noReason };
}

/** An execution waits for the invoice of its order (RFD-4): looked at before the channel is asked, in the step itself. */
async function withObstacles(
  tx: Transaction,
  { terms }: RefundStep,
  state: RefundState,
  liveInvoiceOf: LiveInvoiceOf,
): Promise<RefundState> {
  if (state.waitsFor !== null) return state;
  return { ...state, waitsFor: (await liveInvoiceOf(tx, terms.orderId)) === null ? [] : ['invoice'] };
}

async function write(tx: Transaction, step: RefundStep, before: Before | null, held: HeldOrder, runId: string) {
  const { terms, state, sequence } = step;
  const at = new Date(step.atMs);
  const audited = { ...step, objectId: terms.refundId, providerId: terms.providerId, stateAfter: state, runId, at };
  await tx.$executeRaw(insertNewStep(audited, sequence, Prisma.empty));
  const cause = { refundId: terms.refundId, sequence, atMs: step.atMs, runId };
  const [wasHeld, holds] = [before !== null && isOpen(before.state), isOpen(state)];
  const givenBackFen = state.refundedFen - (before?.state.refundedFen ?? 0);
  const refundedFen = held.order.refundedFen + givenBackFen;
  const isAll = givenBackFen > 0 && refundedFen === held.order.paidFen;
  // What is posted depends on where the money is before the order gives it back.
  const journal = givenBackFen > 0 ? await refundOf(tx, await moneyOf(tx, step)) : null;
  const by = { commandId: step.commandId, actor: step.actorId, runId, effectiveAt: at };
  await postJournal(tx, journal, by);
  const orderState = orderStateAfter({ held: wasHeld, holds, isAll }, before?.orderState ?? '', held);
  const reserved = reservedFen(state);
  await changeOrder(tx, held, {
    reservedFen: reserved - (before?.reservedFen ?? 0),
    refundedFen: givenBackFen,
    state: orderState,
    ended: isAll,
    at,
  });
  await writeRequest(tx, step, held, { reserved, orderState: wasHeld ? before?.orderState : held.order.state });
  if (holds && !wasHeld) await pause(tx, held, cause);
  if (wasHeld && !holds) await release(tx, held, { refundedFen, isAll }, cause);
  if (orderState === 'awaiting_start' && held.order.fulfilment === 'instance') {
    await completeServed(tx, terms.orderId, by);
  }
  await writeMoney(tx, step, before?.state ?? null);
  await notify(tx, step, held);
}

const moneyOf = async (tx: Transaction, { terms }: RefundStep) => (await findMoney(tx, terms.refundId)).refund;

/** An order is `refunding` while a refund holds it, and goes back to exactly the state that it had (RFD-5a). */
function orderStateAfter(
  { held, holds, isAll }: { held: boolean; holds: boolean; isAll: boolean },
  earlier: string,
  { order }: HeldOrder,
): OrderStage {
  if (holds) return 'refunding';
  if (!held) return order.state;
  return isAll ? 'refunded' : orderStates.parse(earlier);
}
const orderStates = z.enum(['awaiting_start', 'implementing', 'awaiting_confirmation', 'completed']);

async function writeRequest(
  tx: Transaction,
  { terms, state, policy, sequence, note, atMs }: RefundStep,
  { order, delivery }: HeldOrder,
  { reserved, orderState }: { reserved: number; orderState: string | undefined },
): Promise<void> {
  const at = new Date(atMs);
  const follows = {
    stage: state.stage,
    reservedFen: reserved,
    refundedFen: state.refundedFen,
    orderState: orderState ?? order.state,
    state,
    sequence,
    updatedAt: at,
    endedAt: isOver(state) ? at : null,
  };
  if (sequence > 1) {
    await tx.refundRequest.update({ where: { id: terms.refundId }, data: follows, select: { id: true } });
    return;
  }
  const { refundId: id, amountFen: requestedFen, ...request } = terms;
  const data = { ...follows, ...request, id, requestedFen, reason: note, policy, createdAt: at };
  await tx.refundRequest.create({ data: { ...data, deliveryId: delivery?.id ?? null }, select: { id: true } });
}

/** What the channel is asked for, and what it answered, under the refund's id for ever (RFD-6). */
async function writeMoney(tx: Transaction, step: RefundStep, before: RefundState | null): Promise<void> {
  const { terms, state } = step;
  const { channelRefundId } = state;
  const { refundId: id, orderId } = terms;
  const at = new Date(step.atMs);
  const wasSending = before !== null && isSending(before);
  if (isSending(state) && !wasSending) {
    const asked = await tx.$executeRaw`
      INSERT INTO refunds (id, payment_id, order_id, amount_fen, reason, status, requested_at)
      SELECT ${id}::text, id, order_id, ${state.approvedFen}::bigint, 'refund_request', 'requested', ${at}::timestamptz
      FROM payments WHERE order_id = ${orderId} AND status = 'accepted'
      ON CONFLICT (id) DO UPDATE SET status = 'requested', requested_at = EXCLUDED.requested_at
        WHERE refunds.status = 'failed' AND refunds.amount_fen = EXCLUDED.amount_fen`;
    if (asked !== 1) throw new InconsistentObject(id, 'there is no payment that it could give back');
  }
  if (!wasSending || isSending(state)) return;
  const answer =
    state.stage === 'refunded'
      ? { status: 'refunded', channelRefundId, refundedAt: at }
      : { status: 'failed', channelRefundId: null };
  const { count } = await tx.refund.updateMany({ where: { id, status: 'requested' }, data: answer });
  if (count !== 1) throw new InconsistentObject(id, 'the channel was not asked for it');
}

async function notify(tx: Transaction, step: RefundStep, { order, delivery }: HeldOrder): Promise<void> {
  if (step.notices.length === 0) return;
  const { refundId } = step.terms;
  const notices: Notice[] = step.notices.map((one) => ({ ...one, params: { ...one.params, refundId } }));
  const at = new Date(step.atMs);
  await tx.$executeRaw`
    WITH step AS (SELECT ${refundId}::text AS object_id), target AS (
      SELECT id AS order_id, product_name, buyer_id, provider_id FROM orders WHERE id = ${order.id}
    )${notificationCtes({ objectId: refundId, deliveryId: delivery?.id ?? null, sequence: step.sequence, notices, at })}
    SELECT count(*) FROM step`;
}
