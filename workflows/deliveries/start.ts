import type { WorkflowStart } from '../../activities/shared/start-workflow';
import type { OrderTerms } from '../../domain/orders/order';
import type { OrderState } from '../../domain/orders/state';
import type { DeliveryPolicy } from '../../domain/policies/catalogue';
import { initialSearchAttributes } from './display';
import { type DeliveryInput, deliveryWorkflowId } from './messages';

/** How the delivery of a paid order is started (DLV-1). */
export function deliveryStart(
  { orderId, deliveryId, buyerId, providerId, productName, flow }: OrderTerms,
  { payment, delivery: state }: OrderState,
  policy: DeliveryPolicy,
): WorkflowStart<[DeliveryInput]> {
  if (state === null) throw new Error(`${orderId} has no delivery`);
  const paidFen = payment?.amountFen ?? 0;
  const input = { deliveryId, orderId, buyerId, providerId, paidFen, policy, state, sequence: 1 };
  return {
    type: 'delivery',
    workflowId: deliveryWorkflowId(deliveryId),
    args: [input],
    searchAttributes: initialSearchAttributes(input, state, policy),
    summary: `Delivery of "${productName}" (${flow.replace('_', ' ')})`,
    details: `Order ${orderId}, paid ${paidFen} fen`,
  };
}
