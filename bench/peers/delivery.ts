import type { DeliveryCommand } from '../../domain/deliveries/commands';
import type { DeliveryState } from '../../domain/deliveries/state';
import type { DeliveryStep } from '../../domain/deliveries/step';
import { applyCommand } from '../../domain/deliveries/transitions';
import type { OrderTerms, PaymentFact } from '../../domain/orders/order';
import { newOrder, pay } from '../../domain/orders/state';
import { type OrderStep, PLACED } from '../../domain/orders/step';
import type { DeliveryPolicy } from '../../domain/policies/catalogue';
import { roleOf } from '../../domain/shared/actor';
import { systemCause } from '../../domain/shared/step';

/** What a peer's workflow starts with. The rules are the system's own; what differs is how a command reaches its row. */
export type PeerInput = {
  terms: OrderTerms;
  placedBy: { commandId: string; requestId: string; sourceIp: string };
  policy: DeliveryPolicy;
  payWithinMs: number;
};

/** A delivery as its workflow knows it. */
export type Known = { state: DeliveryState; sequence: number };

/** The longest that a peer waits for the next command, seconds: the least of what their timers can hold. */
export const LONGEST_WAIT_S = 20 * 24 * 3_600;

export const peerWorkflowId = (orderId: string): string => `peer/${orderId}`;
/** An order and its delivery are numbered alike. */
export const orderIdOf = (deliveryId: string): string => deliveryId.replace(/^dlv_/, 'ord_');

/** The step that places the order. */
export const placing = ({ terms, placedBy, policy, payWithinMs }: PeerInput, atMs: number): OrderStep => ({
  ...{ ...placedBy, action: 'order.placed', actorRole: 'buyer', actorId: terms.buyerId, note: '' },
  ...{ state: newOrder(terms, atMs + payWithinMs), notices: [], sequence: PLACED, atMs },
  ...{ terms, policy: { payWithinMs, autoConfirmAfterMs: payWithinMs, delivery: policy }, knownPaymentIds: [] },
});

/** The step by which a paid order begins its delivery, and how that begins. */
export function settling(input: PeerInput, placed: OrderStep, payment: PaymentFact, atMs: number) {
  const paid = pay(input.terms, placed.state, payment, atMs);
  const delivery = paid?.state.delivery;
  if (!paid || !delivery) throw new Error(`${payment.paymentId} does not pay ${payment.orderId}`);
  const cause = systemCause(`${payment.orderId}/${payment.transactionId}`, 'order.paid');
  return { step: { ...placed, ...cause, ...paid, sequence: PLACED + 1, atMs }, delivery };
}

/** The step that a command makes. */
export function stepOf(
  { terms, policy }: PeerInput,
  { state, sequence }: Known,
  command: DeliveryCommand,
  atMs: number,
): DeliveryStep {
  const { commandId, action, note, attachmentIds, origin } = command;
  return {
    ...{ deliveryId: terms.deliveryId, sequence: sequence + 1, commandId, action, note, attachmentIds, atMs },
    ...{ actorRole: roleOf(action), actorId: origin.actorId, requestId: origin.requestId, sourceIp: origin.sourceIp },
    ...{ appealId: null, ruling: null },
    ...applyCommand(state, command, policy, atMs),
  };
}
