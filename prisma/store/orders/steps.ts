import { z } from 'zod';
import { paymentReceived } from '../../../domain/ledger/events';
import { fulfilmentOf, sceneOf } from '../../../domain/orders/order';
import { isPaid, priceVersionOf } from '../../../domain/orders/state';
import { beginsFulfilment, type OrderStep, PLACED, type StoredOrderStep } from '../../../domain/orders/step';
import { AppError } from '../../../domain/shared/errors';
import { systemCause } from '../../../domain/shared/step';
import { Prisma } from '../../generated/client';
import { couponCte, couponTaken, reservationCte, reservedCoupon } from '../coupons/reservation';
import { completionOf } from '../ledger/orders';
import { type PostedBy, postingCte, postJournal } from '../ledger/post';
import { type AuditStep, InconsistentObject, insertNewStep, insertStep, storedInstead } from '../shared/audit-log';
import { breaks, type Database } from '../shared/database';
import { notificationCtes } from '../shared/outbox';

/** Why a step that only time makes cannot be stored yet. */
export type Postponement = 'payment_expected' | 'refund_open';

const WHY_POSTPONED: Record<Postponement, string> = {
  payment_expected:
    'A payment of the order has been received and is about to be counted: look at the order again in a moment.',
  refund_open: 'The order is being refunded, or has been: nothing of it goes on meanwhile.',
};

/**
 * Stores a step of an order: it is placed (ORD-6), its price changes (ORD-5), it is paid, so that its delivery begins
 * (DLV-1), it closes, or whoever fulfils it directly has acted (ORD-2).
 * @param sealedNote the note, sealed, when only the parties may read it; the plain note is then not stored
 * @returns the step as it is stored, or the one that stands in its place; or why it must wait: `payment_expected` when the
 *   order must not close yet, since a payment was received in time that it has not looked at; `refund_open`
 * @throws AppError IDEMPOTENCY.KEY_EXPIRED when the command that places it has placed another order; ORDER.NOT_ALLOWED when
 *   its price would change under a payment that was received and not looked at; COUPON.TAKEN when its coupon is on another
 *   order; ORDER.TRIAL_USED
 * @throws InconsistentObject when there is no such order, or it is not at the step before
 */
export async function writeOrderStep(
  db: Database,
  proposed: OrderStep,
  runId: string,
  sealedNote: Buffer | null = null,
): Promise<StoredOrderStep | Postponement> {
  const step = await withRefunds(db, proposed);
  const { terms, sequence, commandId, state } = step;
  const audit = auditOf(step, runId, sealedNote);
  const written = sequence === PLACED ? await place(db, step, audit) : await advance(db, step, audit);
  if (written === 'stored') return { sequence, commandId, state };
  if (written !== 'not_stored') {
    if (step.requestId === null) return written;
    throw new AppError('ORDER.NOT_ALLOWED', WHY_POSTPONED[written], { allowedActions: [] });
  }
  const stored: StoredOrderStep = await storedInstead<StoredOrderStep['state']>(db, {
    ...{ objectId: terms.orderId, sequence, commandId },
  }).catch((error) => {
    // Nothing stands in its place, and nothing was written: another order was faster with the coupon.
    if (sequence === PLACED && terms.coupon && error instanceof InconsistentObject) throw couponTaken();
    throw error;
  });
  if (sequence === PLACED && stored.commandId !== commandId) {
    throw new Error(`Order ${terms.orderId} was placed by another command`);
  }
  return stored;
}

/**
 * A step that cancels an order, with what refunds have given back of its payment (RFD-6): only the row knows that. Each of
 * them moves the order on, so that the step stands only as long as none has come since.
 */
async function withRefunds(db: Database, step: OrderStep): Promise<OrderStep> {
  if (step.state.state !== 'cancelled') return step;
  const where = { id: step.terms.orderId };
  const refundedFen = Number((await db.order.findUnique({ where, select: { refundedFen: true } }))?.refundedFen ?? 0n);
  return refundedFen === 0 ? step : { ...step, state: { ...step.state, refundedFen } };
}

type Written = 'stored' | 'not_stored' | Postponement;

