import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Purchase } from '../../domain/instances/protocol';
import type { InstanceState } from '../../domain/instances/state';
import type { InstanceIdentity } from '../../domain/instances/step';

/** What the workflow of an instance is started with, by a paid order. */
export type InstanceInput = {
  identity: InstanceIdentity;
  purchase: Purchase;
  /** Where an instance is that continues as new; absent at its start. */
  position?: { state: InstanceState; sequence: number };
};

export type InstanceResult = { outcome: 'destroyed' };

export const instanceWorkflowId = (instanceId: string): string => `instance/${instanceId}`;

/**
 * A paid order buys more of the instance, or changes it (INS-4); the update's id is the order's. Answered when it is
 * recorded; refused with INSTANCE.NOT_ALLOWED where nothing can be bought of it any more: the money goes back.
 */
export const purchased = defineUpdate<void, [Purchase]>('purchased');

/** All of an order's money has gone back (INS-4); a fact, so it cannot be refused. */
export const orderRefunded = defineSignal<[{ orderId: string; refundId: string }]>('orderRefunded');

/** For operations and tests: what the workflow itself believes. Screens read PostgreSQL. */
export const instanceState = defineQuery<{ state: InstanceState; sequence: number }>('state');

/** A check is named by the command that asks for it, so that a repetition does not call again. */
export const providerCheckWorkflowId = (checkId: string): string => `provider-check/${checkId}`;
