import {
  ApplicationFailure,
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { z } from 'zod';
import { ORDER_STATES, type OrderTerms, PAYMENT_CHANNELS, type PaymentChannel } from '../../domain/orders/order';
import { orderPolicy, type Policy } from '../../domain/policies/catalogue';
import { AppError, isErrorCode } from '../../domain/shared/errors';
import { findOrder, listOrders, lookAtContact, type OrderRow } from '../../prisma/store/orders/orders';
import { findOffer } from '../../prisma/store/products/storefront';
import { keyExpired } from '../../prisma/store/shared/audit-log';
import type { Database } from '../../prisma/store/shared/database';
import { orderWorkflowId, untilPlaced } from '../../workflows/orders/messages';
import type { order } from '../../workflows/orders/workflow';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { idFrom } from '../http/ids';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { byId, id, orderSchema, pageOf, paging } from '../http/schemas';
import { scopeOf } from '../http/scope';
import { ANSWER_WITHIN_MS, unanswered } from '../http/temporal-commands';
import { orderView } from './view';

/** What the order routes need beside the door. */
export type OrderRoutes = {
  db: Database;
  client: Client;
  policy: Policy;
  taskQueue: string;
  answerWithinMs?: number | undefined;
};

const accessOf = { buyer: { buyer: 'any' }, provider: { provider: 'orders' }, ops: { ops: 'any' } } as const;

const noOrder = () => new AppError('ORDER.NOT_FOUND', 'There is no such order.');

/** The terms on which a spec is sold now; they are the order's, whatever becomes of the product (PRD-7). @throws AppError PRODUCT.* */
async function termsOf(db: Database, productId: string, specId: string) {
  const offer = await findOffer(db, productId, specId);
  if (offer === null)
    throw new AppError('PRODUCT.NOT_FOUND', 'See GET /v1/buyer/products for products and their specs.');
  const { status, supervised, selfOperated, productName, specName, providerId, priceFen } = offer;
  if (status !== 'published' || !supervised) {
    throw new AppError('PRODUCT.NOT_FOR_SALE', 'Only published products with supervised delivery can be bought now.');
  }
  const flow = selfOperated ? ('self_operated' as const) : ('standard' as const);
  return { productId, specId, productName, specName, providerId, payableFen: Number(priceFen), flow };
}

async function place(
  { client, policy, taskQueue, answerWithinMs = ANSWER_WITHIN_MS }: OrderRoutes,
  terms: OrderTerms,
  placedBy: { commandId: string; requestId: string; sourceIp: string },
): Promise<void> {
  const start = new WithStartWorkflowOperation<typeof order>('order', {
    workflowId: orderWorkflowId(terms.orderId),
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    taskQueue,
    args: [{ terms, placedBy, policy: orderPolicy(policy) }],
    staticSummary: `Order of "${terms.productName}", ${terms.payableFen} fen`,
    staticDetails: `Buyer ${terms.buyerId}, provider ${terms.providerId}, ${terms.specName}, by ${terms.paymentChannel}`,
  });
  try {
    const options = { updateId: placedBy.commandId, startWorkflowOperation: start };
    await client.withDeadline(Date.now() + answerWithinMs, () =>
      client.workflow.executeUpdateWithStart(untilPlaced, options),
    );
  } catch (error) {
    // It was begun by an earlier try and has ended since: its row tells.
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
  paidFen: 0n,
  refundedFen: 0n,
  paidAt: null,
  endedAt: null,
  updatedAt: row.createdAt,
});

/** Orders: placing, reading, listing (SPEC section 5). */
export function orderRoutes(context: ApiContext, deps: OrderRoutes): void {
  placing(context, deps);
  reading(context, deps.db);
}

function placing(context: ApiContext, deps: OrderRoutes): void {
  const { db } = deps;
  post(context, {
    path: '/v1/buyer/orders',
    summary: 'Place an order',
    tag: 'Orders',
    access: { buyer: 'any' },
    params: nothing,
    query: nothing,
    body: z
      .strictObject({ productId: id('prd'), specId: id('spc'), paymentChannel: z.enum(PAYMENT_CHANNELS) })
      .openapi('Purchase'),
    answer: { status: 201, schema: orderSchema },
    async handle({ principal, body, command, request }) {
      const paymentChannel: PaymentChannel = body.paymentChannel;
      const orderId = idFrom('ord', command.atMs, command.commandId);
      const deliveryId = idFrom('dlv', command.atMs, command.commandId);
      // A repetition whose first answer was lost: what was agreed stands, whatever became of the product (PRD-7).
      const earlier = await findOrder(db, orderId, 'all');
      if (earlier !== null) return orderView(asPlaced(earlier));
      const terms = await termsOf(db, body.productId, body.specId);
      const placedBy = { commandId: command.commandId, requestId: request.requestId, sourceIp: request.ip ?? '' };
      request.workflow = { workflowId: orderWorkflowId(orderId) };
      await place(deps, { ...terms, orderId, deliveryId, buyerId: principal.sub, paymentChannel }, placedBy);
      const placed = await findOrder(db, orderId, 'all');
      // Its workflow was refused the row: the command had placed another order, longer ago than its answer is kept.
      if (placed === null) throw keyExpired();
      return orderView(asPlaced(placed));
    },
  });
}

function reading(context: ApiContext, db: Database): void {
  for (const role of ['buyer', 'provider', 'ops'] as const) {
    get(context, {
      path: `/v1/${role}/orders`,
      summary: 'Orders, newest first',
      tag: 'Orders',
      access: accessOf[role],
      params: nothing,
      query: z.strictObject({ ...paging, state: z.enum(ORDER_STATES).optional() }),
      body: nothing,
      answer: { status: 200, schema: pageOf(orderSchema, 'OrderPage') },
      async handle({ principal, query }) {
        const page = pageOfQuery(query);
        const rows = await listOrders(db, scopeOf(principal), { state: query.state }, page);
        return pageAnswer(rows, page, (row) => orderView(row));
      },
    });

    get(context, {
      path: `/v1/${role}/orders/{id}`,
      summary: 'One order',
      tag: 'Orders',
      access: accessOf[role],
      params: byId,
      query: nothing,
      body: nothing,
      answer: { status: 200, schema: orderSchema },
      async handle({ principal, params, request }) {
        const found = await findOrder(db, params.id, scopeOf(principal));
        if (found === null) throw noOrder();
        if (role === 'buyer') return orderView(found);
        const viewer = { viewerId: principal.sub, viewerRole: principal.role };
        const origin = { requestId: request.requestId, sourceIp: request.ip ?? '' };
        const order = { buyerId: found.buyerId, orderId: found.id, providerId: found.providerId };
        return orderView(found, await lookAtContact(db, { ...order, ...viewer, ...origin }));
      },
    });
  }
}