function auditOf(step: OrderStep, runId: string, sealedNote: Buffer | null): AuditStep {
  const { terms, commandId, action, actorRole, actorId, requestId, sourceIp, state, atMs } = step;
  const note = sealedNote === null ? step.note : null;
  return {
    ...{ objectId: terms.orderId, providerId: terms.providerId, stateAfter: state, runId, at: new Date(atMs) },
    ...{ commandId, action, actorRole, actorId, requestId, sourceIp, note, sealedNote },
  };
}

/**
 * One statement: the coupon is reserved (CPN-3), the step and the order's row are added; nothing of it when the step or
 * its command is there already, or the coupon is not free.
 */
async function place(db: Database, step: OrderStep, audit: AuditStep): Promise<Written> {
  const { terms, state } = step;
  const policy = fulfilmentOf(terms) === 'direct' ? JSON.stringify(step.policy) : null;
  const at = new Date(step.atMs);
  const placing = db.$executeRaw`
    WITH ${placingStep(step, audit)}
    INSERT INTO orders (id, buyer_id, provider_id, product_id, spec_id, product_name, spec_name, payment_channel,
                        state, payable_fen, original_fen, product_type, fulfilment, product_version, agreement_sha256,
                        fee_basis_points, scene, is_trial, renews_instance_id, coupon_id, coupon_reduction_fen, policy, delivery_id, pay_by, created_at, updated_at)
    SELECT object_id, ${terms.buyerId}::text, ${terms.providerId}::text, ${terms.productId}::text,
           ${terms.specId}::text, ${terms.productName}::text, ${terms.specName}::text, ${terms.paymentChannel}::text,
           ${state.state}::text, ${state.payableFen}::bigint, ${terms.originalFen}::bigint, ${terms.productType}::text,
           ${fulfilmentOf(terms)}::text, ${terms.productVersion}::int, ${terms.agreementSha256}::text,
           ${terms.feeBasisPoints}::int, ${sceneOf(terms)}::text, ${terms.isTrial === true}::boolean,
           ${terms.renews?.instanceId ?? null}::text, ${terms.coupon?.id ?? null}::text, ${terms.coupon?.reductionFen ?? 0}::bigint,
           ${policy}::jsonb, ${terms.deliveryId}::text,
           ${new Date(state.payByMs)}::timestamptz, ${at}::timestamptz, ${at}::timestamptz
    FROM step`;
  const written = await placing.catch((error) => {
    if (!breaks(error, 'orders_one_trial_each')) throw error;
    throw new AppError('ORDER.TRIAL_USED', 'You have tried this product before: order it without the trial.');
  });
  return written === 1 ? 'stored' : 'not_stored';
}

/** The CTE `step` that places an order; with a coupon only once that is reserved, and never without it. */
function placingStep({ terms, commandId, atMs }: OrderStep, audit: AuditStep): Prisma.Sql {
  const { coupon } = terms;
  if (coupon == null) return Prisma.sql`step AS (${insertStep(audit, PLACED)})`;
  const reservation = reservationCte(coupon, { ...terms, commandId, at: new Date(atMs) });
  return Prisma.sql`${reservation}, step AS (${insertNewStep(audit, PLACED, Prisma.sql`FROM reserved`)})`;
}

const advancement = z.tuple([z.object({ isWritten: z.boolean(), isExpected: z.boolean(), isHeld: z.boolean() })]);

/** Stores the next step of an order that is placed. One that completes it posts what the provider earns (WDR-1). */
async function advance(db: Database, step: OrderStep, audit: AuditStep): Promise<Written> {
  const { orderId } = step.terms;
  const expected = expectedPayment(step);
  const isCompleted = step.state.state === 'completed';
  if (expected === null && !isCompleted) return outcomeOf(await advancing(db, step, audit, Prisma.sql`false`));
  return db.$transaction(async (tx) => {
    // Whoever stores a payment holds a lock of the order's row. This one is taken before its statement begins, whose
    // snapshot therefore sees every payment that was stored before: in one statement it would not.
    if (expected !== null) await tx.$executeRaw`SELECT FROM orders WHERE id = ${orderId} FOR NO KEY UPDATE`;
    const written = outcomeOf(await advancing(tx, step, audit, expected ?? Prisma.sql`false`));
    if (written === 'stored' && isCompleted) {
      await postJournal(tx, await completionOf(tx, orderId), postedBy(step, audit.runId, new Date(step.atMs)));
    }
    return written;
  });
}

