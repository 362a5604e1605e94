import type { KeyRing } from '../../../codec/keys';
import { moveSealed, placeOf } from '../../../codec/places';
import {
  AGREEMENT_KINDS,
  AGREEMENTS,
  type AgreementKind,
  type Parties,
  signingBlockers,
} from '../../../domain/accounts/agreements';
import { AppError } from '../../../domain/shared/errors';
import { auditedTransaction, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import {
  type AccountRow,
  accountAsItIs,
  accountTrail,
  findAccount,
  maskedPayee,
  type OwnChange,
  updateAccount,
} from './accounts';
import { listContacts } from './contacts';

/** An agreement as it was signed; the number that it names is masked in its text (ACC-6). */
export type SignedAgreement = {
  id: string;
  kind: AgreementKind;
  revision: string;
  text: string;
  signedBy: string;
  signedAt: Date;
};

type Reader = Pick<Transaction, 'provider' | 'contact' | 'agreement'>;

/** What a provider has signed, the latest first (ACC-4). */
export async function signedAgreements(db: Reader, providerId: string): Promise<SignedAgreement[]> {
  const rows = await db.agreement.findMany({
    where: { providerId },
    orderBy: { signedAt: 'desc' },
    select: { id: true, kind: true, revision: true, text: true, signedBy: true, signedAt: true },
  });
  return rows.flatMap((row) => AGREEMENT_KINDS.filter((kind) => kind === row.kind).map((kind) => ({ ...row, kind })));
}

/** What the texts of a provider's agreements name as it is now. */
export async function partiesOf(db: Reader, account: AccountRow): Promise<Parties> {
  const contacts = await listContacts(db, account.id);
  return {
    company: account.name,
    licenceNumber: account.licenceNumber,
    payee: maskedPayee(account),
    contacts: contacts.map(({ name, email, phone }) => ({ name, email, phone })),
  };
}

/**
 * Signs the present revision of an agreement, its text as it reads at this moment; the revenue supplementary agreement
 * locks payee info in the same transaction (ACC-3).
 * @throws AppError AGREEMENT.OUTDATED when another revision was read, AGREEMENT.SIGNED, AGREEMENT.BLOCKED with every blocker
 */
export async function signAgreement(
  db: Database,
  keys: KeyRing,
  change: OwnChange,
  signing: { id: string; kind: AgreementKind; revision: string },
): Promise<void> {
  const { providerId, actorId: signedBy, at: signedAt } = change;
  const { id, kind, revision } = signing;
  const work = async (tx: Transaction) => {
    const account = await findAccount(tx, providerId);
    const parties = await partiesOf(tx, account);
    requireSignable(signing, parties, await signedAgreements(tx, providerId));
    const locks = kind === 'revenue_supplement';
    await tx.agreement.create({
      data: {
        ...{ id, providerId, kind, revision, signedBy, signedAt },
        text: AGREEMENTS[kind].write(parties),
        sealed: locks ? numberSignedBy(keys, account, id) : null,
      },
    });
    const revenueAgreementAt = locks ? (account.revenueAgreementAt ?? signedAt) : account.revenueAgreementAt;
    return {
      ...accountTrail(await updateAccount(tx, providerId, { revenueAgreementAt })),
      signed: { kind, revision },
    };
  };
  await auditedTransaction(db, change, work, (tx) => accountAsItIs(tx, providerId));
}

/** The account number in force, sealed for the agreement that names it. */
function numberSignedBy(keys: KeyRing, { id, accountNumberSealed }: AccountRow, agreementId: string) {
  if (accountNumberSealed === null) return null;
  const signed = moveSealed(
    keys,
    accountNumberSealed,
    placeOf('accountNumber', id),
    placeOf('signedNumber', agreementId),
  );
  return new Uint8Array(signed);
}

function requireSignable(
  { kind, revision }: { kind: AgreementKind; revision: string },
  parties: Parties,
  signed: SignedAgreement[],
): void {
  const present = AGREEMENTS[kind].revision;
  if (revision !== present) {
    throw new AppError('AGREEMENT.OUTDATED', `Revision ${present} is to be signed; read its text and sign that.`);
  }
  if (signed.some((agreement) => agreement.kind === kind && agreement.revision === revision)) {
    throw new AppError(
      'AGREEMENT.SIGNED',
      'This revision is signed already; the list of your agreements has its text.',
    );
  }
  const errors = signingBlockers(
    kind,
    parties,
    signed.map((agreement) => agreement.kind),
  );
  if (errors.length > 0) {
    throw new AppError('AGREEMENT.BLOCKED', 'See "errors" for everything that is missing.', { errors });
  }
}
