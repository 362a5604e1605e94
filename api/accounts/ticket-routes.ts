import { z } from 'zod';
import { type KeyRing, openText, sealText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import { isLicenceNumber } from '../../domain/accounts/licence-number';
import { lastDigits, maskedNumber, type Payee } from '../../domain/accounts/payee';
import { TICKET_CHANGES } from '../../domain/accounts/tickets';
import { REVIEW_STAGES } from '../../domain/reviews/state';
import { AppError } from '../../domain/shared/errors';
import { type AccountRow, accountNumberOf, findAccount } from '../../prisma/store/accounts/accounts';
import { lookAtNumbers } from '../../prisma/store/accounts/tickets';
import { addProposal, type NewProposal } from '../../prisma/store/reviews/proposals';
import { findReview, listReviews } from '../../prisma/store/reviews/reviews';
import type { Database } from '../../prisma/store/shared/database';
import { requireOwnAttachments } from '../attachments/service';
import { changeOf } from '../http/audited-change';
import type { CommandRequest } from '../http/command-request';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { idFrom } from '../http/ids';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { attachmentIds, byId, paging, REASON_MAX, text } from '../http/schemas';
import { providerOf } from '../http/scope';
import { dropRefused } from '../reviews/proposals';
import { reviewPage, reviewSchema } from '../reviews/schemas';
import { type ReviewService, reviewScope } from '../reviews/service';
import { reviewSummary } from '../reviews/view';
import { payeeBody, requireHolder } from './payee';

const licenceNumber = z
  .string()
  .trim()
  .toUpperCase()
  .refine(isLicenceNumber, 'must be a unified social credit code of 18 characters')
  .openapi({ type: 'string', description: 'Unified social credit code (GB 32100), its check character included' });

const common = { reason: text(REASON_MAX), attachmentIds };
const ticketBody = z
  .discriminatedUnion('change', [
    z.strictObject({ change: z.literal('payee'), payee: payeeBody, ...common }),
    z.strictObject({ change: z.literal('licence_number'), licenceNumber, ...common }),
  ])
  .openapi('Ticket', {
    example: { change: 'licence_number', licenceNumber: '9144030071526726XG', reason: '换发了营业执照' },
  });
type Asked = z.output<typeof ticketBody>;

const numbersSchema = z
  .object({ id: z.string(), inForce: z.string().nullable(), proposed: z.string().nullable() })
  .openapi('TicketAccountNumbers');

/** What the ticket routes need beside the HTTP layer. */
export type TicketRoutes = { db: Database; keys: KeyRing; reviews: ReviewService };

const noTicket = () => new AppError('REVIEW.NOT_FOUND', 'There is no such review.');

/** Other reviews are other areas' business. @throws AppError REVIEW.NOT_FOUND */
function requireTicket(reviewId: string): string {
  if (reviewId.startsWith('tkt_')) return reviewId;
  throw noTicket();
}

/** Changes of locked account data, which operations approve or refuse (ACC-1, ACC-3). */
export function ticketRoutes(context: ApiContext, needs: TicketRoutes): void {
  const { db, reviews } = needs;
  const shared = { tag: 'Account', access: { provider: 'account' }, query: nothing } as const;
  post(context, {
    ...shared,
    path: '/v1/provider/tickets',
    summary: 'Ask for a change of locked payee info or of the licence number; one at a time of each',
    params: nothing,
    body: ticketBody,
    answer: { status: 201, schema: reviewSchema },
    handle: (call) => ask(needs, call, call.body),
  });
  get(context, {
    ...shared,
    path: '/v1/provider/tickets',
    summary: 'Your tickets, with their states, reasons and deadlines',
    params: nothing,
    query: z.strictObject({
      ...paging,
      status: z.enum(REVIEW_STAGES).optional(),
      change: z.enum(TICKET_CHANGES).optional(),
    }),
    body: nothing,
    answer: { status: 200, schema: reviewPage },
    async handle({ principal, query: { change: operation, ...query } }) {
      const page = pageOfQuery(query);
      const filter = { ...query, kind: 'account', operation } as const;
      return pageAnswer(await listReviews(db, reviewScope(principal), filter, page), page, reviewSummary);
    },
  });
  get(context, {
    ...shared,
    path: '/v1/provider/tickets/{id}',
    summary: 'One ticket: what changes, and what is possible now',
    params: byId,
    body: nothing,
    answer: { status: 200, schema: reviewSchema },
    handle: ({ principal, params }) => reviews.view(requireTicket(params.id), reviewScope(principal)),
  });
  post(context, {
    ...shared,
    path: '/v1/provider/tickets/{id}/withdraw',
    summary: 'Withdraw a ticket that is not decided yet',
    params: byId,
    body: nothing,
    answer: { status: 200, schema: reviewSchema },
    handle: (call) => reviews.act(requireTicket(call.params.id), 'provider.withdraw', '', call),
  });
  numbersRoute(context, needs);
}

/** Operations compare account numbers in full; each look is in the trail of the account (ACC-6). */
function numbersRoute(context: ApiContext, { db, keys }: TicketRoutes): void {
  get(context, {
    path: '/v1/ops/tickets/{id}/account-numbers',
    summary: 'The account numbers of a payee ticket in full, the one in force and the one asked for; the look is kept',
    tag: 'Account',
    access: { ops: 'any' },
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: numbersSchema },
    async handle(call) {
      const { id } = call.params;
      const numbers = await lookAtNumbers(db, id, (providerId) => ({
        ...changeOf(call, providerId, 'account.number_look'),
        providerId,
      }));
      if (numbers === null) throw new AppError('REVIEW.NOT_FOUND', 'There is no such ticket about an account number.');
      const { account, proposed } = numbers;
      const opened = proposed === null ? null : openText(keys, proposed, placeOf('review', id));
      return { id, inForce: accountNumberOf(keys, account), proposed: opened };
    },
  });
}

