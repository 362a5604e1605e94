import { type Client, WithStartWorkflowOperation, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { type KeyRing, sealText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import { isSealed, type OrderCommand } from '../../domain/orders/commands';
import { noOrder } from '../../domain/orders/no-order';
import type { OrderTerms } from '../../domain/orders/order';
import { orderPolicy, type Policy } from '../../domain/policies/catalogue';
import type { DistributiveOmit } from '../../domain/shared/distributive-omit';
import { AppError, isErrorCode } from '../../domain/shared/errors';
import { findOrderDetails, orderStatus } from '../../prisma/store/orders/details';
import { lookAtContact } from '../../prisma/store/orders/orders';
import { keyExpired } from '../../prisma/store/shared/audit-log';
import type { Database } from '../../prisma/store/shared/database';
import { orderWorkflowId, untilPlaced } from '../../workflows/orders/messages';
import type { order } from '../../workflows/orders/workflow';
import { requireOwnAttachments } from '../attachments/service';
import type { Principal } from '../http/auth';
import { type CommandRequest, originOf } from '../http/command-request';
import { idFrom } from '../http/ids';
import { scopeOf } from '../http/scope';
import { startAndWait } from '../http/start-workflow';
import type { CommandSender } from '../http/temporal-commands';
import { sendToOrder } from './commands';
import { orderDetailsView } from './details-view';
import { type Purchase, termsOf } from './terms';

/** What placing an order and operating on it need. */
export type OrderDependencies = {
  db: Database;
  keys: KeyRing;
  commands: CommandSender;
  client: Client;
  policy: Policy;
  taskQueue: string;
  answerWithinMs?: number | undefined;
};

/** The part of a command that differs from route to route. */
export type OrderCommandDetails = DistributiveOmit<OrderCommand, 'commandId' | 'origin'>;

export type OrderService = ReturnType<typeof orderService>;

/** What the routes of orders call. */
export function orderService(deps: OrderDependencies) {
  const { db, keys, commands } = deps;

  /**
   * An order in full, as its buyer sees it or as a command has left it.
   * @param asOf the command after whose step it is shown; as it is now if left out
   * @throws AppError ORDER.NOT_FOUND also when it is somebody else's
   */
  async function view(orderId: string, principal: Principal, asOf?: string) {
    const found = await findOrderDetails(db, orderId, scopeOf(principal), asOf);
    if (found === null) throw noOrder();
    return orderDetailsView(found, principal.role, keys);
  }

  return {
    /**
     * An order in full, with the buyer's contact for whoever is not the buyer: each such look is left in the trail (ORD-7).
     * @throws AppError ORDER.NOT_FOUND also when it is somebody else's
     */
    async look(orderId: string, { principal, request }: Pick<CommandRequest, 'principal' | 'request'>) {
      if (principal.role === 'buyer') return view(orderId, principal);
      const found = await findOrderDetails(db, orderId, scopeOf(principal));
      if (found === null) throw noOrder();
      const { buyerId, providerId } = found.row;
      const viewer = { viewerId: principal.sub, viewerRole: principal.role };
      const origin = { requestId: request.requestId, sourceIp: request.ip ?? '' };
      const contact = await lookAtContact(db, { buyerId, orderId, providerId, ...viewer, ...origin });
      return orderDetailsView(found, principal.role, keys, contact);
    },

    /**
     * Has one command carried out and answers the order as the command's step left it, however late that is asked.
     * @throws AppError the workflow's refusal; ATTACHMENT.NOT_YOURS
     */
    async perform(orderId: string, { principal, request, command }: CommandRequest, details: OrderCommandDetails) {
      request.workflow = { workflowId: orderWorkflowId(orderId) };
      const { commandId } = command;
      if ('attachmentIds' in details && details.attachmentIds !== undefined) {
        await requireOwnAttachments(db, principal, details.attachmentIds);
      }
      // From here on nobody reads the words but the parties: neither Temporal's histories nor the codec endpoint (ORD-2).
      const note = isSealed(details.action)
        ? sealText(keys, details.note, placeOf('submission', commandId)).toString('base64')
        : details.note;
      const full = { ...details, note, commandId, origin: originOf(principal, request) };
      await sendToOrder(commands, orderId, full, () => orderStatus(db, orderId, scopeOf(principal), commandId));
      return view(orderId, principal, commandId);
    },

    /**
     * Places an order and answers it as it was when it was placed, however late that is asked.
     * @throws AppError PRODUCT.*, COUPON.NOT_APPLICABLE, COUPON.TAKEN, INSTANCE.NOT_FOUND, ORDER.RENEWAL_NOT_POSSIBLE,
     *   ORDER.TRIAL_USED, IDEMPOTENCY.KEY_EXPIRED, SERVICE.UNAVAILABLE
     */
    async place({ principal, command, request }: CommandRequest, purchase: Purchase) {
      const { commandId, atMs } = command;
      const orderId = idFrom('ord', atMs, commandId);
      const deliveryId = idFrom('dlv', atMs, commandId);
      // A repetition whose first answer was lost: what was agreed stands, whatever became of the product (PRD-7).
      const earlier = await findOrderDetails(db, orderId, 'all', commandId);
      if (earlier !== null) return orderDetailsView(earlier, principal.role, keys);
      const terms = await termsOf(deps, purchase, { orderId, buyerId: principal.sub, atMs });
      const placedBy = { commandId, requestId: request.requestId, sourceIp: request.ip ?? '' };
      request.workflow = { workflowId: orderWorkflowId(orderId) };
      await start(deps, { ...terms, deliveryId }, placedBy);
      const placed = await findOrderDetails(db, orderId, 'all', commandId);
      // Its workflow was refused the row: the command had placed another order, longer ago than its answer is kept.
      if (placed === null) throw keyExpired();
      return orderDetailsView(placed, principal.role, keys);
    },
  };
}

/** Starts the workflow of an order, and waits until the order's row is stored. */
async function start(
  deps: OrderDependencies,
  terms: OrderTerms,
  placedBy: { commandId: string; requestId: string; sourceIp: string },
): Promise<void> {
  const { client, policy, taskQueue } = deps;
  const startWorkflowOperation = new WithStartWorkflowOperation<typeof order>('order', {
    workflowId: orderWorkflowId(terms.orderId),
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    taskQueue,
    args: [{ terms, placedBy, policy: orderPolicy(policy) }],
    staticSummary: `Order of "${terms.productName}", ${terms.payableFen} fen`,
    staticDetails: `Buyer ${terms.buyerId}, provider ${terms.providerId}, ${terms.specName}, by ${terms.paymentChannel}`,
  });
  const handle = client.workflow.getHandle<typeof order>(orderWorkflowId(terms.orderId));
  await startAndWait(
    deps,
    () =>
      client.workflow
        .executeUpdateWithStart(untilPlaced, { updateId: placedBy.commandId, startWorkflowOperation })
        .catch(async (error) => {
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
          // An earlier attempt started it and it has ended since. Whether the order was placed is read from its row; why it
          // was not says the workflow's result: the update may have been lost with the server.
          const { refusal } = await handle.result();
          if (refusal !== undefined && isErrorCode(refusal.code)) throw new AppError(refusal.code, refusal.detail);
        }),
    'The order is just ending; send yours again.',
  );
}
