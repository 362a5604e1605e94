import type { MessageEvent } from '../notifications/events';
import type { Audience, Notice } from '../notifications/notice';
import type { Transition } from '../shared/step';
import type { InvoiceCommand } from './commands';
import { type InvoiceDeadline, turnOf } from './deadlines';
import { type InvoiceState, newInvoice, type Party } from './state';
import type { InvoiceSubject } from './step';

/** What a step makes of an invoice. */
export type InvoiceTransition = Transition<InvoiceState>;

type InvoiceEvent = Extract<MessageEvent, `invoice.${string}`>;
type Params = Record<string, string>;

const PARTIES: Audience[] = ['buyer', 'provider'];

/** A notice about an invoice: it names the invoice and the amount, never whom it is made out to. */
function notice(
  subject: InvoiceSubject,
  state: InvoiceState,
  event: InvoiceEvent,
  to: Audience[],
  params: Params = {},
) {
  const { invoiceId } = subject;
  return { event, to, params: { invoiceId, amountFen: String(state.amountFen), ...params } } satisfies Notice;
}

const dueAtOf = ({ due }: InvoiceState): string => (due === null ? '' : new Date(due.atMs).toISOString());

/** A buyer has asked for an invoice (INV-1); `dueAt` is left for the activity, which alone knows the calendar. */
export function requested(subject: InvoiceSubject, amountFen: number, nowMs: number): InvoiceTransition {
  const state = newInvoice(amountFen, nowMs);
  return { state, notices: [notice(subject, state, 'invoice.requested', ['provider'], { dueAt: '' })] };
}

/** What a legal command makes of an invoice (INV-1, RFD-4). */
export function applyInvoiceCommand(
  subject: InvoiceSubject,
  state: InvoiceState,
  command: InvoiceCommand,
  nowMs: number,
): InvoiceTransition {
  const { note: reason } = command;
  const becomes = (next: InvoiceState, event: InvoiceEvent, to: Audience[], params: Params = {}) => ({
    state: next,
    notices: [notice(subject, next, event, to, params)],
  });
  switch (command.action) {
    case 'buyer.withdraw':
      return becomes({ ...state, stage: 'withdrawn' }, 'invoice.withdrawn', ['provider']);
    case 'provider.process':
      return becomes({ ...state, stage: 'processing' }, 'invoice.processing', ['buyer']);
    case 'provider.mail': {
      const { courier, trackingNumber } = command.mailing;
      const mailing = { courier, trackingNumber, atMs: nowMs };
      const mailed = { ...waiting(state, nowMs), stage: 'mailed', mailing } as const;
      return becomes(mailed, 'invoice.mailed', ['buyer'], { courier, trackingNumber });
    }
    case 'buyer.confirm':
      return confirmed(subject, state, nowMs);
    case 'buyer.return':
      return wantsReturn(subject, state, 'buyer', nowMs);
    case 'provider.return':
      return wantsReturn(subject, state, 'provider', nowMs);
    case 'provider.void':
    case 'ops.void':
      return becomes({ ...state, stage: 'void', returnProposedBy: null, reason }, 'invoice.void', PARTIES, { reason });
    case 'ops.keep':
      return becomes({ ...waiting(state, nowMs), returnProposedBy: null }, 'invoice.return_declined', PARTIES, {
        reason,
      });
  }
}

/** Something new is waited for from now on. */
const waiting = (state: InvoiceState, nowMs: number): InvoiceState => ({ ...state, waitingSinceMs: nowMs, passed: [] });

/** The buyer has it, and keeps it: a return that was proposed is off. */
function confirmed(subject: InvoiceSubject, state: InvoiceState, nowMs: number): InvoiceTransition {
  const done: InvoiceState = { ...waiting(state, nowMs), stage: 'done', returnProposedBy: null };
  const notices: Notice[] = [
    ...(state.stage === 'done' ? [] : [notice(subject, done, 'invoice.done', ['provider'], { outcome: 'confirmed' })]),
    ...(state.returnProposedBy === null
      ? []
      : [notice(subject, done, 'invoice.return_declined', ['provider'], { reason: '' })]),
  ];
  return { state: done, notices };
}

/** One party wants it returned: where the other one does already, both agree, and it is (RFD-4). */
function wantsReturn(subject: InvoiceSubject, state: InvoiceState, by: Party, nowMs: number): InvoiceTransition {
  if (state.returnProposedBy === null) {
    const proposed = { ...waiting(state, nowMs), returnProposedBy: by };
    return {
      state: proposed,
      notices: [notice(subject, proposed, 'invoice.return_proposed', [turnOf(proposed)], { by })],
    };
  }
  const returned: InvoiceState = { ...state, stage: 'returned', returnProposedBy: null };
  return { state: returned, notices: [notice(subject, returned, 'invoice.returned', PARTIES)] };
}

/**
 * A deadline has passed. Only the receipt is taken for granted by inactivity: it moves no money and takes no right away,
 * since an invoice that is `done` can be returned as before (GEN-5). Everything else reminds, then escalates.
 */
export function passInvoiceDeadline(
  subject: InvoiceSubject,
  state: InvoiceState,
  { name }: Pick<InvoiceDeadline, 'name'>,
  nowMs: number,
): InvoiceTransition {
  const passed: InvoiceState = { ...state, passed: [...state.passed, name] };
  const dueAt = dueAtOf(state);
  const remind = (of: string, params: Params = {}) => ({
    state: passed,
    notices: [notice(subject, passed, 'invoice.reminder', [turnOf(state)], { of, ...params })],
  });
  switch (name) {
    case 'issue_reminder':
      return remind('issue', { dueAt });
    case 'issue_within': {
      const overdue = { ...passed, overdue: true };
      const toParties = notice(subject, overdue, 'invoice.overdue', PARTIES, { dueAt });
      const toOps = notice(subject, overdue, 'invoice.escalated', ['ops'], { reason: 'not_mailed' });
      return { state: overdue, notices: [toParties, toOps] };
    }
    case 'receipt_reminder':
      return remind('receipt', { dueAt: '' });
    case 'auto_confirm': {
      const done = { ...waiting(state, nowMs), stage: 'done' } as const;
      return { state: done, notices: [notice(subject, done, 'invoice.done', PARTIES, { outcome: 'auto_confirmed' })] };
    }
    case 'return_reminder':
      return remind('return', { dueAt: '' });
    case 'return_within':
      return {
        state: passed,
        notices: [notice(subject, passed, 'invoice.escalated', ['ops'], { reason: 'return_unanswered' })],
      };
  }
}
