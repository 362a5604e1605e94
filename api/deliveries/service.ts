import { type KeyRing, sealText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import { type DeliveryCommand, isSealed } from '../../domain/deliveries/commands';
import type { DistributiveOmit } from '../../domain/shared/distributive-omit';
import { AppError } from '../../domain/shared/errors';
import { deliveryOfAppeal, deliveryStatus, findDelivery } from '../../prisma/store/deliveries/deliveries';
import type { Database } from '../../prisma/store/shared/database';
import { deliveryWorkflowId } from '../../workflows/deliveries/messages';
import { requireOwnAttachments } from '../attachments/service';
import type { Principal } from '../http/auth';
import { type CommandRequest, originOf } from '../http/command-request';
import { scopeOf } from '../http/scope';
import type { CommandSender } from '../http/temporal-commands';
import { noDelivery, sendToDelivery } from './commands';
import { deliveryView } from './view';

/** The part of a command that differs from route to route. */
export type CommandDetails = DistributiveOmit<DeliveryCommand, 'commandId' | 'origin'>;

/** Where routes have commands carried out, and read what became of them. */
export type DeliveryService = ReturnType<typeof deliveryService>;

const noAppeal = () => new AppError('APPEAL.NOT_FOUND', 'There is no such appeal.');

export function deliveryService({ db, keys, commands }: { db: Database; keys: KeyRing; commands: CommandSender }) {
  /**
   * A delivery in full.
   * @param asOf the command after whose step it is shown; as it is now if left out
   * @throws AppError DELIVERY.NOT_FOUND also when it is somebody else's
   */
  async function view(deliveryId: string, principal: Principal, asOf?: string) {
    const found = await findDelivery(db, deliveryId, scopeOf(principal), asOf);
    if (found === null) throw noDelivery();
    return deliveryView(found, principal.role, keys);
  }

  // From here on nobody reads the words but the parties: neither Temporal's histories nor the codec endpoint (ORD-2).
  const sealedNote = (commandId: string, note: string) =>
    sealText(keys, note, placeOf('submission', commandId)).toString('base64');

  return {
    view,

    /**
     * Has one command carried out and answers the delivery as the command's step left it, however late that is asked.
     * @throws AppError the workflow's refusal
     */
    async perform(deliveryId: string, { principal, request, command }: CommandRequest, details: CommandDetails) {
      if (details.attachmentIds.length > 0) await requireOwnAttachments(db, principal, details.attachmentIds);
      request.workflow = { workflowId: deliveryWorkflowId(deliveryId) };
      const { commandId } = command;
      const note = isSealed(details.action) ? sealedNote(commandId, details.note) : details.note;
      const full = { ...details, note, commandId, origin: originOf(principal, request) };
      const status = () => deliveryStatus(db, deliveryId, scopeOf(principal), commandId);
      await sendToDelivery(commands, deliveryId, full, status);
      return view(deliveryId, principal, commandId);
    },

    /** The delivery of an appeal. @throws AppError APPEAL.NOT_FOUND also when it is somebody else's */
    async ofAppeal(appealId: string, principal: Principal): Promise<string> {
      const deliveryId = await deliveryOfAppeal(db, appealId);
      if (deliveryId === null) throw noAppeal();
      if ((await deliveryStatus(db, deliveryId, scopeOf(principal))).is === 'absent') throw noAppeal();
      return deliveryId;
    },
  };
}
