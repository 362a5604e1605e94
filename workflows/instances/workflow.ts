import {
  CancellationScope,
  condition,
  makeContinueAsNewFunc,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { InstanceActivities } from '../../activities/instances';
import type { ProviderCheck, ProviderCheckResult } from '../../domain/instances/check';
import type { Purchase } from '../../domain/instances/protocol';
import { type InstanceState, isDestroyed, isGone, type PendingCall } from '../../domain/instances/state';
import {
  answered,
  bought,
  newInstance,
  nextDeadline,
  passDeadline,
  refunded,
} from '../../domain/instances/transitions';
import { systemCause } from '../../domain/shared/step';
import { refusal } from '../shared/failures';
import { orderReturnStart } from '../shared/order-return';
import { startWorkflow } from '../shared/start-workflow';
import { STEP_ACTIVITIES } from '../shared/step-activities';
import { supervise } from '../shared/supervision';
import { changedAttributes, describeInstance } from './display';
import { type InstanceInput, type InstanceResult, instanceState, orderRefunded, purchased } from './messages';

const { recordInstanceStep, storedInstanceStep } = proxyLocalActivities<InstanceActivities>(STEP_ACTIVITIES);

// Until the provider's side answers as it should, however long that takes: attempts are no part of the history (INS-3).
// A call takes 5 seconds at most: one whose worker has died is made again soon after.
const { callProvider } = proxyActivities<InstanceActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '5 seconds', maximumInterval: '5 minutes' },
});

/** An instance lives for years: a worker that continues a run reads all of its history. */
const STEPS_PER_RUN = 30;

/**
 * One SaaS instance from its paid order to its destruction (INS). What the provider's side is to do is called one after
 * the other; orders renew it or change it; it expires at its end, and a time later it is destroyed.
 */
export async function instance(input: InstanceInput): Promise<InstanceResult> {
  const { identity, purchase } = input;
  const { instanceId, providerId, policy } = identity;
  const supervised = supervise(
    {
      id: instanceId,
      nextDeadline: (state: InstanceState) => nextDeadline(state, policy),
      passDeadline: (state, deadline, nowMs) => passDeadline(identity, state, deadline, nowMs),
      isClosed: isDestroyed,
      record: (step) => recordInstanceStep({ ...step, identity }),
      stored: (sequence) => storedInstanceStep({ instanceId, sequence }),
      describe: (state) => describeInstance(state, policy),
      changedAttributes: (before, after) => changedAttributes(before, after, policy, providerId),
      continueAsNew: (position) => makeContinueAsNewFunc<typeof instance>()({ ...input, position }),
      stepsPerRun: STEPS_PER_RUN,
    },
    input.position ?? { state: newInstance(identity, purchase, Date.now()), sequence: 0 },
    {
      cause: systemCause(`${instanceId}/1`, 'instance.ordered'),
      transition: (nowMs) => ({ state: newInstance(identity, purchase, nowMs), notices: [] }),
    },
  );
  setHandler(instanceState, supervised.position);
  setHandler(purchased, buy);
  setHandler(orderRefunded, async ({ orderId, refundId }) => {
    await supervised.learn({
      cause: systemCause(`${instanceId}/${refundId}`, 'instance.refunded'),
      change: (state, nowMs) => refunded(identity, state, orderId, nowMs),
    });
  });

  const refused = await supervised.opened();
  if (refused !== null) throw refused;
  await Promise.race([Promise.all([supervised.untilClosed(), returnGivenUp()]), makeCalls()]);
  return { outcome: 'destroyed' };

  async function buy(wanted: Purchase): Promise<void> {
    const { orderId } = wanted;
    const state = await supervised.learn({
      cause: systemCause(`${instanceId}/${orderId}`, 'instance.purchased'),
      change: (current, nowMs) => bought(identity, current, wanted, nowMs),
    });
    if (state?.grants.some((grant) => grant.orderId === orderId)) return;
    const detail = 'The instance cannot be renewed any more: order a new one.';
    throw refusal({ code: 'INSTANCE.NOT_ALLOWED', detail });
  }

  /** When the instance is given up, the money goes back of what was bought of it and not carried out (ORD-8). */
  async function returnGivenUp(): Promise<void> {
    const state = () => supervised.position().state;
    await condition(() => isGone(state()));
    for (const orderId of state().givenUp ?? []) await startWorkflow(orderReturnStart(orderId));
  }

  function firstCall(): PendingCall | undefined {
    return supervised.position().state.calls[0];
  }

  /** Makes the calls one after the other, in their order; one that has lost its point meanwhile is given up. */
  async function makeCalls(): Promise<never> {
    for (;;) {
      await condition(() => firstCall() !== undefined);
      const call = firstCall();
      if (call !== undefined) await make(call);
    }
  }

  async function make(call: PendingCall): Promise<void> {
    const { signId } = supervised.position().state;
    const attempts = new CancellationScope();
    const given = condition(() => firstCall()?.requestId !== call.requestId).then(() => attempts.cancel());
    const answer = await attempts
      .run(() => callProvider({ identity, call, signId }))
      .catch((error) => {
        if (attempts.consideredCancelled) return null;
        throw error;
      });
    if (answer !== null) {
      await supervised.learn({
        cause: systemCause(call.requestId, `instance.${call.action}`),
        change: (state, nowMs) => answered(identity, state, { ...answer, requestId: call.requestId }, nowMs),
      });
    }
    await given;
  }
}

const { checkProvider } = proxyActivities<InstanceActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumAttempts: 3 },
});

/** Calls a delivery URL once, for a provider who verifies it or tries it in the debugger (INS-2, INS-5). */
export async function providerCheck(check: ProviderCheck): Promise<ProviderCheckResult> {
  return checkProvider(check);
}
