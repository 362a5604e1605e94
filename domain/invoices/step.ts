import type { Step, StoredStep } from '../shared/step';
import type { InvoiceState } from './state';

/** What never changes of an invoice, as its workflow knows it; whom it is made out to is sealed in the tables. */
export type InvoiceSubject = { invoiceId: string; buyerId: string; providerId: string };

/** One step of an invoice, written in one transaction: audit row, invoice, what of its orders is invoiced, outbox. */
export type InvoiceStep = Step<InvoiceState> & { subject: InvoiceSubject };

/** The step that the table holds at a sequence. */
export type StoredInvoiceStep = StoredStep<InvoiceState>;
