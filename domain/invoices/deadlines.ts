import type { NamedDeadline } from '../shared/deadlines';
import type { InvoicePolicy } from './rules';
import type { InvoiceDeadlineName, InvoiceState, Party } from './state';

/** A running deadline of an invoice, visible to all (GEN-4). */
export type InvoiceDeadline = NamedDeadline & {
  name: InvoiceDeadlineName;
  outcome: 'provider_reminded' | 'buyer_reminded' | 'escalated_to_operations' | 'done';
  stoppableBy: readonly (Party | 'ops')[];
};

const other = (party: Party): Party => (party === 'buyer' ? 'provider' : 'buyer');

/** What can still pass while nobody acts, the earliest first (INV-1, GEN-5). */
export function invoiceDeadlines(state: InvoiceState, policy: InvoicePolicy): InvoiceDeadline[] {
  return ofWait(state, policy)
    .filter(({ name }) => !state.passed.includes(name))
    .sort((a, b) => a.atMs - b.atMs);
}

/** The earliest deadline that runs, or undefined. */
export const nextInvoiceDeadline = (state: InvoiceState, policy: InvoicePolicy): InvoiceDeadline | undefined =>
  invoiceDeadlines(state, policy)[0];

/** Who has to act on what is waited for: the provider mails, the buyer confirms, the other one answers a return. */
export function turnOf({ stage, returnProposedBy }: Pick<InvoiceState, 'stage' | 'returnProposedBy'>): Party {
  if (returnProposedBy !== null) return other(returnProposedBy);
  return stage === 'mailed' ? 'buyer' : 'provider';
}

function ofWait(state: InvoiceState, policy: InvoicePolicy): InvoiceDeadline[] {
  const { stage, returnProposedBy, waitingSinceMs: sinceMs } = state;
  if (returnProposedBy !== null && (stage === 'mailed' || stage === 'done')) {
    const toAct = other(returnProposedBy);
    const stoppableBy = ['buyer', ...(toAct === 'provider' ? (['provider'] as const) : []), 'ops'] as const;
    return [
      { name: 'return_reminder', atMs: sinceMs + policy.returnReminderMs, outcome: `${toAct}_reminded`, stoppableBy },
      {
        name: 'return_within',
        atMs: sinceMs + policy.returnWithinMs,
        outcome: 'escalated_to_operations',
        stoppableBy,
      },
    ];
  }
  if (stage === 'pending' || stage === 'processing') return untilMailed(state, policy);
  if (stage !== 'mailed') return [];
  const stoppableBy = ['buyer', 'provider', 'ops'] as const;
  return [
    { name: 'receipt_reminder', atMs: sinceMs + policy.receiptReminderMs, outcome: 'buyer_reminded', stoppableBy },
    { name: 'auto_confirm', atMs: sinceMs + policy.autoConfirmMs, outcome: 'done', stoppableBy },
  ];
}

/** Mailing in time: a reminder where there is time for one, then operations. Nothing is decided by it. */
function untilMailed({ stage, due, waitingSinceMs }: InvoiceState, policy: InvoicePolicy): InvoiceDeadline[] {
  if (due === null) return [];
  const reminderAtMs = due.atMs - policy.remindBeforeMs;
  const stoppableBy = stage === 'pending' ? (['buyer', 'provider', 'ops'] as const) : (['provider', 'ops'] as const);
  const within = {
    name: 'issue_within',
    atMs: due.atMs,
    outcome: 'escalated_to_operations',
    stoppableBy,
  } as const;
  if (reminderAtMs <= waitingSinceMs) return [within];
  return [{ name: 'issue_reminder', atMs: reminderAtMs, outcome: 'provider_reminded', stoppableBy }, within];
}
