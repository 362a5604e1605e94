import type { OrderPolicy } from '../policies/catalogue';
import type { Step, StoredStep } from '../shared/step';
import type { OrderTerms } from './order';
import type { OrderState } from './state';

/**
 * One step of an order, written in one transaction: the audit row, the order, and where it is paid the payment that it
 * counts and the beginning of its delivery (DLV-1).
 */
export type OrderStep = Step<OrderState> & {
  terms: OrderTerms;
  policy: OrderPolicy;
  /** Every payment that the order has looked at, whether it took it or sent it back. */
  knownPaymentIds: string[];
  /** The files that it names; absent where it names none. */
  attachmentIds?: string[];
};

/** The step that the table holds at a sequence. */
export type StoredOrderStep = StoredStep<OrderState>;

/** The number of the step that places an order. Refunds are objects of their own. */
export const PLACED = 1;

/** Whether a step is the one by which an order is paid, or taken for nothing: what follows from that follows once. */
export const beginsFulfilment = ({ action }: Pick<OrderStep, 'action'>): boolean =>
  action === 'order.paid' || action === 'buyer.take';
