import type { DeliveryState } from '../deliveries/state';
import type { DeliveryPolicy } from '../policies/catalogue';
import type { OrderTerms, PaymentFact } from './order';

/** The first step of an order: the row itself. */
export type PlacedStep = {
  terms: OrderTerms;
  commandId: string;
  requestId: string;
  sourceIp: string;
  atMs: number;
  payByMs: number;
};

/** What becomes of an unpaid order: a payment starts its delivery (DLV-1), or, without one, it closes (ORD-6). */
export type SettledStep = {
  terms: OrderTerms;
  payment: PaymentFact | null;
  /** Every payment that the order has looked at, whether it took it or sent it back. */
  knownPaymentIds: string[];
  delivery: DeliveryState;
  policy: DeliveryPolicy;
  atMs: number;
};

/** What the table says became of the order; it wins over what the workflow proposed. */
export type Settled = Pick<SettledStep, 'payment' | 'delivery'>;

/** The same, or that the order may not close yet: a payment was received in time that it has not looked at (ORD-6). */
export type Settlement = Settled | 'payment_expected';
