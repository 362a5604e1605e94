import type { AccessStatus } from './permissions';

/** Where a provider's money goes: payee info 收款信息, all of it required (ACC-2). */
export type Payee = {
  /** 开户名称: the company itself. */
  accountHolder: string;
  /** 银行所在地 */
  bankLocation: string;
  /** 开户银行 */
  bank: string;
  /** 开户支行名 */
  branch: string;
  /** 银行账号: digits only. */
  accountNumber: string;
};

/** The same with the last four digits of the number, as it is shown and kept in the audit trail (ACC-6). */
export type MaskedPayee = Payee & { accountNumber: MaskedNumber };
export type MaskedNumber = `****${string}`;

const LAST = 4;

/** The digits by which people recognise an account. */
export const lastDigits = (accountNumber: string): string => accountNumber.slice(-LAST);

/** An account number as most may see it (ACC-6). */
export const maskedNumber = (last4: string): MaskedNumber => `****${last4}`;

/** Whether a text is a bank account number; blanks between the digits were taken out. */
export const isAccountNumber = (text: string): boolean => /^[0-9]{8,30}$/.test(text);

/**
 * Whether the account holder is the company (ACC-2): the same name, whatever the width of brackets and letters and
 * wherever blanks are.
 */
export const isSameCompany = (holder: string, company: string): boolean => folded(holder) === folded(company);
const folded = (name: string) => name.normalize('NFKC').replace(/\s/g, '');

/** Who sees account numbers in full (ACC-6): the main account and people with the area `finance`, but no program. */
export const seesAccountNumbers = ({ as, areas }: AccessStatus): boolean =>
  as === 'main' || (as === 'sub' && areas.includes('finance'));
