import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { InvoiceCommand, InvoiceOperation } from '../../domain/invoices/commands';
import type { InvoicePolicy } from '../../domain/invoices/rules';
import type { InvoiceState } from '../../domain/invoices/state';
import type { InvoiceSubject } from '../../domain/invoices/step';
import type { Origin } from '../../domain/shared/actor';
import type { DistributiveOmit } from '../../domain/shared/distributive-omit';

/** What the workflow of an invoice is started with. */
export type InvoiceInput = {
  subject: InvoiceSubject;
  amountFen: number;
  /** The orders chosen; null: the oldest first. */
  orderIds: string[] | null;
  /** Whom it is made out to, sealed by the API: neither histories nor the codec endpoint show it. */
  sealed: string;
  policy: InvoicePolicy;
  /** The command that asks for it, and from where it came (AUD-1). */
  request: { commandId: string; origin: Origin };
  /** Where an invoice is that continues as new, or that is done and begins anew; absent at its start. */
  position?: { state: InvoiceState; sequence: number };
};

/** How a run ended: `done` is a place to begin anew from; `refused` when there was nothing to invoice. */
export type InvoiceResult = { outcome: 'done' | 'returned' | 'void' | 'withdrawn' | 'refused' };

export const invoiceWorkflowId = (invoiceId: string) => `invoice/${invoiceId}`;

/** Sent in one call with the start, and answered once the invoice's row is stored, or with why it cannot be asked for. */
export const untilRequested = defineUpdate<void>('untilRequested');

/** A command as it is sent; its id is the update's own. */
export type SentInvoiceCommand = DistributiveOmit<InvoiceCommand, 'commandId'>;

/** One update a kind of command, so that a history reads in the words of the business. Answered when its row is stored. */
export const invoiceUpdate = (action: InvoiceOperation) => defineUpdate<void, [SentInvoiceCommand]>(action);

/** For operations and tests: what the workflow itself believes. Screens read PostgreSQL. */
export const invoiceState = defineQuery<{ state: InvoiceState; sequence: number }>('state');
