import { z } from 'zod';
import { PAYMENT_CHANNELS } from '../../domain/orders/order';
import { AppError } from '../../domain/shared/errors';
import { findOrder, lookAtContact } from '../../prisma/store/orders/orders';
import type { Database } from '../../prisma/store/shared/database';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { byId, id, orderSchema } from '../http/schemas';
import { scopeOf } from '../http/scope';
import { accessOf } from './search';
import type { OrderService } from './service';
import { orderView } from './view';

/** What the order routes call and read. */
export type OrderRoutes = { db: Database; service: OrderService };

const noOrder = () => new AppError('ORDER.NOT_FOUND', 'There is no such order.');

/** Orders: placing one, and its details (ORD). */
export function orderRoutes(context: ApiContext, { db, service }: OrderRoutes): void {
  placing(context, service);
  reading(context, db);
}

function placing(context: ApiContext, service: OrderService): void {
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
    handle: async (request) => orderView(await service.place(request, request.body)),
  });
}

function reading(context: ApiContext, db: Database): void {
  for (const role of ['buyer', 'provider', 'ops'] as const) {
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
