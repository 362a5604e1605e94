import { z } from 'zod';
import { REASON_CODES } from '../../domain/refunds/reasons';
import { REFUND_STAGES } from '../../domain/refunds/state';
import { listRefunds } from '../../prisma/store/refunds/requests';
import type { Database } from '../../prisma/store/shared/database';
import type { PrincipalRole } from '../http/auth';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { operationsOn } from '../http/operations';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { amountFen, byId, id, pageOf, paging, REASON_MAX, text } from '../http/schemas';
import { scopeOf } from '../http/scope';
import { refundSchema, refundSummarySchema } from './schemas';
import type { RefundDetails, RefundService } from './service';
import { refundSummary } from './view';

const reason = text(REASON_MAX);
const reasonCode = z.enum(REASON_CODES);
const request = z.strictObject({ reasonCode, reason, amountFen: amountFen.optional() }).openapi('RefundRequest');
const ownRefund = z.strictObject({ amountFen, reasonCode, reason }).openapi('OwnRefund');
const withAmount = z.strictObject({ amountFen, reason }).openapi('RefundAmount');
const withReason = z.strictObject({ reason }).openapi('RefundReason');

const accessOf = { buyer: { buyer: 'any' }, provider: { provider: 'refunds' }, ops: { ops: 'any' } } as const;

/** Refunds: asking for them, deciding on them, reading them (RFD). */
export function refundRoutes(context: ApiContext, service: RefundService, db: Database): void {
  reading(context, service, db);
  requesting(context, service);
  operations(context, service);
}

function reading(context: ApiContext, service: RefundService, db: Database): void {
  for (const role of ['buyer', 'provider', 'ops'] as const) {
    get(context, {
      path: `/v1/${role}/refunds`,
      summary: 'Refunds, newest first (RFD-1)',
      tag: 'Refunds',
      access: accessOf[role],
      params: nothing,
      query: z.strictObject({ ...paging, state: z.enum(REFUND_STAGES).optional(), orderId: id('ord').optional() }),
      body: nothing,
      answer: { status: 200, schema: pageOf(refundSummarySchema, 'RefundPage') },
      async handle({ principal, query }) {
        const page = pageOfQuery(query);
        return pageAnswer(await listRefunds(db, scopeOf(principal), query, page), page, refundSummary);
      },
    });
    get(context, {
      path: `/v1/${role}/refunds/{id}`,
      summary: 'One refund: amounts, deadlines, what is allowed now, timeline',
      tag: 'Refunds',
      access: accessOf[role],
      params: byId,
      query: nothing,
      body: nothing,
      answer: { status: 200, schema: refundSchema },
      handle: ({ principal, params }) => service.view(params.id, principal),
    });
  }
}

function requesting(context: ApiContext, service: RefundService): void {
  post(context, {
    path: '/v1/buyer/orders/{id}/refunds',
    summary: 'Ask for a refund: all that is left of the payment, or a part (RFD-1, RFD-7)',
    tag: 'Refunds',
    access: accessOf.buyer,
    params: byId,
    query: nothing,
    body: request,
    answer: { status: 201, schema: refundSchema },
    isRebuilt: true,
    handle: (call) => service.request(call.params.id, call, call.body),
  });
  post(context, {
    path: '/v1/provider/orders/{id}/refunds',
    summary: 'Refund a completed order without having been asked (RFD-8)',
    tag: 'Refunds',
    access: accessOf.provider,
    params: byId,
    query: nothing,
    body: ownRefund,
    answer: { status: 201, schema: refundSchema },
    isRebuilt: true,
    handle: (call) => service.request(call.params.id, call, call.body),
  });
}

function operations(context: ApiContext, service: RefundService): void {
  const { perform } = service;
  const parts = { objects: 'refunds', tag: 'Refunds', accessOf, schema: refundSchema, perform };
  const operation = operationsOn<PrincipalRole, RefundDetails>(context, parts);
  operation(
    'buyer',
    'withdraw',
    'Withdraw the request; the order goes on where it was (RFD-2, RFD-5)',
    nothing,
    () => ({
      action: 'buyer.withdraw',
      note: '',
    }),
  );
  operation('buyer', 'accept', 'Accept the part that is offered (RFD-5)', nothing, () => ({
    action: 'buyer.accept',
    note: '',
  }));
  operation('buyer', 'escalate', 'Ask operations to decide (RFD-5)', withReason, (body) => ({
    action: 'buyer.escalate',
    note: body.reason,
  }));
  operation('provider', 'agree', 'Agree: the money goes back (RFD-1)', nothing, () => ({
    action: 'provider.agree',
    note: '',
  }));
  operation('provider', 'offer', 'Offer to refund a part (RFD-5)', withAmount, (body) => ({
    action: 'provider.offer',
    note: body.reason,
    amountFen: body.amountFen,
  }));
  operation('provider', 'decline', 'Decline, outside the no-reason condition (RFD-5)', withReason, (body) => ({
    action: 'provider.decline',
    note: body.reason,
  }));
  operation('ops', 'approve', 'Approve: so much of it goes back (RFD-5)', withAmount, (body) => ({
    action: 'ops.approve',
    note: body.reason,
    amountFen: body.amountFen,
  }));
  operation('ops', 'reject', 'Reject; the order goes on where it was (RFD-5)', withReason, (body) => ({
    action: 'ops.reject',
    note: body.reason,
  }));
}
