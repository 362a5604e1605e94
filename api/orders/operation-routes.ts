import { z } from 'zod';
import type { PrincipalRole } from '../http/auth';
import { type ApiContext, nothing, post } from '../http/endpoint';
import { byId, REASON_MAX, text, WORDS_MAX } from '../http/schemas';
import { orderDetailsSchema } from './schemas';
import type { OrderCommandDetails, OrderService } from './service';

const price = z
  .strictObject({ payableFen: z.int().min(0).max(1_000_000_000_00), reason: text(REASON_MAX) })
  .openapi('PriceChange');
const details = z.strictObject({ details: text(WORDS_MAX) }).openapi('ImplementationDetails');
const requirement = z.strictObject({ text: text(WORDS_MAX) }).openapi('OrderRequirement');

const accessOf = { buyer: { buyer: 'any' }, provider: { provider: 'orders' } } as const;

/** Adds one operation, `POST /v1/{role}/orders/{id}/{path}`: its body, and the command that makes of it. */
type Operation = <B extends z.ZodType>(
  role: Exclude<PrincipalRole, 'ops'>,
  path: string,
  summary: string,
  body: B,
  detailsOf: (body: z.output<B>) => OrderCommandDetails,
) => void;

/** What parties do to an order: its price, and how it is fulfilled where the provider does that directly (ORD-2, ORD-5). */
export function orderOperationRoutes(context: ApiContext, service: OrderService): void {
  const operation: Operation = (role, path, summary, body, detailsOf) =>
    post(context, {
      path: `/v1/${role}/orders/{id}/${path}`,
      summary,
      tag: 'Orders',
      access: accessOf[role],
      params: byId,
      query: nothing,
      body,
      answer: { status: 200, schema: orderDetailsSchema },
      isRebuilt: true,
      handle: (call) => service.perform(call.params.id, call, detailsOf(call.body)),
    });
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
