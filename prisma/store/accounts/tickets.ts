import { type KeyRing, openText } from '../../../codec/keys';
import { moveSealed, placeOf } from '../../../codec/places';
import { isSameCompany } from '../../../domain/accounts/payee';
import {
  isSamePayee,
  type LicenceProposal,
  type PayeeProposal,
  TICKET_CHANGES,
  type TicketChange,
  ticketProposals,
} from '../../../domain/accounts/tickets';
import type { ReviewSubject } from '../../../domain/reviews/step';
import { AppError } from '../../../domain/shared/errors';
import type { Decided, ReviewHandler, SubmittedDocuments } from '../reviews/review-handler';
import { auditedTransaction, type Change, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import {
  type AccountRow,
  accountAsItIs,
  accountNumberOf,
  accountTrail,
  findAccount,
  maskedPayee,
  sealedPayee,
  updateAccount,
} from './accounts';

/** What tickets mean for the account that they are to change (ACC-1, ACC-3). */
export const accountReviewHandler = (keys: KeyRing): ReviewHandler => ({
  async onSubmitted(tx, subject) {
    const account = await findAccount(tx, subject.objectId);
    const { content, sealed } = await proposalOf(tx, subject.reviewId);
    return changeOf(subject) === 'payee'
      ? payeeSubmitted(keys, account, subject, ticketProposals.payee.parse(content), sealed)
      : licenceSubmitted(account, ticketProposals.licence_number.parse(content));
  },

  async approve(tx, review) {
    const account = await findAccount(tx, review.objectId);
    const changed =
      changeOf(review) === 'payee'
        ? await applyPayee(keys, tx, account, review)
        : await updateAccount(tx, account.id, {
            licenceNumber: ticketProposals.licence_number.parse(review.proposed).licenceNumber,
          });
    return { before: accountTrail(account), after: accountTrail(changed) };
  },

  // The account is as it was before.
  reject: async () => undefined,
  withdraw: async () => undefined,
});

function changeOf({ operation }: Pick<ReviewSubject, 'operation'>): TicketChange {
  const change = TICKET_CHANGES.find((known) => known === operation);
  if (change === undefined) throw new Error(`${operation} is nothing that changes by ticket`);
  return change;
}

async function proposalOf(tx: Transaction, id: string): Promise<{ content: unknown; sealed: Uint8Array | null }> {
  return tx.proposal.findUniqueOrThrow({ where: { id }, select: { content: true, sealed: true } });
}

const unchanged = () => new AppError('ACCOUNT.UNCHANGED', 'This is what is in force: there is nothing to change.');

function payeeSubmitted(
  keys: KeyRing,
  account: AccountRow,
  { reviewId }: ReviewSubject,
  asked: PayeeProposal,
  proposed: Uint8Array | null,
): SubmittedDocuments {
  const now = maskedPayee(account);
  if (account.revenueAgreementAt === null || now === null) {
    const detail = 'Until the revenue agreement is signed, payee info takes no ticket: replace it in your account.';
    throw new AppError('ACCOUNT.NOT_LOCKED', detail);
  }
  requireCompany(account, asked);
  if (proposed === null) throw new Error(`The account number of ticket ${reviewId} is missing`);
  const place = placeOf('proposal', reviewId);
  const isNewNumber = openText(keys, proposed, place) !== accountNumberOf(keys, account);
  if (isSamePayee(now, asked, isNewNumber)) throw unchanged();
  const sealed = moveSealed(keys, proposed, place, placeOf('review', reviewId));
  return { base: now, proposed: { ...asked, isNewNumber }, sealed };
}

function licenceSubmitted({ licenceNumber }: AccountRow, asked: LicenceProposal): SubmittedDocuments {
  if (licenceNumber === asked.licenceNumber) throw unchanged();
  return { base: { licenceNumber }, proposed: asked };
}

function requireCompany({ name }: AccountRow, { accountHolder }: PayeeProposal): void {
  if (isSameCompany(accountHolder, name)) return;
  throw new AppError('ACCOUNT.HOLDER_MISMATCH', `The account must be the company's own: its holder is "${name}".`);
}

async function applyPayee(
  keys: KeyRing,
  tx: Transaction,
  account: AccountRow,
  { reviewId, proposed, sealed }: Decided,
): Promise<AccountRow> {
  const asked = ticketProposals.payee.parse(proposed);
  // The company may have been certified under another name since.
  requireCompany(account, asked);
  if (sealed === null) throw new Error(`The account number of a ticket of ${account.id} is missing`);
  const { accountHolder, bankLocation, bank, branch } = asked;
  const accountNumber = openText(keys, sealed, placeOf('review', reviewId));
  const payee = { accountHolder, bankLocation, bank, branch, accountNumber };
  return updateAccount(tx, account.id, sealedPayee(keys, account, payee));
}

/** The account numbers that a payee ticket is about, sealed: the account holds the one in force. */
export type TicketNumbers = { account: AccountRow; proposed: Uint8Array | null };

/**
 * The account numbers of a payee ticket, for operations, who must compare them; that they looked is left in the trail
 * of the account (ACC-6, AUD-1).
 * @param look says of whose account it is, once that is known
 * @returns null when there is no such ticket, or when it is about no account number
 */
export async function lookAtNumbers(
  db: Database,
  ticketId: string,
  look: (providerId: string) => Change,
): Promise<TicketNumbers | null> {
  const where = { id: ticketId, kind: 'account', operation: 'payee' };
  const ticket = await db.review.findFirst({ where, select: { objectId: true, sealed: true } });
  if (ticket === null) return null;
  const asItIs = (tx: Transaction) => accountAsItIs(tx, ticket.objectId);
  await auditedTransaction(db, { ...look(ticket.objectId), note: ticketId }, asItIs, asItIs);
  return { account: await findAccount(db, ticket.objectId), proposed: ticket.sealed };
}
