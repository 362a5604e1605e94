import { lastDigits, type MaskedPayee, maskedNumber, type Payee } from '../../domain/account/payee';
import { AppError } from '../../domain/errors';
import type { Provider } from '../generated/client';
import { type Change, changeOnce, type Transaction } from './change';
import type { Database } from './client';

/** A provider's account as it is stored; account numbers are sealed. */
export type AccountRow = Provider;

/** A change that a provider's people make to their own. */
export type OwnChange = Change & { providerId: string };

/** Payee info with its number sealed, and the digits that may be shown. */
export type SealedPayee = Omit<Payee, 'accountNumber'> & { accountNumberSealed: Buffer; accountNumberLast4: string };

/** Seals the number of payee info. @param seal as of codec/keys.ts */
export function sealedPayee({ accountNumber, ...payee }: Payee, seal: (text: string) => Buffer): SealedPayee {
  return { ...payee, accountNumberSealed: seal(accountNumber), accountNumberLast4: lastDigits(accountNumber) };
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

/** An account as the audit trail shows it: everything, the number masked (ACC-6, AUD-1). */
export function accountTrail(row: AccountRow) {
  return {
    ...{ providerType: row.providerType, name: row.name, licenceNumber: row.licenceNumber },
    payee: maskedPayee(row),
    ...{ wechatMerchantId: row.wechatMerchantId, tenpayMerchantId: row.tenpayMerchantId },
    ...{ teamSize: row.teamSize, yearsRegistered: row.yearsRegistered },
    registeredCapitalFen: row.registeredCapitalFen === null ? null : Number(row.registeredCapitalFen),
    yearlyRevenueFen: row.yearlyRevenueFen === null ? null : Number(row.yearlyRevenueFen),
    revenueAgreementAt: row.revenueAgreementAt?.toISOString() ?? null,
  };
}

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
 * @param expectedVersion null: whatever it is now
 * @param requireAllowed looks at the account as it is, and throws where it does not allow the change
 * @throws AppError PRECONDITION.FAILED when the account has changed since it was read
 */
export async function changeAccount(
  db: Database,
  change: OwnChange,
  data: AccountChange,
  expectedVersion: number | null,
  requireAllowed: (account: AccountRow) => void = () => undefined,
): Promise<void> {
  const { providerId } = change;
  await changeOnce(db, change, async (tx) => {
    const account = await findAccount(tx, providerId);
    if (expectedVersion !== null && expectedVersion !== account.version) {
      throw new AppError('PRECONDITION.FAILED', 'Read the account again and repeat your change on that.');
    }
    requireAllowed(account);
    return accountTrail(await updateAccount(tx, providerId, data));
  });
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
