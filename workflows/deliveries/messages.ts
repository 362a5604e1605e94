import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { DeliveryAction, DeliveryCommand } from '../../domain/deliveries/commands';
import type { DeliveryState, Outcome } from '../../domain/deliveries/state';
import type { DeliveryPolicy } from '../../domain/policies/catalogue';
import type { DistributiveOmit } from '../../domain/shared/distributive-omit';

/** What a delivery workflow is started with; also what it continues as new with. */
export type DeliveryInput = {
  deliveryId: string;
  orderId: string;
  buyerId: string;
  providerId: string;
  /** What the buyer paid, fen: the most that a ruling can refund. */
  paidFen: number;
  policy: DeliveryPolicy;
  state: DeliveryState;
  /** Number of the last recorded step. */
  sequence: number;
};

/** How a delivery ended; `refundFen` is what the buyer got back (0 unless cancelled). */
export type DeliveryResult = { outcome: Outcome; refundFen: number };

export const deliveryWorkflowId = (deliveryId: string): string => `delivery/${deliveryId}`;

/** One update a kind of command, so that a history reads in the words of the business. Answered when its row is stored. */
export const deliveryUpdate = (action: DeliveryAction) => defineUpdate<void, [SentCommand]>(action);

/** A command as it is sent: its id is the update's own id, and need not be said twice. */
export type SentCommand = DistributiveOmit<DeliveryCommand, 'commandId'>;

/** For operations and tests: what the workflow itself believes. Screens read PostgreSQL. */
export const deliveryState = defineQuery<{ state: DeliveryState; sequence: number }>('state');
