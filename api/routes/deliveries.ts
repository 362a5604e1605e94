import { z } from 'zod';
import type { KeyRing } from '../../codec/keys';
import type { DeliveryCommand, Origin } from '../../domain/delivery/commands';
import { RULINGS, STAGES } from '../../domain/delivery/state';
import { AppError } from '../../domain/errors';
import type { Database } from '../../prisma/store/client';
import { deliveryOfAppeal, deliveryStatus, findDelivery, listDeliveries } from '../../prisma/store/deliveries';
import { isCommandStored } from '../../prisma/store/idempotency';
import { deliveryWorkflowId } from '../../workflows/contracts/delivery';
import { requireOwnAttachments } from '../attachments';
import { type Principal, type PrincipalRole, requirePermission } from '../auth';
import type { CommandSender } from '../commands';
import { type Call, type Door, get, nothing, post } from '../endpoint';
import type { CommandRecord } from '../idempotency';
import { idFrom } from '../ids';
import { pageAnswer, pageOfQuery } from '../paging';
import {
  amountFen,
  attachmentIds,
  byId,
  deliverySchema,
  deliverySummarySchema,
  id,
  optionalText,
  pageOf,
  paging,
  text,
} from '../schemas';
import { scopeOf } from '../scope';
import { deliverySummary, deliveryView } from '../views/delivery';

/** What the delivery routes need beside the door. */
export type DeliveryRoutes = { db: Database; ring: KeyRing; commands: CommandSender };

const WORDS_MAX = 4_000;
const REASON_MAX = 1_000;
const reasonBody = z.strictObject({ reason: text(REASON_MAX) }).openapi('Reason');
const noDelivery = () => new AppError('DELIVERY.NOT_FOUND', 'There is no such delivery of yours.');
const noAppeal = () => new AppError('APPEAL.NOT_FOUND', 'There is no such appeal of yours.');

type Commanded = Pick<Call<typeof byId, z.ZodType, z.ZodType>, 'principal' | 'params' | 'request'> & {
  command: CommandRecord;
};

/** The part of a command that differs from route to route. */
type Particulars = DeliveryCommand extends infer C
  ? C extends DeliveryCommand
    ? Omit<C, 'commandId' | 'origin'>
    : never
  : never;

