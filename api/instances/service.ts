import { createHash, randomBytes } from 'node:crypto';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { type KeyRing, keyedHash, sealText } from '../../codec/keys';
import { checkedToken, placeOf } from '../../codec/places';
import type { ProviderCheckResult } from '../../domain/instances/check';
import {
  type CallBody,
  callBody,
  debuggerCall,
  type ProviderAction,
  verification,
} from '../../domain/instances/protocol';
import { AppError } from '../../domain/shared/errors';
import {
  type DeliveryCheck,
  deliveryChecksOf,
  recordDeliveryCheck,
} from '../../prisma/store/instances/delivery-checks';
import { saveDeliveryEndpoint } from '../../prisma/store/products/delivery-endpoint';
import type { Database } from '../../prisma/store/shared/database';
import { providerCheckWorkflowId } from '../../workflows/instances/messages';
import type { providerCheck } from '../../workflows/instances/workflow';
import { changeOf } from '../http/audited-change';
import type { CommandRequest } from '../http/command-request';
import { providerOf } from '../http/scope';
import { ANSWER_WITHIN_MS, unanswered } from '../http/temporal-commands';
import { ownProductOf } from '../products/service';

type Dependencies = { db: Database; keys: KeyRing; client: Client; taskQueue: string };

/** A delivery URL, and the token that signs what is sent there. */
export type Endpoint = { url: string; token: string };

/** Where providers verify and try their delivery URLs. */
export type InstanceService = ReturnType<typeof instanceService>;

export function instanceService(deps: Dependencies) {
  const { db, keys } = deps;
  return {
    /**
     * Saves a product's delivery URL and token, once the URL has answered the same echoback (INS-2).
     * @throws AppError PRODUCT.*, REVIEW.IN_REVIEW, DELIVERY_URL.NOT_VERIFIED
     */
    async saveEndpoint(call: Omit<CommandRequest, 'command'>, productId: string, { url, token }: Endpoint) {
      const providerId = providerOf(call.principal);
      await ownProductOf(db, productId, call.principal);
      const change = { ...changeOf(call, productId, 'provider.delivery_endpoint'), providerId };
      const body = verification(`verify-${change.commandId}`, randomBytes(12).toString('base64url'));
      const result = await checked(deps, change.commandId, { url, token }, body);
      if (result.is === 'failed') throw new AppError('DELIVERY_URL.NOT_VERIFIED', result.detail);
      await saveDeliveryEndpoint(db, change, {
        url,
        sealed: sealText(keys, token, placeOf('deliveryToken', productId)),
      });
      return { productId, url, verifiedAt: change.at.toISOString() };
    },

    /**
     * Makes one call to a test URL, and keeps what has passed (INS-5).
     * @throws AppError INSTANCE.NOT_ALLOWED for what is about an instance, before one was created there
     */
    async debug(call: CommandRequest, action: ProviderAction, { url, token }: Endpoint) {
      const { commandId, atMs } = call.command;
      const providerId = providerOf(call.principal);
      const body = debuggerBody(providerId, action, url, await deliveryChecksOf(db, providerId, url), atMs);
      const result = await checked(deps, commandId, { url, token }, body);
      const failed = result.is === 'failed' ? result : null;
      await recordDeliveryCheck(
        db,
        { ...changeOf(call, providerId, 'provider.delivery_check'), providerId },
        {
          ...{ url, action, tokenFingerprint: keyedHash(keys, 'fingerprint').of(token) },
          ...{ signId: result.is === 'passed' ? result.signId : null, failure: failed?.failure ?? null },
        },
      );
      const passed = await deliveryChecksOf(db, providerId, url);
      return {
        ...{ action, url, requestId: body.requestId, passed: failed === null, durationMs: result.durationMs },
        ...{ failure: failed?.failure ?? null, detail: failed?.detail ?? null },
        passedActions: passed.map((one) => ({ action: one.action, passedAt: one.passedAt.toISOString() })),
      };
    },
  };
}

/**
 * The body of a call of the debugger. Until a call has passed, it keeps its request id: a creation that is not ready is
 * asked for again. What comes after a creation is about the instance that was created last.
 */
function debuggerBody(
  providerId: string,
  action: ProviderAction,
  url: string,
  passed: readonly DeliveryCheck[],
  nowMs: number,
): CallBody {
  const passesOf = (name: ProviderAction) => passed.find((check) => check.action === name)?.passes ?? 0;
  const seedOf = (name: ProviderAction, pass: number) =>
    createHash('sha256')
      .update(JSON.stringify([providerId, url, name, pass]))
      .digest('hex')
      .slice(0, 12);
  const requestId = `debug-${seedOf(action, passesOf(action))}`;
  if (action === 'verifyInterface') return verification(requestId, randomBytes(12).toString('base64url'));
  const created = passed.find((check) => check.action === 'createInstance');
  const isCreation = action === 'createInstance';
  if (!isCreation && created === undefined) {
    throw new AppError(
      'INSTANCE.NOT_ALLOWED',
      'Run createInstance at this URL first: the other calls are about its instance.',
    );
  }
  const pass = isCreation ? passesOf(action) : passesOf('createInstance') - 1;
  const { parties, content } = debuggerCall(seedOf('createInstance', pass), nowMs);
  return callBody(action, requestId, parties, { ...content, signId: created?.signId ?? null });
}

/** Has a worker make the call: only workers call the outside. The token travels sealed. */
async function checked(
  { client, taskQueue, keys }: Dependencies,
  checkId: string,
  { url, token }: Endpoint,
  body: CallBody,
): Promise<ProviderCheckResult> {
  const sealedToken = sealText(keys, token, checkedToken(checkId)).toString('base64');
  const workflowId = providerCheckWorkflowId(checkId);
  try {
    return await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, async () => {
      try {
        return await client.workflow.execute<typeof providerCheck>('providerCheck', {
          ...{ workflowId, taskQueue, args: [{ checkId, url, sealedToken, body }] },
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowExecutionTimeout: '2 minutes',
          staticSummary: `${body.action} at a provider's delivery URL`,
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        return client.workflow.getHandle<typeof providerCheck>(workflowId).result();
      }
    });
  } catch (error) {
    throw unanswered(error) ?? error;
  }
}
