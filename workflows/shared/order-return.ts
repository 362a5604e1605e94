import type { WorkflowStart } from '../../activities/shared/start-workflow';

/** The money of an order whose purchase came to nothing goes back by a workflow of its own, one an order. */
export const orderReturnWorkflowId = (orderId: string): string => `order-return/${orderId}`;

/** How the return of a paid order is started that nobody can bring any more (ORD-8). */
export const orderReturnStart = (orderId: string): WorkflowStart<[string]> => ({
  type: 'orderReturn',
  workflowId: orderReturnWorkflowId(orderId),
  args: [orderId],
  searchAttributes: [],
  summary: `Cancels ${orderId}, which cannot be fulfilled, and sends its money back`,
  details: `Order ${orderId}`,
});