function outcomeOf(rows: unknown): Written {
  const [{ isWritten, isExpected, isHeld }] = advancement.parse(rows);
  if (isWritten) return 'stored';
  if (isHeld) return 'refund_open';
  return isExpected ? 'payment_expected' : 'not_stored';
}

/**
 * One statement, so that no process that is stopped in the middle holds the order's lock: it locks the order where it is
 * at the step before, adds the step, and only then changes the order, begins the delivery and fills the outbox. Nothing of
 * it happens when the order has moved on, when a payment is expected, or while a refund holds the order (RFD-6): one that is
 * cancelled knows to the fen what is left to give back.
 */
function advancing(db: Pick<Database, '$queryRaw'>, step: OrderStep, audit: AuditStep, isExpected: Prisma.Sql) {
  const { terms, sequence, state, notices, atMs } = step;
  const at = new Date(atMs);
  const when = Prisma.sql`FROM before, expected WHERE NOT "isExpected" AND NOT "isHeld"`;
  const deliveryId = fulfilmentOf(terms) === 'delivery' ? terms.deliveryId : null;
  return db.$queryRaw<unknown>`
    WITH before AS (
      SELECT id, state IN ('refunding', 'refunded')
               OR ${state.state === 'cancelled'} AND refunded_fen <> ${state.refundedFen ?? 0} AS "isHeld"
      FROM orders WHERE id = ${terms.orderId} AND sequence = ${sequence - 1} ${reservedWhere(step)} FOR NO KEY UPDATE
    ), expected AS (
      SELECT ${isExpected} AS "isExpected"
    ), step AS (${insertStep(audit, sequence, when)}), target AS (
      UPDATE orders SET state = ${state.state}, sequence = ${sequence}, payable_fen = ${state.payableFen},
        price_version = ${priceVersionOf(state)}, coupon_reduction_fen = ${state.couponReductionFen ?? 0},
        paid_fen = ${state.payment?.amountFen ?? 0},
        paid_at = CASE WHEN ${isPaid(state)} THEN coalesce(paid_at, ${at}) END,
        ended_at = ${ENDED.has(state.state) ? at : null}, updated_at = ${at}
      FROM step WHERE id = step.object_id
      RETURNING id AS order_id, product_name, buyer_id, provider_id
    )${attachmentUse(step)}${couponOf(step)}${countedPayment(step, audit.runId)}${startOfDelivery(step, audit.runId)}
    ${notificationCtes({ objectId: terms.orderId, deliveryId, sequence, notices, at })}
    SELECT EXISTS (SELECT FROM step) AS "isWritten", EXISTS (SELECT FROM before) AND "isExpected" AS "isExpected",
           EXISTS (SELECT FROM before WHERE "isHeld") AS "isHeld"
    FROM expected`;
}

/** The CTE that makes the step's files readable by the parties; empty where there are none (ORD-2). */
function attachmentUse({ attachmentIds = [], sequence }: OrderStep): Prisma.Sql {
  if (attachmentIds.length === 0) return Prisma.empty;
  return Prisma.sql`, used AS (
      INSERT INTO order_attachment_uses (attachment_id, order_id, sequence)
      SELECT DISTINCT attachment_id, object_id, ${sequence}::int
      FROM step, unnest(${attachmentIds}::text[]) AS attachment_id)`;
}

/** What becomes of the coupon by a step: it is used where it takes something off what is paid, and free where it does not. */
function couponOf(step: OrderStep): Prisma.Sql {
  const { state, terms, atMs } = step;
  if (terms.coupon == null || !settlesCoupon(step)) return Prisma.empty;
  const isUsed = beginsFulfilment(step) && (state.couponReductionFen ?? 0) > 0;
  return couponCte(isUsed ? 'used' : 'claimed', new Date(atMs));
}

