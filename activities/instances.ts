import { ApplicationFailure, log } from '@temporalio/activity';
import { type KeyRing, openText, sealText } from '../codec/keys';
import { checkedToken, placeOf } from '../codec/places';
import type { ProviderCheck, ProviderCheckResult } from '../domain/instances/check';
import { callBody } from '../domain/instances/protocol';
import type { PendingCall } from '../domain/instances/state';
import type { InstanceIdentity, InstanceStep, StoredInstanceStep } from '../domain/instances/step';
import { deliveryEndpointOf, keepAccess } from '../prisma/store/instances/delivery-endpoints';
import { writeInstanceStep } from '../prisma/store/instances/steps';
import { findStep } from '../prisma/store/shared/audit-log';
import type { Database } from '../prisma/store/shared/database';
import type { InstanceEndpointPort } from './ports/instance-endpoint';
import { recordStep } from './shared/record-step';

export type InstanceActivities = ReturnType<typeof instanceActivities>;

/** One call of an instance to the provider's side. */
export type ProviderCall = { identity: InstanceIdentity; call: PendingCall; signId: string | null };

type InstanceOutside = { db: Database; keys: KeyRing; instances: InstanceEndpointPort };

/** The activities of the workflow of an instance (INS). */
export function instanceActivities({ db, keys, instances }: InstanceOutside) {
  return {
    /** Makes one call of the debugger, or verifies a delivery URL (INS-2, INS-5): whatever comes of it is the answer. */
    async checkProvider({ checkId, url, sealedToken, body }: ProviderCheck): Promise<ProviderCheckResult> {
      const token = openText(keys, Buffer.from(sealedToken, 'base64'), checkedToken(checkId));
      const begunMs = Date.now();
      const answer = await instances.call({ url, token, body });
      const durationMs = Date.now() - begunMs;
      log.info('provider checked', { checkId, action: body.action, outcome: answer.is });
      if (answer.is === 'failed') return { ...answer, durationMs };
      return { is: 'passed', signId: answer.is === 'created' ? answer.signId : null, durationMs };
    },

    /** The step that the table holds at a sequence, or null. */
    async storedInstanceStep(key: { instanceId: string; sequence: number }): Promise<StoredInstanceStep | null> {
      return findStep(db, key.instanceId, key.sequence);
    },

    /** Records one step. @returns the step that the table holds now, which wins: the workflow adopts it */
    async recordInstanceStep(step: InstanceStep): Promise<StoredInstanceStep> {
      return recordStep(db, step.identity.instanceId, step, (runId) => writeInstanceStep(db, step, runId));
    },

    /**
     * Calls the provider's side once, at the URL that the product has now (INS-1). What is answered of how the buyer gets
     * at the instance is kept sealed, and never returned: histories do not hold it.
     * @returns the signId, of a creation
     * @throws ApplicationFailure `PROVIDER.…` where the answer is not as it should be: the call is tried again
     */
    async callProvider({ identity, call, signId }: ProviderCall): Promise<{ signId: string | null }> {
      const { instanceId, productId } = identity;
      const { action, requestId } = call;
      const endpoint = await deliveryEndpointOf(db, productId);
      if (endpoint === null) throw failure('address', 'The product has no delivery URL.');
      const token = openText(keys, endpoint.tokenSealed, placeOf('deliveryToken', productId));
      const body = callBody(action, requestId, identity, { ...call, signId });
      const answer = await instances.call({ url: endpoint.url, token, body });
      log.info('provider called', { instanceId, action, requestId, outcome: answer.is });
      switch (answer.is) {
        case 'failed':
          throw failure(answer.failure, answer.detail);
        case 'created':
          await keepAccess(
            db,
            instanceId,
            sealText(keys, JSON.stringify(answer.access), placeOf('instanceAccess', instanceId)),
          );
          return { signId: answer.signId };
        case 'done':
          return { signId: null };
      }
    },
  };
}

const failure = (reason: string, message: string) =>
  ApplicationFailure.create({ message, type: `PROVIDER.${reason.toUpperCase()}` });
