import {
  ApplicationFailure,
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { feeBasisPointsOf } from '../../domain/orders/fee';
import type { OrderTerms, PaymentChannel } from '../../domain/orders/order';
import { orderPolicy, type Policy } from '../../domain/policies/catalogue';
import { AppError, isErrorCode } from '../../domain/shared/errors';
import { findOrder, type OrderRow } from '../../prisma/store/orders/orders';
import { findOffer } from '../../prisma/store/products/storefront';
import { keyExpired } from '../../prisma/store/shared/audit-log';
import type { Database } from '../../prisma/store/shared/database';
import { orderWorkflowId, untilPlaced } from '../../workflows/orders/messages';
import type { order } from '../../workflows/orders/workflow';
import type { CommandRequest } from '../http/command-request';
import { idFrom } from '../http/ids';
import { ANSWER_WITHIN_MS, unanswered } from '../http/temporal-commands';

/** What placing an order needs. */
export type OrderDependencies = {
  db: Database;
  client: Client;
  policy: Policy;
  taskQueue: string;
  answerWithinMs?: number | undefined;
};

/** What a buyer asks for. */
export type Purchase = { productId: string; specId: string; paymentChannel: PaymentChannel };

export type OrderService = ReturnType<typeof orderService>;

/** What the routes of orders call. */
export function orderService(deps: OrderDependencies) {
  const { db } = deps;
  return {
    /**
     * Places an order and answers it as it was when it was placed, however late that is asked.
     * @throws AppError PRODUCT.NOT_FOUND, PRODUCT.NOT_FOR_SALE, IDEMPOTENCY.KEY_EXPIRED, SERVICE.UNAVAILABLE
     */
    async place({ principal, command, request }: CommandRequest, purchase: Purchase): Promise<OrderRow> {
      const { commandId, atMs } = command;
      const orderId = idFrom('ord', atMs, commandId);
      const deliveryId = idFrom('dlv', atMs, commandId);
      // A repetition whose first answer was lost: what was agreed stands, whatever became of the product (PRD-7).
      const earlier = await findOrder(db, orderId, 'all');
      if (earlier !== null) return asPlaced(earlier);
      const terms = await termsOf(deps, purchase, atMs);
      const placedBy = { commandId, requestId: request.requestId, sourceIp: request.ip ?? '' };
      request.workflow = { workflowId: orderWorkflowId(orderId) };
      await start(deps, { ...terms, orderId, deliveryId, buyerId: principal.sub }, placedBy);
      const placed = await findOrder(db, orderId, 'all');
      // Its workflow was refused the row: the command had placed another order, longer ago than its answer is kept.
      if (placed === null) throw keyExpired();
      return asPlaced(placed);
    },
  };
}

/** The terms on which a spec is sold now; they are the order's, whatever becomes of the product (PRD-7). @throws AppError PRODUCT.* */
async function termsOf(
  { db, policy }: OrderDependencies,
  { productId, specId, paymentChannel }: Purchase,
  placedAtMs: number,
) {
  const offer = await findOffer(db, productId, specId);
  if (offer === null)
    throw new AppError('PRODUCT.NOT_FOUND', 'See GET /v1/buyer/products for products and their specs.');
  const { status, type, grade, supervised, selfOperated, productName, specName, providerId, agreementSha256 } = offer;
  if (status !== 'published' || !supervised) {
    throw new AppError('PRODUCT.NOT_FOR_SALE', 'Only published products with supervised delivery can be bought now.');
  }
  const flow = selfOperated ? ('self_operated' as const) : ('standard' as const);
  const originalFen = Number(offer.priceFen);
  return {
    ...{ productId, specId, paymentChannel, productName, specName, providerId, supervised, flow, agreementSha256 },
    ...{ productType: type, productVersion: offer.version, originalFen, payableFen: originalFen },
    feeBasisPoints: feeBasisPointsOf(policy['fee.table'], { productType: type, grade, placedAtMs }),
  };
}

/** Starts the workflow of an order, and waits until the order's row is stored. */
async function start(
  { client, policy, taskQueue, answerWithinMs = ANSWER_WITHIN_MS }: OrderDependencies,
  terms: OrderTerms,
  placedBy: { commandId: string; requestId: string; sourceIp: string },
): Promise<void> {
  const startWorkflowOperation = new WithStartWorkflowOperation<typeof order>('order', {
    workflowId: orderWorkflowId(terms.orderId),
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    taskQueue,
    args: [{ terms, placedBy, policy: orderPolicy(policy) }],
    staticSummary: `Order of "${terms.productName}", ${terms.payableFen} fen`,
    staticDetails: `Buyer ${terms.buyerId}, provider ${terms.providerId}, ${terms.specName}, by ${terms.paymentChannel}`,
  });
  try {
    await client.withDeadline(Date.now() + answerWithinMs, () =>
      client.workflow.executeUpdateWithStart(untilPlaced, { updateId: placedBy.commandId, startWorkflowOperation }),
    );
  } catch (error) {
    // An earlier attempt started it and it has ended since: whether the order was placed is read from its row.
    if (error instanceof WorkflowExecutionAlreadyStartedError) return;
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
    if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) throw new AppError(cause.type, cause.message);
    throw unanswered(error) ?? error;
  }
}

/** An order as it was when it was placed, whatever has become of it: the answer to the command that placed it. */
const asPlaced = (row: OrderRow): OrderRow => ({
  ...row,
  state: 'pending_payment',
  priceVersion: 1,
  paidFen: 0n,
  refundedFen: 0n,
  invoicedFen: 0n,
  paidAt: null,
  endedAt: null,
  completedAt: null,
  updatedAt: row.createdAt,
});
