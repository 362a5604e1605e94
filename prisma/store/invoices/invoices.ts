import { z } from 'zod';
import { type InvoiceStage, LIVE_STAGES } from '../../../domain/invoices/state';
import { Prisma } from '../../generated/client';
import { objectAsOf, STATE_AS_OF, timelineAsOf, timelineEntry } from '../shared/as-of';
import type { Database } from '../shared/database';
import { equal, keyset, type Page } from '../shared/paging';
import { queryRow, queryRows, type RawQueries } from '../shared/query-rows';
import { type Scope, within } from '../shared/scopes';
import { type WorkflowStatus, workflowStatusOf } from '../shared/workflow-status';
import { storedInvoicePolicy, storedInvoiceState } from './stored-json';

/** An invoice as it is stored; `sealed` is whom it is made out to. */
export type InvoiceRow = z.output<typeof invoiceRow>;
const invoiceRow = z.object({
  id: z.string(),
  buyerId: z.string(),
  providerId: z.string(),
  sealed: z.instanceof(Uint8Array),
  state: storedInvoiceState,
  policy: storedInvoicePolicy,
  sequence: z.int(),
  orders: z.array(z.object({ orderId: z.string(), amountFen: z.int() })),
  createdAt: z.date(),
  updatedAt: z.date(),
});

/** An invoice with its timeline. */
export type InvoiceDetails = z.output<typeof invoiceDetails>;
const invoiceDetails = invoiceRow.extend({
  timeline: z.array(timelineEntry),
});

/** The orders that an invoice is allotted to. @param invoice the name of its row */
const ordersOf = (invoice: Prisma.Sql) => Prisma.sql`(
  SELECT jsonb_agg(jsonb_build_object('orderId', order_id, 'amountFen', amount_fen) ORDER BY order_id)
  FROM invoice_allotments WHERE invoice_id = ${invoice}.id) AS orders`;

/**
 * One invoice with its timeline, or null when it is not in the scope.
 * @param asOf the command after whose step it is shown; as it is now if left out, or if the command has no step here
 */
export async function findInvoice(
  db: Database,
  id: string,
  scope: Scope,
  asOf: string | null = null,
): Promise<InvoiceDetails | null> {
  const query = Prisma.sql`
    SELECT o.id, o.buyer_id AS "buyerId", o.provider_id AS "providerId", o.sealed, o.policy, ${ordersOf(Prisma.sql`o`)},
      o.created_at AS "createdAt", ${STATE_AS_OF}, ${timelineAsOf()}
    FROM ${objectAsOf(Prisma.sql`invoices`, { id, scope, asOf })}`;
  return queryRow(db, invoiceDetails, query);
}

/** Filters of a list of invoices. */
export type InvoiceFilter = {
  state?: InvoiceStage | undefined;
  overdue?: boolean | undefined;
  orderId?: string | undefined;
};

/** A page of invoices, one more than asked for when there are more. */
export async function listInvoices(
  db: Database,
  scope: Scope,
  { state, overdue, orderId }: InvoiceFilter,
  page: Page,
): Promise<InvoiceRow[]> {
  const late = overdue === undefined ? Prisma.empty : overdue ? Prisma.sql`AND overdue` : Prisma.sql`AND NOT overdue`;
  // An order has few invoices: they are found by it first, whatever else is asked.
  const ofOrder =
    orderId === undefined
      ? Prisma.empty
      : Prisma.sql`AND id = ANY (ARRAY(SELECT invoice_id FROM invoice_allotments WHERE order_id = ${orderId}))`;
  const query = Prisma.sql`
    SELECT i.id, i.buyer_id AS "buyerId", i.provider_id AS "providerId", i.sealed, i.state, i.policy, i.sequence,
      ${ordersOf(Prisma.sql`i`)}, i.created_at AS "createdAt", i.updated_at AS "updatedAt"
    FROM invoices i WHERE ${within(scope)} ${equal('stage', state)} ${late} ${ofOrder} ${keyset(page)}`;
  return queryRows(db, invoiceRow, query);
}

/**
 * What the table says of an invoice and of a command to it, as far as the reader may know. One that is done is open: its
 * workflow has ended, and the next command begins it anew.
 */
export function invoiceStatus(db: Database, id: string, scope: Scope, commandId: string): Promise<WorkflowStatus> {
  return workflowStatusOf(
    db,
    { table: Prisma.sql`invoices`, isOpen: Prisma.sql`stage = ANY (${LIVE_STAGES}::text[])` },
    { id, scope, commandId },
  );
}

const idRow = z.object({ id: z.string() });

/**
 * The invoice that blocks the refunds of an order (RFD-4), the oldest if there are several: it is live until it is
 * withdrawn, or once mailed returned or void.
 * @param db may be a transaction; the order's row is to be locked there by who goes on to refund
 * @returns its id, or null when nothing of the order is invoiced
 */
export async function liveInvoiceOf(db: RawQueries, orderId: string): Promise<string | null> {
  const query = Prisma.sql`
    SELECT i.id FROM invoice_allotments a JOIN invoices i ON i.id = a.invoice_id
    WHERE a.order_id = ${orderId} AND i.stage IN (${Prisma.join([...LIVE_STAGES])})
    ORDER BY i.id LIMIT 1`;
  return (await queryRow(db, idRow, query))?.id ?? null;
}

/** The requests for money back that are to be executed and may wait for an invoice: those of its orders. */
export async function refundsThatWaitFor(db: RawQueries, invoiceId: string): Promise<string[]> {
  const query = Prisma.sql`
    SELECT r.id FROM invoice_allotments a JOIN refund_requests r ON r.order_id = a.order_id
    WHERE a.invoice_id = ${invoiceId} AND r.stage = 'executing' ORDER BY r.id`;
  return (await queryRows(db, idRow, query)).map(({ id }) => id);
}

/** Who looks at whom an invoice is made out to, and from where (ORD-7). */
export type RecipientLook = {
  invoiceId: string;
  providerId: string;
  viewerId: string;
  viewerRole: string;
  requestId: string;
  sourceIp: string;
};

/** Leaves a look at the recipient of an invoice in the audit trail, as looks at the contacts in orders are. */
export async function lookAtRecipient(db: Database, { invoiceId, ...look }: RecipientLook): Promise<void> {
  await db.contactLook.create({ data: { ...look, orderId: invoiceId }, select: { id: true } });
}
