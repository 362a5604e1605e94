import { z } from 'zod';
import { ORDERS_MAX } from '../../domain/invoices/allotment';
import { INVOICE_OPERATIONS } from '../../domain/invoices/commands';
import { ADDRESS_MAX, isTaxNumber, TITLE_MAX } from '../../domain/invoices/recipient';
import { INVOICE_STAGES, PARTIES } from '../../domain/invoices/state';
import { namesNothingTwice } from '../../domain/shared/text';
import { amountFen, id, text, timelineEntry } from '../http/schemas';

const time = z.iso.datetime({ offset: true });

const title = text(TITLE_MAX);
const address = text(ADDRESS_MAX);
const taxNumber = z
  .string()
  .trim()
  .toUpperCase()
  .refine(isTaxNumber, 'must be a tax number of 15, 17, 18 or 20 digits and letters')
  .openapi({ example: '9144030071526726XG' });

const EXAMPLE = {
  title: '深圳某某科技有限公司',
  taxNumber: '9144030071526726XG',
  address: '深圳市南山区科技园 1 号，王会计，13800000001',
};

/** Whom invoices are made out to, as a buyer saves it: all of it, a tax number of null for a person. */
export const recipientBody = z
  .strictObject({ title, taxNumber: taxNumber.nullable(), address })
  .openapi('InvoiceRecipient', { example: EXAMPLE });

/** What a buyer asks for: made out to a saved title, or to what is said here. */
export const invoiceRequest = z
  .strictObject({
    providerId: id('prv'),
    amountFen,
    orderIds: z
      .array(id('ord'))
      .min(1)
      .max(ORDERS_MAX)
      .refine(namesNothingTwice, 'must not name an order twice')
      .optional()
      .openapi({ description: 'The oldest orders with something left, if absent' }),
    titleId: id('itl').optional().openapi({ description: 'A saved title, in place of the three fields below' }),
    title: title.optional(),
    taxNumber: taxNumber.nullable().optional().openapi({ description: 'Null or absent for a person' }),
    address: address.optional(),
  })
  .superRefine((sent, context) => {
    const isSaved = sent.titleId !== undefined;
    for (const field of ['title', 'address'] as const) {
      if (isSaved === (sent[field] === undefined)) continue;
      const message = isSaved ? 'must not be given beside titleId' : 'is required';
      context.addIssue({ code: 'custom', path: [field], message });
    }
    if (isSaved && sent.taxNumber != null) {
      context.addIssue({ code: 'custom', path: ['taxNumber'], message: 'must not be given beside titleId' });
    }
  })
  .openapi('InvoiceRequest', { example: { providerId: 'prv_demo', amountFen: 100_000, ...EXAMPLE } });

/** How an invoice is mailed. */
export const mailingBody = z.strictObject({ courier: text(60), trackingNumber: text(60) }).openapi('InvoiceMailing');

/** An invoice as lists show it. */
export const invoiceSummarySchema = z
  .object({
    id: z.string(),
    buyerId: z.string(),
    providerId: z.string(),
    state: z.enum(INVOICE_STAGES),
    amountFen: z.int(),
    orders: z.array(z.object({ orderId: z.string(), amountFen: z.int() })).openapi({
      description: 'What of it each order bears',
    }),
    title: z.string().nullable(),
    taxNumber: z.string().nullable(),
    address: z.string().nullable().openapi({ description: 'In full in the details for the parties only; else masked' }),
    overdue: z.boolean().openapi({ description: 'It was not mailed in time' }),
    dueAt: time.openapi({ description: 'By when it is to be mailed' }),
    dueProvisional: z.boolean(),
    mailing: z.object({ courier: z.string(), trackingNumber: z.string(), at: time }).nullable(),
    returnProposedBy: z
      .enum(PARTIES)
      .nullable()
      .openapi({ description: 'Who wants it returned; the other is to agree' }),
    reason: z.string().nullable().openapi({ description: 'Why it is void' }),
    allowedActions: z.array(z.enum(INVOICE_OPERATIONS)),
    deadlines: z.array(z.object({ name: z.string(), at: time, outcome: z.string(), stoppableBy: z.array(z.string()) })),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('InvoiceSummary');

/** An invoice in full. */
export const invoiceSchema = invoiceSummarySchema
  .extend({
    timeline: z.array(timelineEntry),
  })
  .openapi('Invoice');

/** A title that a buyer has saved. */
export const invoiceTitleSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    taxNumber: z.string().nullable(),
    address: z.string(),
    version: z.int(),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('InvoiceTitle');
