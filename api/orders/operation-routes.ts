import { z } from 'zod';
import { type ApiContext, nothing } from '../http/endpoint';
import { operationsOn } from '../http/operations';
import { attachmentIds, REASON_MAX, text, WORDS_MAX } from '../http/schemas';
import { orderDetailsSchema } from './schemas';
import type { OrderCommandDetails, OrderService } from './service';

const price = z
  .strictObject({ payableFen: z.int().min(0).max(1_000_000_000_00), reason: text(REASON_MAX) })
  .openapi('PriceChange');
const details = z.strictObject({ details: text(WORDS_MAX) }).openapi('ImplementationDetails');
const requirement = z.strictObject({ text: text(WORDS_MAX), attachmentIds }).openapi('OrderRequirement');

const accessOf = { buyer: { buyer: 'any' }, provider: { provider: 'orders' } } as const;

/** What parties do to an order: its price, and how it is fulfilled where the provider does that directly (ORD-2, ORD-5). */
export function orderOperationRoutes(context: ApiContext, service: OrderService): void {
  const { perform } = service;
  const parts = { objects: 'orders', tag: 'Orders', accessOf, schema: orderDetailsSchema, perform };
  const operation = operationsOn<'buyer' | 'provider', OrderCommandDetails>(context, parts);
  operation('provider', 'price', 'Change the price of an unpaid order (ORD-5)', price, ({ payableFen, reason }) => ({
    action: 'provider.price',
    payableFen,
    note: reason,
  }));
  operation('buyer', 'take', 'Take an order that costs nothing, without a payment (ORD-5)', nothing, () => ({
    action: 'buyer.take',
    note: '',
  }));
  operation('buyer', 'requirement', 'State the requirement of a direct order (ORD-2)', requirement, (body) => ({
    action: 'buyer.requirement',
    note: body.text,
    ...(body.attachmentIds.length > 0 && { attachmentIds: body.attachmentIds }),
  }));
  operation('provider', 'start', 'Start implementing a direct order (ORD-2)', nothing, () => ({
    action: 'provider.start',
    note: '',
  }));
  operation('provider', 'done', 'Say that a direct order is implemented (ORD-2)', details, (body) => ({
    action: 'provider.done',
    note: body.details,
  }));
  operation('buyer', 'confirm', 'Confirm that a direct order is completed (ORD-2)', nothing, () => ({
    action: 'buyer.confirm',
    note: '',
  }));
}
