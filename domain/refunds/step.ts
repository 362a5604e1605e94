import type { Step, StoredStep } from '../shared/step';
import type { RefundPolicy } from './deadlines';
import type { ReasonCode } from './reasons';
import type { RefundState } from './state';

/** What a refund is of, and who asked for it; it does not change. */
export type RefundTerms = {
  refundId: string;
  orderId: string;
  /** The order's delivery, whose workflow is to be told when it pauses or goes on; null where it has none. */
  deliveryId: string | null;
  buyerId: string;
  providerId: string;
  initiatedBy: 'buyer' | 'provider';
  reasonCode: ReasonCode;
  amountFen: number;
};

/**
 * One step of a refund, written in one transaction: the audit row, the state, what of the payment is reserved, the order
 * and the delivery that it holds, and the outbox.
 */
export type RefundStep = Step<RefundState> & {
  terms: RefundTerms;
  policy: RefundPolicy;
};

/** The step that the table holds at a sequence. */
export type StoredRefundStep = StoredStep<RefundState>;
