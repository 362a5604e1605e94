import {
  getExternalWorkflowHandle,
  makeContinueAsNewFunc,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { InvoiceActivities } from '../../activities/invoices';
import { INVOICE_OPERATIONS, type InvoiceCommand } from '../../domain/invoices/commands';
import { nextInvoiceDeadline } from '../../domain/invoices/deadlines';
import { allowedInvoiceActions, isLegal } from '../../domain/invoices/rules';
import { type InvoiceState, isAtRest, newInvoice } from '../../domain/invoices/state';
import { applyInvoiceCommand, passInvoiceDeadline, requested } from '../../domain/invoices/transitions';
import { invoiceSettled, refundWorkflowId } from '../refunds/messages';
import type { Refused } from '../shared/failures';
import { STEP_ACTIVITIES } from '../shared/step-activities';
import { causeOf, type Recomputation } from '../shared/subject';
import { supervise } from '../shared/supervision';
import { changedAttributes, describeInvoice } from './display';
import {
  type InvoiceInput,
  type InvoiceResult,
  invoiceState,
  invoiceUpdate,
  type SentInvoiceCommand,
  untilRequested,
} from './messages';

const { recordInvoiceStep, storedInvoiceStep, invoiceDue, refundsThatWait } =
  proxyLocalActivities<InvoiceActivities>(STEP_ACTIVITIES);

function whyNotLegal(state: InvoiceState, { action }: InvoiceCommand): Refused | null {
  if (isLegal(state, action)) return null;
  const detail = `The invoice is ${state.stage}: see allowedActions for what is possible now.`;
  return { code: 'INVOICE.NOT_ALLOWED', detail, allowedActions: allowedInvoiceActions(state) };
}

/**
 * One invoice, from the buyer's request until it has it (INV-1). The provider has a time to mail it, after which
 * operations are notified; the buyer confirms the receipt, or it is taken for granted. A run ends when nothing is waited
 * for. An invoice that is done blocks refunds as before (RFD-4): who wants it returned, or void, begins a run anew from
 * where its row stands.
 */
export async function invoice(input: InvoiceInput): Promise<InvoiceResult> {
  const { subject, amountFen, orderIds, sealed, policy, request } = input;
  const { invoiceId } = subject;
  const supervised = supervise(
    {
      id: invoiceId,
      commands: {
        updates: INVOICE_OPERATIONS.map(invoiceUpdate),
        received: (sent: SentInvoiceCommand, commandId: string): InvoiceCommand => ({ ...sent, commandId }),
        judge: whyNotLegal,
        apply: (state, command, nowMs) => applyInvoiceCommand(subject, state, command, nowMs),
      },
      nextDeadline: (state) => nextInvoiceDeadline(state, policy),
      passDeadline: (state, deadline, nowMs) => passInvoiceDeadline(subject, state, deadline, nowMs),
      isClosed: isAtRest,
      recompute: recomputeDue,
      record: (step) => recordInvoiceStep({ step: { ...step, subject }, request: { policy, orderIds, sealed } }),
      stored: (sequence) => storedInvoiceStep({ invoiceId, sequence }),
      describe: (state) => describeInvoice(subject, state, policy),
      changedAttributes: (before, after) => changedAttributes(policy, before, after),
      continueAsNew: (position) => makeContinueAsNewFunc<typeof invoice>()({ ...input, position }),
    },
    input.position ?? { state: newInvoice(amountFen, Date.now()), sequence: 0 },
    {
      cause: causeOf({ ...request, action: 'buyer.request', note: '' }),
      transition: (nowMs) => requested(subject, amountFen, nowMs),
    },
  );
  setHandler(invoiceState, supervised.position);
  setHandler(untilRequested, async () => {
    const refused = await supervised.opened();
    if (refused !== null) throw refused;
  });

  const refused = await supervised.opened();
  const { stage } = await supervised.untilClosed();
  if (refused !== null) return { outcome: 'refused' };
  if (stage === 'pending' || stage === 'processing' || stage === 'mailed') throw new Error(`${stage} is no end`);
  if (stage !== 'done') await notifyRefunds();
  return { outcome: stage };

  /** It is in no refund's way any more (RFD-4): those that wait for it look at once. One that has ended needs no look. */
  async function notifyRefunds(): Promise<void> {
    for (const refundId of await refundsThatWait({ invoiceId })) {
      await getExternalWorkflowHandle(refundWorkflowId(refundId))
        .signal(invoiceSettled)
        .catch(() => undefined);
    }
  }

  /** The calendar may know more by now of the days until it is to be mailed (GEN-1). */
  async function recomputeDue(state: InvoiceState): Promise<Recomputation<InvoiceState> | null> {
    const isToBeMailed = state.stage === 'pending' || state.stage === 'processing';
    if (!isToBeMailed || state.overdue || !state.due?.provisional) return null;
    const due = await invoiceDue({ fromMs: state.waitingSinceMs, within: policy.issueWithin });
    return { name: 'issue_within', before: state.due, after: due, state: { ...state, due } };
  }
}
