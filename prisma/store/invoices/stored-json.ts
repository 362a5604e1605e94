import { z } from 'zod';
import type { InvoicePolicy } from '../../../domain/invoices/rules';
import { INVOICE_DEADLINES, INVOICE_STAGES, type InvoiceState, PARTIES } from '../../../domain/invoices/state';

/** An invoice's state, as its row and its steps hold it. */
export const storedInvoiceState: z.ZodType<InvoiceState> = z.object({
  stage: z.enum(INVOICE_STAGES),
  amountFen: z.int(),
  waitingSinceMs: z.number(),
  passed: z.array(z.enum(INVOICE_DEADLINES)),
  due: z.object({ atMs: z.number(), calendarVersion: z.string(), provisional: z.boolean() }).nullable(),
  overdue: z.boolean(),
  mailing: z.object({ courier: z.string(), trackingNumber: z.string(), atMs: z.number() }).nullable(),
  returnProposedBy: z.enum(PARTIES).nullable(),
  reason: z.string().nullable(),
});

/** The policies that an invoice keeps for life (GEN-3), as its row holds them. */
export const storedInvoicePolicy: z.ZodType<InvoicePolicy> = z.object({
  issueWithin: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('elapsed'), ms: z.number() }),
    z.object({ kind: z.literal('workingDays'), days: z.int() }),
  ]),
  remindBeforeMs: z.number(),
  receiptReminderMs: z.number(),
  autoConfirmMs: z.number(),
  returnReminderMs: z.number(),
  returnWithinMs: z.number(),
});
