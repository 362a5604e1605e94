import type { WorkflowStart } from '../../activities/shared/start-workflow';
import type { OrderTerms } from '../../domain/orders/order';
import type { InstancePolicy } from '../../domain/policies/catalogue';
import { type InstanceInput, instanceWorkflowId } from './messages';

/** How the instance of a paid order is started (INS-3). It is named by its order, which has one. */
export function instanceStart(terms: OrderTerms, policy: InstancePolicy | undefined): WorkflowStart<[InstanceInput]> {
  const { orderId, buyerId, providerId, productId, productName, specName, span } = terms;
  if (span === undefined || policy === undefined) throw new Error(`${orderId} does not say how long its instance runs`);
  const instanceId = orderId.replace(/^ord_/, 'ins_');
  const identity = { instanceId, orderId, buyerId, providerId, productId, productName, policy };
  return {
    type: 'instance',
    workflowId: instanceWorkflowId(instanceId),
    args: [{ identity, purchase: { orderId, productName, specName, span, isTrial: false } }],
    searchAttributes: [],
    summary: `Instance of "${productName}" (${specName})`,
    details: `Order ${orderId}`,
  };
}