/** Reading and operating supervised deliveries (SPEC section 4). */
export function deliveryRoutes(door: Door, { db, ring, commands }: DeliveryRoutes): void {
  /** Sends one command and answers the delivery as it is then. */
  async function perform(deliveryId: string, call: Commanded, particulars: Particulars) {
    const { principal, request, command } = call;
    if (particulars.attachmentIds.length > 0) await requireOwnAttachments(db, principal, particulars.attachmentIds);
    request.workflow = { workflowId: deliveryWorkflowId(deliveryId) };
    const full = { ...particulars, commandId: command.commandId, origin: originOf(principal, request) };
    try {
      await commands.send(deliveryId, full, () => deliveryStatus(db, deliveryId, scopeOf(principal)));
    } catch (error) {
      // A repetition is refused by the delivery it has changed already: it was done, and that is the answer.
      if (!(error instanceof AppError) || !(await isCommandStored(db, command.commandId))) throw error;
    }
    return view(deliveryId, principal);
  }

  async function view(deliveryId: string, principal: Principal) {
    const found = await findDelivery(db, deliveryId, scopeOf(principal));
    if (found === null) throw noDelivery();
    return deliveryView(found, principal.role, ring);
  }

  /** One operation on a delivery: `POST /v1/{role}/deliveries/{id}/…`. */
  function operation<B extends z.ZodType>(
    role: PrincipalRole,
    path: string,
    summary: string,
    body: B,
    particularsOf: (body: z.output<B>, command: CommandRecord) => Particulars,
  ): void {
    post(door, {
      path: `/v1/${role}/deliveries/{id}/${path}`,
      summary,
      tag: 'Deliveries',
      roles: [role],
      params: byId,
      query: nothing,
      body,
      answer: { status: 200, schema: deliverySchema },
      handle: (call) => perform(call.params.id, call, particularsOf(call.body, call.command)),
    });
  }

  for (const role of ['buyer', 'provider', 'ops'] as const) {
    get(door, {
      path: `/v1/${role}/deliveries`,
      summary: 'Deliveries, newest first',
      tag: 'Deliveries',
      roles: [role],
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
    get(door, {
      path: `/v1/${role}/deliveries/{id}`,
      summary: 'One delivery: stage, deadlines, what is allowed now, timeline',
      tag: 'Deliveries',
      roles: [role],
      params: byId,
      query: nothing,
      body: nothing,
      answer: { status: 200, schema: deliverySchema },
      handle: ({ principal, params }) => view(params.id, principal),
    });
  }

  const requirement = z.strictObject({ text: text(WORDS_MAX), attachmentIds }).openapi('Requirement');
  operation(
    'buyer',
    'requirement',
    'State the requirement, or edit it while unconfirmed (DLV-2)',
    requirement,
    (body) => ({
      action: 'buyer.requirement',
      note: body.text,
      attachmentIds: body.attachmentIds,
    }),
  );
  const noted = z.strictObject({ note: optionalText(WORDS_MAX), attachmentIds }).openapi('Confirmation');
  operation('provider', 'requirement/confirm', 'Confirm the requirement (DLV-3)', noted, (body) => ({
    action: 'provider.requirement.confirm',
    ...body,
  }));
  operation('provider', 'requirement/reject', 'Reject the requirement (DLV-3)', reasonBody, ({ reason }) => ({
    action: 'provider.requirement.reject',
    note: reason,
    attachmentIds: [],
  }));
  const summarised = z.strictObject({ summary: text(WORDS_MAX), attachmentIds }).openapi('Submission');
  operation('provider', 'implementation/submit', 'Submit what was implemented (DLV-4)', summarised, (body) => ({
    action: 'provider.implementation.submit',
    note: body.summary,
    attachmentIds: body.attachmentIds,
  }));
  const commented = z.strictObject({ comment: optionalText(WORDS_MAX), attachmentIds }).openapi('Acceptance');
  operation('buyer', 'acceptance/accept', 'Accept the delivery (DLV-5)', commented, (body) => ({
    action: 'buyer.acceptance.accept',
    note: body.comment,
    attachmentIds: body.attachmentIds,
  }));
  operation('buyer', 'acceptance/reject', 'Reject the acceptance (DLV-5)', reasonBody, ({ reason }) => ({
    action: 'buyer.acceptance.reject',
    note: reason,
    attachmentIds: [],
  }));
  const appeal = z.strictObject({ reason: text(REASON_MAX), attachmentIds }).openapi('NewAppeal');
  for (const role of ['buyer', 'provider'] as const) {
    operation(
      role,
      'appeals',
      'Appeal: freezes the delivery until operations rule (DLV-6 … DLV-9)',
      appeal,
      (body, command) => ({
        action: `${role}.appeals`,
        appealId: idFrom('apl', command.atMs, command.commandId),
        note: body.reason,
        attachmentIds: body.attachmentIds,
      }),
    );
  }
  operation('ops', 'dispatch', 'Dispatch a self-operated delivery to its provider (DLV-12)', nothing, () => ({
    action: 'ops.dispatch',
    note: '',
    attachmentIds: [],
  }));
  operation('ops', 'check/pass', 'Pass a self-operated submission on to the buyer (DLV-12)', nothing, () => ({
    action: 'ops.check.pass',
    note: '',
    attachmentIds: [],
  }));
  operation('ops', 'check/return', 'Send a self-operated submission back (DLV-12)', reasonBody, ({ reason }) => ({
    action: 'ops.check.return',
    note: reason,
    attachmentIds: [],
  }));

  const evidence = z.strictObject({ text: text(WORDS_MAX), attachmentIds }).openapi('Evidence');
  for (const role of ['buyer', 'provider'] as const) {
    post(door, {
      path: `/v1/${role}/appeals/{id}/evidence`,
      summary: 'Add evidence to an open appeal (DLV-10)',
      tag: 'Appeals',
      roles: [role],
      params: byId,
      query: nothing,
      body: evidence,
      answer: { status: 200, schema: deliverySchema },
      async handle(call) {
        const { text: note, attachmentIds: files } = call.body;
        const appealId = call.params.id;
        return perform(await ofAppeal(appealId, call.principal), call, {
          action: `${role}.evidence`,
          appealId,
          note,
          attachmentIds: files,
        });
      },
    });
  }
  post(door, {
    path: '/v1/ops/appeals/{id}/resolve',
    summary: 'Rule on an appeal; needs the permission appeals.rule (DLV-10)',
    tag: 'Appeals',
    roles: ['ops'],
    params: byId,
    query: nothing,
    body: z
      .strictObject({ ruling: z.enum(RULINGS), reason: text(REASON_MAX), refundFen: amountFen.optional() })
      .refine(({ ruling, refundFen }) => refundFen === undefined || ruling === 'cancel_and_refund', {
        path: ['refundFen'],
        message: 'goes with the ruling cancel_and_refund only',
      })
      .openapi('Ruling'),
    answer: { status: 200, schema: deliverySchema },
    async handle(call) {
      requirePermission(call.principal, 'appeals.rule');
      const { ruling, reason, refundFen = null } = call.body;
      const appealId = call.params.id;
      const particulars = {
        action: 'ops.resolve',
        appealId,
        ruling,
        refundFen,
        note: reason,
        attachmentIds: [],
      } as const;
      return perform(await ofAppeal(appealId, call.principal), call, { ...particulars, attachmentIds: [] });
    },
  });

  /** The delivery of an appeal; one of somebody else's reads as one that never was. */
  async function ofAppeal(appealId: string, principal: Principal): Promise<string> {
    const deliveryId = await deliveryOfAppeal(db, appealId);
    if (deliveryId === null) throw noAppeal();
    if ((await deliveryStatus(db, deliveryId, scopeOf(principal))) === 'absent') throw noAppeal();
    return deliveryId;
  }
}

function originOf(principal: Principal, request: Commanded['request']): Origin {
  const { sub, providerId = null } = principal;
  return { actorId: sub, providerId, requestId: request.requestId, sourceIp: request.ip ?? '' };
}
