import type { DeliveryCommand } from '../../domain/deliveries/commands';
import { AppError } from '../../domain/shared/errors';
import { deliveryState, deliveryUpdate, deliveryWorkflowId } from '../../workflows/deliveries/messages';
import type { CommandSender, StatusOf, WorkflowTarget } from '../http/temporal-commands';

/** The refusal of a delivery that is not there, or not for who asks. */
export const noDelivery = () => new AppError('DELIVERY.NOT_FOUND', 'There is no such delivery.');

const workflowTarget = (deliveryId: string): WorkflowTarget => ({
  workflowId: deliveryWorkflowId(deliveryId),
  known: deliveryState,
  absent: noDelivery,
  ended: () =>
    new AppError('DELIVERY.NOT_ALLOWED', 'The delivery has ended: nothing more can be done to it.', {
      allowedActions: [],
    }),
});

/**
 * Sends one command to a delivery and waits until it is done: then its row is there.
 * @param status what the table says of the delivery
 * @throws AppError as `sendTo`
 */
export function sendToDelivery(
  commands: CommandSender,
  deliveryId: string,
  command: DeliveryCommand,
  status: StatusOf,
): Promise<void> {
  const { commandId: updateId, ...sent } = command;
  return commands.sendTo(workflowTarget(deliveryId), deliveryUpdate(command.action), { updateId, sent }, status);
}
