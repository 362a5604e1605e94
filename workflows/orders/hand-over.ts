import { proxyActivities } from '@temporalio/workflow';
import type { OrderActivities } from '../../activities/orders';
import { fulfilmentOf, type OrderTerms } from '../../domain/orders/order';
import type { OrderState } from '../../domain/orders/state';
import type { OrderPolicy } from '../../domain/policies/catalogue';
import { deliveryStart } from '../deliveries/start';
import { instanceWorkflowId, purchased } from '../instances/messages';
import { instanceStart, purchaseOf } from '../instances/start';
import { orderReturnStart } from '../shared/order-return';
import { startWorkflow } from '../shared/start-workflow';

// However long the instance's workflow cannot be reached.
const { handOverPurchase } = proxyActivities<OrderActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { maximumInterval: '5 minutes' },
});

/**
 * Hands a paid order over to whoever brings what was bought (ORD-8): a delivery or an instance that starts with it, or the
 * instance that it renews.
 * @returns `cancelled` where that instance cannot be renewed any more: a workflow sends the money back
 */
export async function handOver(
  terms: OrderTerms,
  settled: OrderState,
  policy: OrderPolicy,
): Promise<'paid' | 'cancelled'> {
  const { orderId, renews } = terms;
  const fulfilment = fulfilmentOf(terms);
  if (fulfilment === 'delivery') await startWorkflow(deliveryStart(terms, settled, policy.delivery));
  if (fulfilment === 'instance' && renews === undefined) await startWorkflow(instanceStart(terms, policy.instance));
  if (renews === undefined) return 'paid';
  const purchase = { ...purchaseOf(terms), expects: renews.scene === 'renewal' ? 'more' : 'change' } as const;
  const to = { workflowId: instanceWorkflowId(renews.instanceId), update: purchased.name };
  const taken = await handOverPurchase({ instanceId: renews.instanceId, purchase, to });
  if (taken !== 'refused') return 'paid';
  await startWorkflow(orderReturnStart(orderId));
  return 'cancelled';
}
