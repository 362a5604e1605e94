import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { OrderTerms, PaymentFact } from '../../domain/orders/order';
import type { OrderPolicy } from '../../domain/policies/catalogue';

/** What an order workflow is started with. */
export type OrderInput = { terms: OrderTerms; placedBy: PlacedBy; policy: OrderPolicy };

export type OrderResult = { outcome: 'refused' | 'closed' | 'paid' };

/** The command that places the order, and from where it came (AUD-1). */
export type PlacedBy = { commandId: string; requestId: string; sourceIp: string };

export const orderWorkflowId = (orderId: string): string => `order/${orderId}`;

/**
 * Sent with the start and answered once the order's row is stored. It changes nothing: a
 * start whose update was lost is a placed order all the same.
 */
export const untilPlaced = defineUpdate<void>('untilPlaced');

/** A payment channel's report that money arrived; a fact, so it cannot be refused (ORD-6). */
export const paymentReceived = defineSignal<[PaymentFact]>('paymentReceived');

/** A payment that no running order takes is sent back by a workflow of its own, one per transaction. */
export const paymentReturnWorkflowId = (payment: Pick<PaymentFact, 'channel' | 'transactionId'>): string =>
  `payment-return/${payment.channel}/${payment.transactionId}`;
