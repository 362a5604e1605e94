import { z } from 'zod';
import { isAccountNumber, isSameCompany } from '../../domain/accounts/payee';
import { AppError } from '../../domain/shared/errors';
import type { AccountRow } from '../../prisma/store/accounts/accounts';
import { text } from '../http/schemas';

const accountNumber = z
  .string()
  .max(80)
  .transform((sent) => sent.replace(/\s/g, ''))
  .refine(isAccountNumber, 'must have 8 to 30 digits')
  .openapi({ type: 'string', description: '8 to 30 digits; blanks between them do not matter' });

/** Payee info as it is sent, all of it required (ACC-2). */
export const payeeBody = z
  .strictObject({
    accountHolder: text(100).openapi({ description: 'The company itself, as it was certified' }),
    bankLocation: text(100),
    bank: text(100),
    branch: text(200),
    accountNumber,
  })
  .openapi('Payee');

/** @throws AppError REQUEST.INVALID unless the account holder is the company (ACC-2) */
export function requireHolder(accountHolder: string, { name }: Pick<AccountRow, 'name'>, path: string): void {
  if (isSameCompany(accountHolder, name)) return;
  throw new AppError('REQUEST.INVALID', `The account must be the company's own: its holder is "${name}".`, {
    errors: [{ path, message: 'must be the company name' }],
  });
}
