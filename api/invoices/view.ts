import type { KeyRing } from '../../codec/keys';
import { invoiceDeadlines } from '../../domain/invoices/deadlines';
import { maskRecipient, type Recipient } from '../../domain/invoices/recipient';
import { allowedInvoiceActions } from '../../domain/invoices/rules';
import type { InvoiceDetails, InvoiceRow } from '../../prisma/store/invoices/invoices';
import { recipientOrNull } from './recipient';

const iso = (instant: number | string) => new Date(instant).toISOString();

/** How much of the recipient a reader sees: all; the title, the rest masked; or everything masked. */
export type Shown = 'all' | 'title' | 'masked';

const NOBODY = { title: null, taxNumber: null, address: null };

function recipientAs(shown: Shown, recipient: Recipient | null): { [F in keyof Recipient]: string | null } {
  if (recipient === null) return NOBODY;
  if (shown === 'all') return recipient;
  const masked = maskRecipient(recipient);
  return shown === 'title' ? { ...masked, title: recipient.title } : masked;
}

/** An invoice as lists show it: everything derives from the stored state, no clock is read (GEN-4). */
export function invoiceSummary(row: InvoiceRow, shown: Shown, keys: KeyRing) {
  const { id, buyerId, providerId, orders, state, policy } = row;
  const { stage, amountFen, overdue, mailing, returnProposedBy, reason, due } = state;
  if (due === null) throw new Error(`${id} has no instant by which it is to be mailed`);
  return {
    ...{ id, buyerId, providerId, state: stage, amountFen, orders },
    ...recipientAs(shown, recipientOrNull(keys, id, row.sealed)),
    ...{ overdue, dueAt: iso(due.atMs), dueProvisional: due.provisional },
    mailing: mailing && { courier: mailing.courier, trackingNumber: mailing.trackingNumber, at: iso(mailing.atMs) },
    returnProposedBy,
    reason,
    allowedActions: allowedInvoiceActions(state),
    deadlines: invoiceDeadlines(state, policy).map(({ name, atMs, outcome, stoppableBy }) => ({
      name,
      at: iso(atMs),
      outcome,
      stoppableBy: [...stoppableBy],
    })),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** An invoice in full. */
export function invoiceView(details: InvoiceDetails, shown: Shown, keys: KeyRing) {
  const timeline = details.timeline.map((step) => ({ ...step, at: iso(step.at) }));
  return { ...invoiceSummary(details, shown, keys), timeline };
}
