import { invoiceDeadlines, nextInvoiceDeadline } from '../../domain/invoices/deadlines';
import { allowedInvoiceActions, type InvoicePolicy } from '../../domain/invoices/rules';
import type { InvoiceState } from '../../domain/invoices/state';
import type { InvoiceSubject } from '../../domain/invoices/step';
import { DUE_AT, OVERDUE, STAGE } from '../shared/search-attributes';

/** The search attributes that a step changes, so that an upsert is made only for a change. */
export function changedAttributes(policy: InvoicePolicy, before: InvoiceState | null, after: InvoiceState) {
  const dueAtMs = nextInvoiceDeadline(after, policy)?.atMs;
  const dueBeforeMs = before === null ? undefined : nextInvoiceDeadline(before, policy)?.atMs;
  return [
    ...(after.stage === before?.stage ? [] : [{ key: STAGE, value: after.stage }]),
    ...(after.overdue === (before?.overdue ?? false) ? [] : [{ key: OVERDUE, value: after.overdue }]),
    ...(dueAtMs === undefined || dueAtMs === dueBeforeMs ? [] : [{ key: DUE_AT, value: new Date(dueAtMs) }]),
  ];
}

/** What operations read in the Temporal UI: how far it is, what is possible, and what passes by itself. */
export function describeInvoice({ invoiceId }: InvoiceSubject, state: InvoiceState, policy: InvoicePolicy): string {
  const proposed = state.returnProposedBy === null ? '' : `, the ${state.returnProposedBy} wants it returned`;
  return [
    `**invoice** ${invoiceId}, ${state.amountFen} fen`,
    `**${state.stage}**${proposed}${state.overdue ? ' — was not mailed in time' : ''}`,
    `Possible now: ${allowedInvoiceActions(state).join(', ') || 'nothing'}`,
    ...invoiceDeadlines(state, policy).map(
      ({ name, atMs, outcome }) =>
        `- ${new Date(atMs).toISOString()} (UTC) ${name.replaceAll('_', ' ')} → ${outcome.replaceAll('_', ' ')}`,
    ),
    ...(state.due?.provisional ? ['The time to mail is provisional: the calendar of that year is not published.'] : []),
  ].join('\n\n');
}
