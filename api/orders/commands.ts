import type { OrderCommand } from '../../domain/orders/commands';
import { noOrder } from '../../domain/orders/no-order';
import { AppError } from '../../domain/shared/errors';
import { orderState, orderUpdate, orderWorkflowId } from '../../workflows/orders/messages';
import type { CommandSender, StatusOf, WorkflowTarget } from '../http/temporal-commands';

const workflowTarget = (orderId: string): WorkflowTarget => ({
  workflowId: orderWorkflowId(orderId),
  known: orderState,
  absent: noOrder,
  ended: () =>
    new AppError('ORDER.NOT_ALLOWED', 'The order is paid, closed or at its end: this is not possible any more.', {
      allowedActions: [],
    }),
});

/**
 * Sends one command to an order and waits until it is done: then its row is there.
 * @param status what the table says of the order
 * @throws AppError as `sendTo`
 */
export function sendToOrder(
  commands: CommandSender,
  orderId: string,
  command: OrderCommand,
  status: StatusOf,
): Promise<void> {
  const { commandId: updateId, ...sent } = command;
  return commands.sendTo(workflowTarget(orderId), orderUpdate(command.action), { updateId, sent }, status);
}
