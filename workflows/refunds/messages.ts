import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { RefundCommand, RefundOperation } from '../../domain/refunds/commands';
import type { RefundPolicy } from '../../domain/refunds/deadlines';
import type { RefundState } from '../../domain/refunds/state';
import type { RefundTerms } from '../../domain/refunds/step';
import type { Origin } from '../../domain/shared/actor';
import type { DistributiveOmit } from '../../domain/shared/distributive-omit';

/** What the workflow of a refund is started with. */
export type RefundInput = {
  terms: RefundTerms;
  /** The command that asks for it, in whose words, and from where it came (AUD-1). */
  request: { commandId: string; note: string; origin: Origin };
  policy: RefundPolicy;
};

/** How a refund ended; `refused` when it could not be asked for. */
export type RefundResult = {
  outcome: 'refunded' | 'withdrawn' | 'declined' | 'rejected' | 'refused';
  refundedFen: number;
};

export const refundWorkflowId = (refundId: string): string => `refund/${refundId}`;

/** Sent in one call with the start, and answered once the refund's row is stored. Refused when it cannot be asked for. */
export const untilRequested = defineUpdate<void>('untilRequested');

/** A command as it is sent: its id is the update's own id, and need not be said twice. */
export type SentRefundCommand = DistributiveOmit<RefundCommand, 'commandId'>;

/** One update a kind of command, so that a history reads in the words of the business. Answered when its row is stored. */
export const refundUpdate = (action: RefundOperation) => defineUpdate<void, [SentRefundCommand]>(action);

/** The invoice that an execution waits for may be settled (RFD-4): it looks at once, and does not wait for its next look. */
export const invoiceSettled = defineSignal('invoiceSettled');

/** For operations and tests: what the workflow itself believes. Screens read PostgreSQL. */
export const refundState = defineQuery<{ state: RefundState; sequence: number }>('state');
