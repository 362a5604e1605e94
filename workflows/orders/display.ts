import type { OrderTerms } from '../../domain/orders/order';
import type { OrderState } from '../../domain/orders/state';
import { deliveryWorkflowId } from '../deliveries/messages';

/** What operations read of an order in the Temporal UI. */
export function describeOrder({ deliveryId }: Pick<OrderTerms, 'deliveryId'>, order: OrderState): string {
  switch (order.state) {
    case 'pending_payment':
      return `Awaiting payment of ${order.payableFen} fen until ${new Date(order.payByMs).toISOString()} (UTC)`;
    case 'awaiting_start':
      return `Paid; supervised by ${deliveryWorkflowId(deliveryId)}`;
    case 'closed':
      return 'Closed: not paid in time';
  }
}
