import { z } from 'zod';
import { RULINGS } from '../../domain/deliveries/state';
import { type ApiContext, nothing, post } from '../http/endpoint';
import { amountFen, attachmentIds, byId, REASON_MAX, text, WORDS_MAX } from '../http/schemas';
import { deliverySchema } from './schemas';
import type { DeliveryService } from './service';

const evidence = z.strictObject({ text: text(WORDS_MAX), attachmentIds }).openapi('Evidence');

const ruling = z
  .strictObject({ ruling: z.enum(RULINGS), reason: text(REASON_MAX), refundFen: amountFen.optional() })
  .refine((body) => body.refundFen === undefined || body.ruling === 'cancel_and_refund', {
    path: ['refundFen'],
    message: 'goes with the ruling cancel_and_refund only',
  })
  .openapi('Ruling');

/** What can be done to an open appeal: both sides add evidence, a manager rules (DLV-10). */
export function appealRoutes(context: ApiContext, service: DeliveryService): void {
  for (const role of ['buyer', 'provider'] as const) {
    post(context, {
      path: `/v1/${role}/appeals/{id}/evidence`,
      summary: 'Add evidence to an open appeal (DLV-10)',
      tag: 'Appeals',
      access: role === 'buyer' ? { buyer: 'any' } : { provider: 'deliveries' },
      params: byId,
      query: nothing,
      body: evidence,
      answer: { status: 200, schema: deliverySchema },
      isRebuilt: true,
      async handle(call) {
        const { body, params, principal } = call;
        const content = { note: body.text, attachmentIds: body.attachmentIds };
        const deliveryId = await service.ofAppeal(params.id, principal);
        return service.perform(deliveryId, call, { action: `${role}.evidence`, appealId: params.id, ...content });
      },
    });
  }

  post(context, {
    path: '/v1/ops/appeals/{id}/resolve',
    summary: 'Rule on an appeal; needs the permission appeals.rule (DLV-10)',
    tag: 'Appeals',
    access: { ops: 'appeals.rule' },
    params: byId,
    query: nothing,
    body: ruling,
    answer: { status: 200, schema: deliverySchema },
    isRebuilt: true,
    async handle(call) {
      const { body, params, principal } = call;
      const decision = { ruling: body.ruling, refundFen: body.refundFen ?? null };
      const content = { note: body.reason, attachmentIds: [] };
      const deliveryId = await service.ofAppeal(params.id, principal);
      return service.perform(deliveryId, call, { action: 'ops.resolve', appealId: params.id, ...decision, ...content });
    },
  });
}