/** Submits a ticket; answers it as it is in review then. */
async function ask({ db, keys, reviews }: TicketRoutes, call: CommandRequest, asked: Asked) {
  const { principal, command } = call;
  const providerId = providerOf(principal);
  const reviewId = idFrom('tkt', command.atMs, command.commandId);
  const scope = reviewScope(principal);
  // A repetition whose first answer was lost: what was asked then stands.
  if ((await findReview(db, reviewId, scope)) !== null) return reviews.view(reviewId, scope, command.commandId);
  await requireOwnAttachments(db, principal, asked.attachmentIds);
  const account = await findAccount(db, providerId);
  if (asked.change === 'payee') requireHolder(asked.payee.accountHolder, account, 'body.payee.accountHolder');
  const subject = { reviewId, kind: 'account', operation: asked.change, objectId: providerId, providerId } as const;
  await addProposal(db, proposalOf(reviewId, account, asked, keys));
  const submission = { subject: { ...subject, title: account.name }, needsSecurityCheck: false };
  await reviews.submit(call, submission).catch(dropRefused(db, reviewId));
  return reviews.view(reviewId, scope, command.commandId);
}

function proposalOf(id: string, account: AccountRow, asked: Asked, keys: KeyRing): NewProposal {
  const { reason, attachmentIds: files } = asked;
  const proposal = { id, providerId: account.id };
  const words = { reason, attachmentIds: files };
  if (asked.change === 'licence_number')
    return { ...proposal, content: { licenceNumber: asked.licenceNumber, ...words } };
  const { accountNumber, ...payee } = asked.payee;
  const masked: Payee = { ...payee, accountNumber: maskedNumber(lastDigits(accountNumber)) };
  const sealed = sealText(keys, accountNumber, placeOf('proposal', id));
  return { ...proposal, content: { ...masked, ...words }, sealed };
}
