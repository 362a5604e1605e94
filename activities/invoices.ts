import { deadlineAfter, type HolidayCalendar } from '../domain/calendar/working-days';
import type { InvoiceStep, StoredInvoiceStep } from '../domain/invoices/step';
import type { Duration } from '../domain/policies/duration';
import { refundsThatWaitFor } from '../prisma/store/invoices/invoices';
import { type InvoiceRequest, writeInvoiceStep } from '../prisma/store/invoices/steps';
import { findStep } from '../prisma/store/shared/audit-log';
import type { Database } from '../prisma/store/shared/database';
import { recordStep } from './shared/record-step';

export type InvoiceActivities = ReturnType<typeof invoiceActivities>;

/** The activities of the workflow of an invoice. */
export function invoiceActivities({ db, calendar }: { db: Database; calendar: HolidayCalendar }) {
  return {
    /** The instant by which an invoice is to be mailed, and how sure it is (GEN-1). */
    async invoiceDue({ fromMs, within }: { fromMs: number; within: Duration }) {
      return deadlineAfter(fromMs, within, calendar);
    },

    /** The step that the table holds at a sequence, or null. */
    async storedInvoiceStep(key: { invoiceId: string; sequence: number }): Promise<StoredInvoiceStep | null> {
      return findStep(db, key.invoiceId, key.sequence);
    },

    /** The refunds that waited for an invoice when it ended (RFD-4). */
    async refundsThatWait({ invoiceId }: { invoiceId: string }): Promise<string[]> {
      return refundsThatWaitFor(db, invoiceId);
    },

    /**
     * Records one step, and what of the orders is invoiced by it.
     * @returns the step that the table holds now, which wins: the workflow adopts it
     */
    async recordInvoiceStep(proposal: { step: InvoiceStep; request: InvoiceRequest }): Promise<StoredInvoiceStep> {
      const { request } = proposal;
      const step = withDueInstant(proposal.step, request.policy.issueWithin, calendar);
      const { invoiceId } = step.subject;
      return recordStep(db, invoiceId, step, (runId) => writeInvoiceStep(db, step, request, runId));
    },
  };
}

/** The request gets the instant by which it is to be mailed, and its notice carries it. */
function withDueInstant(step: InvoiceStep, within: Duration, calendar: HolidayCalendar): InvoiceStep {
  const { state, notices } = step;
  if (state.due !== null) return step;
  const due = deadlineAfter(state.waitingSinceMs, within, calendar);
  const dueAt = new Date(due.atMs).toISOString();
  return {
    ...step,
    state: { ...state, due },
    notices: notices.map((notice) => ({ ...notice, params: { ...notice.params, dueAt } })),
  };
}