/** An order that settles its coupon still has it reserved: anything else contradicts what is stored. */
const reservedWhere = (step: OrderStep): Prisma.Sql =>
  step.terms.coupon == null || !settlesCoupon(step) ? Prisma.empty : reservedCoupon(step.terms.coupon);

const settlesCoupon = (step: OrderStep): boolean => beginsFulfilment(step) || step.state.state === 'closed';

const ENDED: ReadonlySet<string> = new Set(['closed', 'completed', 'cancelled']);

/**
 * Where a step depends on no payment being under way, the condition that one is: it waits in the inbox, or was handed over
 * a moment ago, and the order has not looked at it. What the inbox sent back itself does not come any more. An order does
 * not close while one succeeded by its deadline (ORD-6); its price does not change under one that was made at it (ORD-5).
 */
function expectedPayment({ terms, state, action, knownPaymentIds }: OrderStep): Prisma.Sql | null {
  const isRepriced = action === 'provider.price';
  if (state.state !== 'closed' && !isRepriced) return null;
  const counts = isRepriced
    ? Prisma.sql`coalesce(c.price_version, o.price_version) = o.price_version`
    : Prisma.sql`c.received_at <= o.pay_by`;
  return Prisma.sql`EXISTS (
        SELECT FROM payment_callbacks c JOIN orders o ON o.id = c.order_id
        WHERE c.order_id = ${terms.orderId} AND c.status = 'succeeded' AND c.amount_fen > 0 AND ${counts}
          AND c.id <> ALL (${knownPaymentIds}::text[]) AND c.handling IS DISTINCT FROM 'returned')`;
}

/**
 * The CTEs that count the payment of the step that pays the order, in the ledger too; empty for other steps, and where
 * nothing was to be paid.
 */
function countedPayment(step: OrderStep, runId: string | null): Prisma.Sql {
  const { payment } = step.state;
  if (payment === null || !beginsFulfilment(step)) return Prisma.empty;
  const receivedAt = new Date(payment.receivedAtMs);
  const posting = postingCte(paymentReceived(payment), postedBy(step, runId, receivedAt), Prisma.sql`FROM target`);
  return Prisma.sql`, counted AS (
      INSERT INTO payments (id, order_id, channel, transaction_id, amount_fen, status, received_at)
      SELECT ${payment.paymentId}::text, order_id, ${payment.channel}::text, ${payment.transactionId}::text,
             ${payment.amountFen}::bigint, 'accepted', ${receivedAt}::timestamptz FROM target
    )${posting}`;
}

const postedBy = ({ commandId, actorId }: OrderStep, runId: string | null, effectiveAt: Date): PostedBy => ({
  ...{ commandId, actor: actorId, runId, effectiveAt },
});

/** CTEs that create the delivery of an order that was just paid, with its first step; empty for other steps. */
function startOfDelivery(step: OrderStep, runId: string | null): Prisma.Sql {
  const { terms, policy, atMs } = step;
  const { delivery } = step.state;
  if (delivery === null || !beginsFulfilment(step)) return Prisma.empty;
  const at = new Date(atMs);
  const first: AuditStep = {
    ...systemCause(`${terms.deliveryId}/1`, 'delivery.started'),
    objectId: terms.deliveryId,
    providerId: terms.providerId,
    stateAfter: delivery,
    runId,
    at,
  };
  return Prisma.sql`, started AS (
      INSERT INTO deliveries (id, order_id, buyer_id, provider_id, flow, stage, frozen, requirement_rejections,
                              acceptance_rejections, state, policy, sequence, created_at, updated_at)
      SELECT ${terms.deliveryId}::text, order_id, buyer_id, provider_id, ${delivery.flow}::text,
             ${delivery.stage}::text, false, 0, 0, ${JSON.stringify(delivery)}::jsonb,
             ${JSON.stringify(policy.delivery)}::jsonb, 1, ${at}::timestamptz, ${at}::timestamptz FROM target
    ), first AS (${insertNewStep(first, 1, Prisma.sql`FROM target`)})`;
}
