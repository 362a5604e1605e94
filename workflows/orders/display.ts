import { orderDeadlines } from '../../domain/orders/deadlines';
import { fulfilmentOf, type OrderTerms } from '../../domain/orders/order';
import { allowedOrderActions } from '../../domain/orders/rules';
import { isSettled, type OrderState, priceVersionOf } from '../../domain/orders/state';
import type { OrderPolicy } from '../../domain/policies/catalogue';
import { deliveryWorkflowId } from '../deliveries/messages';
import { instanceWorkflowId } from '../instances/messages';

const words = (name: string) => name.replaceAll('_', ' ');

/** Who goes on with a paid order, as far as it has to be said. */
function takenOverBy({ renews, ...terms }: OrderTerms): string {
  if (renews !== undefined) return `; handed over to ${instanceWorkflowId(renews.instanceId)}`;
  return fulfilmentOf(terms) === 'delivery' ? `; supervised by ${deliveryWorkflowId(terms.deliveryId)}` : '';
}

/** What operations read of an order in the Temporal UI: its state, who may do what, what happens if nobody does. */
export function describeOrder(terms: OrderTerms, order: OrderState, policy: OrderPolicy): string {
  if (order.state === 'closed') return 'Closed: not paid in time';
  if (isSettled(order)) {
    return order.state === 'awaiting_start' ? `Paid${takenOverBy(terms)}` : `**${words(order.state)}**`;
  }
  const running = orderDeadlines(order, policy).map(
    ({ name, atMs, outcome }) => `- ${new Date(atMs).toISOString()} ${words(name)} → ${words(outcome)}`,
  );
  return [
    order.state === 'pending_payment'
      ? `Awaiting payment of ${order.payableFen} fen (price ${priceVersionOf(order)})`
      : `**${words(order.state)}**`,
    `Possible now: ${allowedOrderActions(order, terms).join(', ') || 'nothing'}`,
    'If nobody acts, next first (UTC):',
    running.join('\n'),
  ].join('\n\n');
}
