import type { Duration } from '../policies/duration';
import { INVOICE_OPERATIONS, type InvoiceOperation } from './commands';
import type { InvoiceStage, InvoiceState } from './state';

/** The policies an invoice keeps from its request (GEN-3). */
export type InvoicePolicy = {
  issueWithin: Duration;
  /** Before that is over. */
  remindBeforeMs: number;
  /** After the mailing. */
  receiptReminderMs: number;
  autoConfirmMs: number;
  /** After a return was proposed. */
  returnReminderMs: number;
  returnWithinMs: number;
};

/** Legality as data: the stages in which each operation is possible (INV-1, RFD-4). */
export const LEGAL_IN: Record<InvoiceOperation, readonly InvoiceStage[]> = {
  'buyer.withdraw': ['pending'],
  'buyer.confirm': ['mailed', 'done'],
  'buyer.return': ['mailed', 'done'],
  'provider.process': ['pending'],
  'provider.mail': ['processing'],
  'provider.return': ['mailed', 'done'],
  'provider.void': ['pending', 'processing', 'mailed'],
  'ops.void': ['pending', 'processing', 'mailed', 'done'],
  'ops.keep': ['mailed', 'done'],
};

/**
 * Whether an operation is possible. A return is agreed by one word of each party; while it is proposed, the buyer may
 * confirm the receipt instead, and operations may decide that the invoice is kept.
 */
export function isLegal({ stage, returnProposedBy }: InvoiceState, operation: InvoiceOperation): boolean {
  if (!LEGAL_IN[operation].includes(stage)) return false;
  switch (operation) {
    case 'buyer.confirm':
      return stage === 'mailed' || returnProposedBy !== null;
    case 'buyer.return':
      return returnProposedBy !== 'buyer';
    case 'provider.return':
      return returnProposedBy !== 'provider';
    case 'ops.keep':
      return returnProposedBy !== null;
    default:
      return true;
  }
}

/** Everything that somebody may do to the invoice now. */
export const allowedInvoiceActions = (state: InvoiceState): InvoiceOperation[] =>
  INVOICE_OPERATIONS.filter((operation) => isLegal(state, operation));
