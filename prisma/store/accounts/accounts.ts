import { type KeyRing, keyedHash, openText, sealText } from '../../../codec/keys';
import { placeOf } from '../../../codec/places';
import { lastDigits, type MaskedPayee, maskedNumber, type Payee } from '../../../domain/accounts/payee';
import { AppError } from '../../../domain/shared/errors';
import type { Provider } from '../../generated/client';
import { auditedTransaction, type Change, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';

/** A provider's account as it is stored; account numbers are sealed. */
export type AccountRow = Provider;

/** A change that a provider's people make to their own. */
export type OwnChange = Change & { providerId: string };

/**
 * Payee info with its number sealed, the digits that may be shown, and a fingerprint by which the trail shows that a
 * number is new, even where it ends as the one before (ACC-6).
 */
export type SealedPayee = Omit<Payee, 'accountNumber'> & {
  accountNumberSealed: Buffer;
  accountNumberLast4: string;
  accountNumberFingerprint: string;
};

/** Payee info as an account is to hold it. An unchanged number keeps its fingerprint, whatever key is the first now. */
export function sealedPayee(keys: KeyRing, account: AccountRow, { accountNumber, ...payee }: Payee): SealedPayee {
  const { id, accountNumberFingerprint: before } = account;
  const isSame = accountNumberOf(keys, account) === accountNumber;
  const fingerprint = () => keyedHash(keys, 'fingerprint').of(JSON.stringify(['account number', id, accountNumber]));
  return {
    ...payee,
    accountNumberSealed: sealText(keys, accountNumber, placeOf('accountNumber', id)),
    accountNumberLast4: lastDigits(accountNumber),
    accountNumberFingerprint: isSame && before !== null ? before : fingerprint(),
  };
}

/** The account number in force, in full; null when there is none yet (ACC-6). @throws as `openText` */
export function accountNumberOf(
  keys: KeyRing,
  { id, accountNumberSealed }: Pick<AccountRow, 'id' | 'accountNumberSealed'>,
): string | null {
  return accountNumberSealed === null ? null : openText(keys, accountNumberSealed, placeOf('accountNumber', id));
}

/** A provider's account. @throws Error when there is no such provider: its people's tokens name it */
export async function findAccount(db: Pick<Transaction, 'provider'>, providerId: string): Promise<AccountRow> {
  return db.provider.findUniqueOrThrow({ where: { id: providerId } });
}

/** The payee info of an account, its number masked; null until all of it was given (ACC-2, ACC-6). */
export function maskedPayee(row: AccountRow): MaskedPayee | null {
  const { accountHolder, bankLocation, bank, branch, accountNumberLast4 } = row;
  if (accountHolder === null || bankLocation === null || bank === null || branch === null) return null;
  if (accountNumberLast4 === null) return null;
  return { accountHolder, bankLocation, bank, branch, accountNumber: maskedNumber(accountNumberLast4) };
}

/** An account as the audit trail shows it: everything, the number by its last digits and fingerprint (ACC-6, AUD-1). */
export function accountTrail(row: AccountRow) {
  const payee = maskedPayee(row);
  return {
    ...{ providerType: row.providerType, name: row.name, licenceNumber: row.licenceNumber },
    payee: payee && { ...payee, accountNumberFingerprint: row.accountNumberFingerprint },
    ...{ wechatMerchantId: row.wechatMerchantId, tenpayMerchantId: row.tenpayMerchantId },
    ...{ teamSize: row.teamSize, yearsRegistered: row.yearsRegistered },
    registeredCapitalFen: row.registeredCapitalFen === null ? null : Number(row.registeredCapitalFen),
    yearlyRevenueFen: row.yearlyRevenueFen === null ? null : Number(row.yearlyRevenueFen),
    revenueAgreementAt: row.revenueAgreementAt?.toISOString() ?? null,
  };
}

/** An account as it is now, as the audit trail shows it. */
export const accountAsItIs = async (tx: Transaction, providerId: string) =>
  accountTrail(await findAccount(tx, providerId));

/** What a provider may change of its account by itself. */
export type AccountChange = Partial<
  SealedPayee &
    Pick<
      AccountRow,
      | 'wechatMerchantId'
      | 'tenpayMerchantId'
      | 'teamSize'
      | 'registeredCapitalFen'
      | 'yearsRegistered'
      | 'yearlyRevenueFen'
    >
>;

/**
 * Changes a provider's account at once.
 * @param changesOf looks at the account as it is; throws where it does not allow the change
 * @param expectedVersion null: whatever it is now
 * @throws AppError PRECONDITION.FAILED when the account has changed since it was read
 */
export async function changeAccount(
  db: Database,
  change: OwnChange,
  changesOf: (account: AccountRow) => AccountChange,
  expectedVersion: number | null,
): Promise<void> {
  const { providerId } = change;
  const work = async (tx: Transaction) => {
    const account = await findAccount(tx, providerId);
    if (expectedVersion !== null && expectedVersion !== account.version) {
      throw new AppError('PRECONDITION.FAILED', 'Read the account again and repeat your change on that.');
    }
    return accountTrail(await updateAccount(tx, providerId, changesOf(account)));
  };
  await auditedTransaction(db, change, work, (tx) => accountAsItIs(tx, providerId));
}

/** Writes to an account that the transaction has locked; it is another version then. */
export async function updateAccount(
  tx: Transaction,
  providerId: string,
  data: AccountChange & Partial<Pick<AccountRow, 'licenceNumber' | 'revenueAgreementAt'>>,
): Promise<AccountRow> {
  const { accountNumberSealed, ...plain } = data;
  const sealed = accountNumberSealed === undefined ? {} : { accountNumberSealed: new Uint8Array(accountNumberSealed) };
  return tx.provider.update({ where: { id: providerId }, data: { ...plain, ...sealed, version: { increment: 1 } } });
}
