import { z } from 'zod';
import type { KeyRing } from '../../codec/keys';
import { INVOICE_STAGES } from '../../domain/invoices/state';
import { listInvoices } from '../../prisma/store/invoices/invoices';
import type { Database } from '../../prisma/store/shared/database';
import type { PrincipalRole } from '../http/auth';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { operationsOn } from '../http/operations';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { byId, id, pageOf, paging, REASON_MAX, text } from '../http/schemas';
import { scopeOf } from '../http/scope';
import { invoiceRequest, invoiceSchema, invoiceSummarySchema, mailingBody } from './schemas';
import { type Asked, type InvoiceOperationDetails, type InvoiceService, shownTo } from './service';
import { invoiceSummary } from './view';

const accessOf = { buyer: { buyer: 'any' }, provider: { provider: 'finance' }, ops: { ops: 'any' } } as const;
const reason = z.strictObject({ reason: text(REASON_MAX) }).openapi('InvoiceReason');

/** What invoice routes call and read. */
export type InvoiceRoutes = { db: Database; keys: KeyRing; service: InvoiceService };

/** Invoices: asking for them, issuing and mailing them, and what ends them (INV-1, RFD-4). */
export function invoiceRoutes(context: ApiContext, parts: InvoiceRoutes): void {
  reading(context, parts);
  asking(context, parts.service);
  operating(context, parts.service);
}

function reading(context: ApiContext, { db, keys, service }: InvoiceRoutes): void {
  for (const role of ['buyer', 'provider', 'ops'] as const) {
    get(context, {
      path: `/v1/${role}/invoices`,
      summary: 'Invoices, newest first; `overdue=true` is what was not mailed in time, `orderId` what of an order is',
      tag: 'Invoices',
      access: accessOf[role],
      params: nothing,
      query: z.strictObject({
        ...paging,
        state: z.enum(INVOICE_STAGES).optional(),
        overdue: z.stringbool().optional().openapi({ type: 'boolean' }),
        orderId: id('ord').optional(),
      }),
      body: nothing,
      answer: { status: 200, schema: pageOf(invoiceSummarySchema, 'InvoicePage') },
      async handle({ principal, query }) {
        const page = pageOfQuery(query);
        const rows = await listInvoices(db, scopeOf(principal), query, page);
        return pageAnswer(rows, page, (row) => invoiceSummary(row, shownTo(principal), keys));
      },
    });
    get(context, {
      path: `/v1/${role}/invoices/{id}`,
      summary: 'One invoice: its orders, deadlines, what is allowed now, timeline',
      tag: 'Invoices',
      access: accessOf[role],
      params: byId,
      query: nothing,
      body: nothing,
      answer: { status: 200, schema: invoiceSchema },
      handle: (call) => service.view(call.params.id, call),
    });
  }
}

/** A saved title, or what is said instead. */
function recipientOf({ titleId, title, taxNumber, address }: z.output<typeof invoiceRequest>): Asked['recipient'] {
  if (titleId !== undefined) return { titleId };
  if (title === undefined || address === undefined) throw new Error('a request names whom the invoice is made out to');
  return { title, taxNumber: taxNumber ?? null, address };
}

function asking(context: ApiContext, service: InvoiceService): void {
  post(context, {
    path: '/v1/buyer/invoices',
    summary: 'Ask a provider for an invoice of what was paid and is not invoiced yet (INV-1)',
    tag: 'Invoices',
    access: accessOf.buyer,
    params: nothing,
    query: nothing,
    body: invoiceRequest,
    answer: { status: 201, schema: invoiceSchema },
    isRebuilt: true,
    handle(call) {
      const { providerId, amountFen, orderIds = null } = call.body;
      return service.ask(call, { providerId, amountFen, orderIds, recipient: recipientOf(call.body) });
    },
  });
}

function operating(context: ApiContext, service: InvoiceService): void {
  const { perform } = service;
  const parts = { objects: 'invoices', tag: 'Invoices', accessOf, schema: invoiceSchema, perform };
  const operation = operationsOn<PrincipalRole, InvoiceOperationDetails>(context, parts);
  const plain = (role: PrincipalRole, path: string, summary: string, action: PlainOperation) =>
    operation(role, path, summary, nothing, () => ({ action, note: '' }));
  const reasoned = (role: PrincipalRole, path: string, summary: string, action: PlainOperation) =>
    operation(role, path, summary, reason, (body) => ({ action, note: body.reason }));

  plain('buyer', 'withdraw', 'Withdraw the request while it is pending', 'buyer.withdraw');
  plain('buyer', 'confirm', 'Confirm the receipt; it declines a return that was proposed', 'buyer.confirm');
  plain('buyer', 'return', 'Propose to return it, or agree to that: returned as both agree (RFD-4)', 'buyer.return');
  plain('provider', 'process', 'Begin to process it', 'provider.process');
  operation('provider', 'mail', 'It was mailed', mailingBody, (mailing) => ({
    action: 'provider.mail',
    note: `${mailing.courier} ${mailing.trackingNumber}`,
    mailing,
  }));
  plain('provider', 'return', 'Propose to take it back, or agree to that (RFD-4)', 'provider.return');
  reasoned('provider', 'void', 'Declare it void, with the reason that the buyer reads', 'provider.void');
  reasoned('ops', 'void', 'Declare it void where the parties cannot agree', 'ops.void');
  reasoned('ops', 'keep', 'Decide that an invoice whose return was proposed is kept', 'ops.keep');
}

type PlainOperation = Exclude<InvoiceOperationDetails['action'], 'provider.mail'>;
