import { z } from 'zod';
import { allot, type Invoiceable, ORDERS_MAX } from '../../../domain/invoices/allotment';
import type { InvoicePolicy } from '../../../domain/invoices/rules';
import { type InvoiceState, isLive } from '../../../domain/invoices/state';
import type { InvoiceStep, InvoiceSubject, StoredInvoiceStep } from '../../../domain/invoices/step';
import { AppError } from '../../../domain/shared/errors';
import { Prisma } from '../../generated/client';
import { InconsistentObject, insertStep, storedInstead } from '../shared/audit-log';
import { lockObject, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { enqueueNotifications } from '../shared/outbox';
import { queryRows } from '../shared/query-rows';

/** What an invoice begins with, beside its state. */
export type InvoiceRequest = {
  policy: InvoicePolicy;
  /** The orders chosen; null: the oldest first. */
  orderIds: readonly string[] | null;
  /** Whom it is made out to, sealed for its row, in base64. */
  sealed: string;
};

/**
 * Writes one step of an invoice in one transaction: the audit row, the invoice, what of its orders is invoiced, and the
 * outbox. A step whose sequence or command is there already changes nothing.
 * @returns null when the step was written; otherwise the step that stands in its place
 * @throws AppError INVOICE.AMOUNT_NOT_LEFT, INVOICE.ORDER_NOT_INVOICEABLE when it cannot be asked for; nothing has changed
 * @throws InconsistentObject when the invoice's row is missing, or the step is not its next one; nothing has changed
 */
export async function writeInvoiceStep(
  db: Database,
  step: InvoiceStep,
  request: InvoiceRequest,
  runId: string,
): Promise<StoredInvoiceStep | null> {
  const { subject, state, sequence, notices } = step;
  const at = new Date(step.atMs);
  const audited = { ...step, ...audit(subject), stateAfter: state, runId, at };
  const written = await db.$transaction(async (tx) => {
    if ((await tx.$executeRaw(insertStep(audited, sequence))) !== 1) return false;
    if (sequence === 1) await open(tx, step, request);
    else await advance(tx, step);
    const { invoiceId: objectId, buyerId, providerId } = subject;
    await enqueueNotifications(tx, { objectId, buyerId, providerId, sequence, notices, at });
    return true;
  });
  return written ? null : storedInstead(db, { ...step, objectId: subject.invoiceId });
}

const audit = ({ invoiceId: objectId, providerId }: InvoiceSubject) => ({ objectId, providerId });

/** The first step: the amount is allotted to orders that are locked, each of which counts what it bears. */
async function open(tx: Transaction, step: InvoiceStep, { policy, orderIds, sealed }: InvoiceRequest): Promise<void> {
  const { subject, state, sequence } = step;
  const { invoiceId: id, buyerId, providerId } = subject;
  const { amountFen } = state;
  // One request of a buyer to a provider after the other: the next one sees what this one has left.
  await lockObject(tx, `${buyerId}/${providerId}/invoices`);
  const invoiceable = await lockInvoiceable(tx, subject, orderIds);
  const allotments = allot(invoiceable, amountFen);
  if (allotments === null) throw notAsMuchLeft(invoiceable);
  const at = new Date(step.atMs);
  await tx.invoice.create({
    data: {
      ...{
        id,
        buyerId,
        providerId,
        amountFen,
        policy,
        sequence,
        sealed: Uint8Array.from(Buffer.from(sealed, 'base64')),
      },
      ...columnsOf(state, id),
      ...{ createdAt: at, updatedAt: at },
    },
    select: { id: true },
  });
  await tx.invoiceAllotment.createMany({ data: allotments.map((one) => ({ ...one, invoiceId: id })) });
  await count(tx, id, Prisma.sql`+`);
}

/** The columns that follow from a state. @throws InconsistentObject when its due instant was never computed */
function columnsOf(state: InvoiceState, invoiceId: string) {
  const { stage, overdue, due } = state;
  if (due === null) throw new InconsistentObject(invoiceId, 'no instant by which it is to be mailed');
  const { atMs, provisional: dueProvisional, calendarVersion } = due;
  return { state, stage, overdue, dueAt: new Date(atMs), dueProvisional, calendarVersion };
}

const invoiceableRow = z.object({ orderId: z.string(), leftFen: z.bigint().transform(Number) });

/**
 * Locks the orders that can be invoiced, the oldest first, and answers what of each is left: paid, not refunded, not
 * invoiced yet. One that is being refunded, or whose cancellation has not been refunded yet, cannot: that money, still held
 * of its payment, goes back.
 * @throws AppError INVOICE.ORDER_NOT_INVOICEABLE when one that was chosen is not among them
 */
async function lockInvoiceable(
  tx: Transaction,
  { buyerId, providerId }: InvoiceSubject,
  orderIds: readonly string[] | null,
): Promise<Invoiceable[]> {
  const chosen = orderIds === null ? Prisma.empty : Prisma.sql`AND id = ANY (${orderIds}::text[])`;
  const query = Prisma.sql`
    SELECT id AS "orderId", paid_fen - refunded_fen - refund_reserved_fen - invoiced_fen AS "leftFen" FROM orders
    WHERE buyer_id = ${buyerId} AND provider_id = ${providerId} AND paid_fen - refunded_fen - refund_reserved_fen - invoiced_fen > 0
      AND state NOT IN ('refunding', 'refunded') AND (state <> 'cancelled' OR refunded_fen > 0 AND NOT EXISTS (
        SELECT FROM payments p JOIN clearing_balances c ON c.account_id = 'buyer_funds:' || p.channel AND c.clearing_key = p.transaction_id
        WHERE p.order_id = orders.id AND p.status = 'accepted')) ${chosen}
    ORDER BY id LIMIT ${ORDERS_MAX} FOR NO KEY UPDATE`;
  const found = await queryRows(tx, invoiceableRow, query);
  const missing = orderIds?.find((chosenId) => !found.some(({ orderId }) => orderId === chosenId));
  if (missing === undefined) return found;
  const detail = `${missing} cannot be invoiced: it is no order of this buyer and provider, or nothing of it is left.`;
  throw new AppError('INVOICE.ORDER_NOT_INVOICEABLE', detail);
}

function notAsMuchLeft(invoiceable: readonly Invoiceable[]): AppError {
  const leftFen = invoiceable.reduce((sum, order) => sum + order.leftFen, 0);
  const of = invoiceable.length < ORDERS_MAX ? 'these orders' : `${ORDERS_MAX} orders, the most for one invoice`;
  return new AppError('INVOICE.AMOUNT_NOT_LEFT', `Ask for ${leftFen} fen at most: so much is left of ${of}.`);
}

/** Has the orders of an invoice count what they bear of it, or not any more. */
const count = (tx: Transaction, invoiceId: string, sign: Prisma.Sql) => tx.$executeRaw`
  UPDATE orders SET invoiced_fen = invoiced_fen ${sign} a.amount_fen
  FROM invoice_allotments a WHERE a.invoice_id = ${invoiceId} AND orders.id = a.order_id`;

/** A later step: the row follows it; once it is not live any more, its orders do not count it. */
async function advance(tx: Transaction, { subject, state, sequence, atMs }: InvoiceStep): Promise<void> {
  const { invoiceId: id } = subject;
  const { count: moved } = await tx.invoice.updateMany({
    where: { id, sequence: sequence - 1 },
    data: { ...columnsOf(state, id), sequence, updatedAt: new Date(atMs) },
  });
  if (moved !== 1) throw new InconsistentObject(id, `no row that step ${sequence} follows`);
  if (isLive(state)) return;
  // Locked in the order in which every invoice locks them.
  await tx.$executeRaw`
    SELECT FROM orders WHERE id IN (SELECT order_id FROM invoice_allotments WHERE invoice_id = ${id})
    ORDER BY id FOR NO KEY UPDATE`;
  await count(tx, id, Prisma.sql`-`);
}
