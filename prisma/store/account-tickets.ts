import { isSameCompany } from '../../domain/account/payee';
import {
  isSamePayee,
  type LicenceProposal,
  type PayeeProposal,
  TICKET_CHANGES,
  type TicketChange,
  ticketProposals,
} from '../../domain/account/tickets';
import { AppError } from '../../domain/errors';
import type { ReviewSubject } from '../../domain/reviews/step';
import { type AccountRow, accountTrail, findAccount, maskedPayee, updateAccount } from './accounts';
import { type Change, changeOnce, type Transaction } from './change';
import type { Database } from './client';
import type { Decided, ReviewEffects, TakenUp } from './review-effects';

/** What tickets mean for the account that they are to change (ACC-1, ACC-3). */
export const accountEffects: ReviewEffects = {
  async takeUp(tx, subject) {
    const account = await findAccount(tx, subject.objectId);
    const { content, sealed } = await proposalOf(tx, subject.reviewId);
    return changeOf(subject) === 'payee'
      ? { ...payeeTakenUp(account, ticketProposals.payee.parse(content)), sealed }
      : licenceTakenUp(account, ticketProposals.licence_number.parse(content));
  },

  async approve(tx, review) {
    const account = await findAccount(tx, review.objectId);
    const changed =
      changeOf(review) === 'payee'
        ? await applyPayee(tx, account, review)
        : await updateAccount(tx, account.id, {
            licenceNumber: ticketProposals.licence_number.parse(review.proposed).licenceNumber,
          });
    await addAppliedStep(tx, review, changed);
  },

  // The account is as it was before.
  reject: async () => undefined,
  withdraw: async () => undefined,
};

function changeOf({ operation }: Pick<ReviewSubject, 'operation'>): TicketChange {
  const change = TICKET_CHANGES.find((known) => known === operation);
  if (change === undefined) throw new Error(`${operation} is nothing that changes by ticket`);
  return change;
}

async function proposalOf(tx: Transaction, id: string): Promise<{ content: unknown; sealed: Buffer | null }> {
  const { content, sealed } = await tx.proposal.findUniqueOrThrow({ where: { id } });
  return { content, sealed: sealed === null ? null : Buffer.from(sealed) };
}

const unchanged = () => new AppError('ACCOUNT.UNCHANGED', 'This is what is in force: there is nothing to change.');

function payeeTakenUp(account: AccountRow, asked: PayeeProposal): TakenUp {
  const now = maskedPayee(account);
  if (account.revenueAgreementAt === null || now === null) {
    const detail = 'Payee info is yours to edit until the revenue agreement is signed: PUT /v1/provider/account/payee.';
    throw new AppError('ACCOUNT.NOT_LOCKED', detail);
  }
  requireCompany(account, asked);
  if (isSamePayee(now, asked)) throw unchanged();
  return { base: now, proposed: asked };
}

function licenceTakenUp({ licenceNumber }: AccountRow, asked: LicenceProposal): TakenUp {
  if (licenceNumber === asked.licenceNumber) throw unchanged();
  return { base: { licenceNumber }, proposed: asked };
}

function requireCompany({ name }: AccountRow, { accountHolder }: PayeeProposal): void {
  if (isSameCompany(accountHolder, name)) return;
  throw new AppError('ACCOUNT.HOLDER_MISMATCH', `The account must be the company's own: its holder is "${name}".`);
}

async function applyPayee(tx: Transaction, account: AccountRow, { proposed, sealed }: Decided): Promise<AccountRow> {
  const asked = ticketProposals.payee.parse(proposed);
  // The company may have been certified under another name since.
  requireCompany(account, asked);
  if (sealed === null) throw new Error(`The account number of a ticket of ${account.id} is missing`);
  const { accountHolder, bankLocation, bank, branch, accountNumber } = asked;
  const number = { accountNumberSealed: sealed, accountNumberLast4: accountNumber.replaceAll('*', '') };
  return updateAccount(tx, account.id, { accountHolder, bankLocation, bank, branch, ...number });
}

/** The account's own trail tells of the change, too: by whom and from where the ticket was approved (AUD-1). */
async function addAppliedStep(tx: Transaction, { reviewId, operation }: Decided, account: AccountRow): Promise<void> {
  const after = JSON.stringify({ ...accountTrail(account), ticket: reviewId });
  await tx.$executeRaw`
    INSERT INTO steps (object_id, sequence, command_id, actor_role, actor_id, action, note, state_after, request_id,
                       source_ip, run_id, provider_id, at)
    SELECT ${account.id}, 1 + coalesce((SELECT max(sequence) FROM steps WHERE object_id = ${account.id}), 0),
           command_id || '/applied', actor_role, actor_id, ${`ops.account.${operation}`}, ${reviewId}, ${after}::jsonb,
           request_id, source_ip, run_id, provider_id, at
    FROM steps WHERE object_id = ${reviewId} ORDER BY sequence DESC LIMIT 1`;
}

/** The account numbers that a payee ticket is about, sealed. */
export type TicketNumbers = { inForce: Buffer | null; proposed: Buffer | null };

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
  let inForce: Buffer | null = null;
  await changeOnce(db, look(ticket.objectId), async (tx) => {
    const account = await findAccount(tx, ticket.objectId);
    inForce = asBuffer(account.accountNumberSealed);
    return { ...accountTrail(account), ticket: ticketId };
  });
  return { inForce, proposed: asBuffer(ticket.sealed) };
}

const asBuffer = (bytes: Uint8Array | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));
