import type { WorkflowStart } from '../../activities/shared/start-workflow';
import type { Purchase } from '../../domain/instances/protocol';
import type { OrderTerms } from '../../domain/orders/order';
import type { InstancePolicy } from '../../domain/policies/catalogue';
import { type InstanceInput, instanceWorkflowId } from './messages';

/** What an order buys of an instance. @throws Error where it does not say for how long */
export function purchaseOf({ orderId, productName, specName, span, isTrial = false }: OrderTerms): Purchase {
  if (span === undefined) throw new Error(`${orderId} does not say how long its instance runs`);
  return { orderId, productName, specName, span, isTrial };
}

/** How the instance of a paid order is started (INS-3). It is named by its order, which has one. */
export function instanceStart(terms: OrderTerms, policy: InstancePolicy | undefined): WorkflowStart<[InstanceInput]> {
  const { orderId, buyerId, providerId, productId, productName, specName } = terms;
  if (policy === undefined) throw new Error(`${orderId} does not say which policies its instance keeps`);
  const instanceId = orderId.replace(/^ord_/, 'ins_');
  const identity = { instanceId, orderId, buyerId, providerId, productId, productName, policy };
  return {
    type: 'instance',
    workflowId: instanceWorkflowId(instanceId),
    args: [{ identity, purchase: purchaseOf(terms) }],
    searchAttributes: [],
    summary: `Instance of "${productName}" (${specName})`,
    details: `Order ${orderId}`,
  };
}
