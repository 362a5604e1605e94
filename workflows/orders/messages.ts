import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { OrderCommand, OrderOperation } from '../../domain/orders/commands';
import type { OrderTerms, PaymentFact } from '../../domain/orders/order';
import type { OrderState } from '../../domain/orders/state';
import type { OrderPolicy } from '../../domain/policies/catalogue';
import type { DistributiveOmit } from '../../domain/shared/distributive-omit';

/** What an order workflow is started with. */
export type OrderInput = { terms: OrderTerms; placedBy: PlacedBy; policy: OrderPolicy };

/** How the order's workflow ended; `refusal` says why none was placed, for whoever asks again after its answer was lost. */
export type OrderResult = {
  outcome: 'refused' | 'closed' | 'paid' | 'completed' | 'cancelled';
  refusal?: { code: string; detail: string };
};

/** The command that places the order, and from where it came (AUD-1). */
export type PlacedBy = { commandId: string; requestId: string; sourceIp: string };

export const orderWorkflowId = (orderId: string): string => `order/${orderId}`;

/**
 * Sent with the start and answered once the order's row is stored. It changes nothing: a
 * start whose update was lost is a placed order all the same.
 */
export const untilPlaced = defineUpdate<void>('untilPlaced');

/** One update a kind of command, so that a history reads in the words of the business. Answered when its row is stored. */
export const orderUpdate = (action: OrderOperation) => defineUpdate<void, [SentOrderCommand]>(action);

/** A command as it is sent: its id is the update's own id, and need not be said twice. */
export type SentOrderCommand = DistributiveOmit<OrderCommand, 'commandId'>;

/** For operations and tests: what the workflow itself believes. Screens read PostgreSQL. */
export const orderState = defineQuery<{ state: OrderState; sequence: number }>('state');

/** A payment channel's report that money arrived; a fact, so it cannot be refused (ORD-6). */
export const paymentReceived = defineSignal<[PaymentFact]>('paymentReceived');

/** A payment that no running order takes is sent back by a workflow of its own, one per transaction. */
export const paymentReturnWorkflowId = (payment: Pick<PaymentFact, 'channel' | 'transactionId'>): string =>
  `payment-return/${payment.channel}/${payment.transactionId}`;
