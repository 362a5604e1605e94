import type { DeliveryCommand } from '../../domain/deliveries/commands';
import { type DeliveryState, newDelivery } from '../../domain/deliveries/state';
import type { DeliveryStep } from '../../domain/deliveries/step';
import { applyCommand } from '../../domain/deliveries/transitions';
import type { OrderTerms, PaymentFact } from '../../domain/orders/order';
import type { PlacedStep, SettledStep } from '../../domain/orders/step';
import type { DeliveryPolicy } from '../../domain/policies/catalogue';
import { roleOf } from '../../domain/shared/actor';

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
export const placing = ({ terms, placedBy, payWithinMs }: PeerInput, atMs: number): PlacedStep => ({
  ...placedBy,
  terms,
  atMs,
  payByMs: atMs + payWithinMs,
});

/** The step by which a paid order begins its delivery. */
export const settling = ({ terms, policy }: PeerInput, payment: PaymentFact, atMs: number): SettledStep => ({
  terms,
  payment,
  knownPaymentIds: [payment.paymentId],
  delivery: newDelivery(terms.flow, atMs),
  policy,
  atMs,
});

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
