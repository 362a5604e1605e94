import { z } from 'zod';
import { PAYMENT_CHANNELS } from '../../domain/orders/order';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { byId, id } from '../http/schemas';
import { orderDetailsSchema } from './schemas';
import { accessOf } from './search';
import type { OrderService } from './service';

/** Orders: placing one, and its details (ORD). */
export function orderRoutes(context: ApiContext, service: OrderService): void {
  placing(context, service);
  reading(context, service);
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
      .strictObject({
        productId: id('prd'),
        specId: id('spc'),
        paymentChannel: z.enum(PAYMENT_CHANNELS),
        couponId: z
          .union([id('cpn'), id('ccl')])
          .nullable()
          .optional()
          .openapi({ description: 'One that you have claimed; null: none; absent: the best that applies (CPN-3)' }),
        renewsInstanceId: id('ins').optional().openapi({
          description: 'Your own instance that is to last longer, or whose trial is to become formal (INS-4)',
        }),
        isTrial: z
          .literal(true)
          .optional()
          .openapi({ description: 'The free trial of the product (PRD-2), once; the order is then to be taken' }),
      })
      .refine(({ renewsInstanceId, isTrial }) => renewsInstanceId === undefined || isTrial === undefined, {
        path: ['isTrial'],
        message: 'is not taken where an instance is there already',
      })
      .openapi('Purchase'),
    answer: { status: 201, schema: orderDetailsSchema },
    handle: (request) => service.place(request, request.body),
  });
}

function reading(context: ApiContext, service: OrderService): void {
  for (const role of ['buyer', 'provider', 'ops'] as const) {
    get(context, {
      path: `/v1/${role}/orders/{id}`,
      summary: 'One order: what is allowed now, deadlines, timeline, what was agreed and delivered',
      tag: 'Orders',
      access: accessOf[role],
      params: byId,
      query: nothing,
      body: nothing,
      answer: { status: 200, schema: orderDetailsSchema },
      handle: ({ principal, params, request }) => service.look(params.id, { principal, request }),
    });
  }
}
