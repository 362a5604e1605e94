import { z } from 'zod';
import { STAGES } from '../../domain/deliveries/state';
import { listDeliveries } from '../../prisma/store/deliveries/deliveries';
import type { Database } from '../../prisma/store/shared/database';
import type { PrincipalRole } from '../http/auth';
import { type ApiContext, get, nothing } from '../http/endpoint';
import type { CommandRecord } from '../http/idempotency';
import { idFrom } from '../http/ids';
import { type Operation, operationsOn } from '../http/operations';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { attachmentIds, byId, id, optionalText, pageOf, paging, REASON_MAX, text, WORDS_MAX } from '../http/schemas';
import { scopeOf } from '../http/scope';
import { deliverySchema, deliverySummarySchema } from './schemas';
import type { CommandDetails, DeliveryService } from './service';
import { deliverySummary } from './view';

const requirement = z.strictObject({ text: text(WORDS_MAX), attachmentIds }).openapi('Requirement');
const confirmation = z.strictObject({ note: optionalText(WORDS_MAX), attachmentIds }).openapi('Confirmation');
const submission = z.strictObject({ summary: text(WORDS_MAX), attachmentIds }).openapi('Submission');
const acceptance = z.strictObject({ comment: optionalText(WORDS_MAX), attachmentIds }).openapi('Acceptance');
const newAppeal = z.strictObject({ reason: text(REASON_MAX), attachmentIds }).openapi('NewAppeal');
const reason = z.strictObject({ reason: text(REASON_MAX) }).openapi('Reason');

const accessOf = { buyer: { buyer: 'any' }, provider: { provider: 'deliveries' }, ops: { ops: 'any' } } as const;

type DeliveryOperation = Operation<PrincipalRole, CommandDetails>;

/** Reading and operating supervised deliveries (DLV). */
export function deliveryRoutes(context: ApiContext, service: DeliveryService, db: Database): void {
  const { perform } = service;
  const parts = { objects: 'deliveries', tag: 'Deliveries', accessOf, schema: deliverySchema, perform };
  const operation = operationsOn<PrincipalRole, CommandDetails>(context, parts);
  reading(context, service, db);
  buyerOperations(operation);
  providerOperations(operation);
  opsOperations(operation);
}

function reading(context: ApiContext, service: DeliveryService, db: Database): void {
  for (const role of ['buyer', 'provider', 'ops'] as const) {
    get(context, {
      path: `/v1/${role}/deliveries`,
      summary: 'Deliveries, newest first',
      tag: 'Deliveries',
      access: accessOf[role],
      params: nothing,
      query: z.strictObject({
        ...paging,
        stage: z.enum(STAGES).optional(),
        frozen: z.stringbool().optional().openapi({ type: 'boolean' }),
        orderId: id('ord').optional(),
      }),
      body: nothing,
      answer: { status: 200, schema: pageOf(deliverySummarySchema, 'DeliveryPage') },
      async handle({ principal, query }) {
        const page = pageOfQuery(query);
        return pageAnswer(await listDeliveries(db, scopeOf(principal), query, page), page, deliverySummary);
      },
    });
    get(context, {
      path: `/v1/${role}/deliveries/{id}`,
      summary: 'One delivery: stage, deadlines, what is allowed now, timeline',
      tag: 'Deliveries',
      access: accessOf[role],
      params: byId,
      query: nothing,
      body: nothing,
      answer: { status: 200, schema: deliverySchema },
      handle: ({ principal, params }) => service.view(params.id, principal),
    });
  }
}

const appealIdOf = ({ atMs, commandId }: CommandRecord) => idFrom('apl', atMs, commandId);
const APPEAL = 'Appeal: freezes the delivery until operations rule (DLV-6 … DLV-9)';

function buyerOperations(operation: DeliveryOperation): void {
  const statement = 'State the requirement, or edit it while unconfirmed (DLV-2)';
  operation('buyer', 'requirement', statement, requirement, (body) => ({
    action: 'buyer.requirement',
    note: body.text,
    attachmentIds: body.attachmentIds,
  }));
  operation('buyer', 'acceptance/accept', 'Accept the delivery (DLV-5)', acceptance, (body) => ({
    action: 'buyer.acceptance.accept',
    note: body.comment,
    attachmentIds: body.attachmentIds,
  }));
  operation('buyer', 'acceptance/reject', 'Reject the acceptance (DLV-5)', reason, (body) => ({
    action: 'buyer.acceptance.reject',
    note: body.reason,
    attachmentIds: [],
  }));
  operation('buyer', 'appeals', APPEAL, newAppeal, (body, command) => ({
    action: 'buyer.appeals',
    appealId: appealIdOf(command),
    note: body.reason,
    attachmentIds: body.attachmentIds,
  }));
}

function providerOperations(operation: DeliveryOperation): void {
  operation('provider', 'requirement/confirm', 'Confirm the requirement (DLV-3)', confirmation, (body) => ({
    action: 'provider.requirement.confirm',
    ...body,
  }));
  operation('provider', 'requirement/reject', 'Reject the requirement (DLV-3)', reason, (body) => ({
    action: 'provider.requirement.reject',
    note: body.reason,
    attachmentIds: [],
  }));
  operation('provider', 'implementation/submit', 'Submit what was implemented (DLV-4)', submission, (body) => ({
    action: 'provider.implementation.submit',
    note: body.summary,
    attachmentIds: body.attachmentIds,
  }));
  operation('provider', 'appeals', APPEAL, newAppeal, (body, command) => ({
    action: 'provider.appeals',
    appealId: appealIdOf(command),
    note: body.reason,
    attachmentIds: body.attachmentIds,
  }));
}

const nothingSaid = { note: '', attachmentIds: [] };

function opsOperations(operation: DeliveryOperation): void {
  operation('ops', 'dispatch', 'Dispatch a self-operated delivery to its provider (DLV-12)', nothing, () => ({
    action: 'ops.dispatch',
    ...nothingSaid,
  }));
  operation('ops', 'check/pass', 'Pass a self-operated submission on to the buyer (DLV-12)', nothing, () => ({
    action: 'ops.check.pass',
    ...nothingSaid,
  }));
  operation('ops', 'check/return', 'Send a self-operated submission back (DLV-12)', reason, (body) => ({
    action: 'ops.check.return',
    note: body.reason,
    attachmentIds: [],
  }));
}
