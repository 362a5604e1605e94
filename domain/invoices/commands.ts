import type { Origin } from '../shared/actor';
import type { Mailing } from './state';

/** What people can do to an invoice, named role + path as the API lists it in `allowedActions`. */
export const INVOICE_OPERATIONS = [
  'buyer.withdraw',
  'buyer.confirm',
  'buyer.return',
  'provider.process',
  'provider.mail',
  'provider.return',
  'provider.void',
  'ops.void',
  'ops.keep',
] as const;
export type InvoiceOperation = (typeof INVOICE_OPERATIONS)[number];

type Common = { commandId: string; note: string; origin: Origin };

/** One command to an invoice; `note` is the reason where one is given. `commandId` makes it idempotent. */
export type InvoiceCommand =
  | (Common & { action: Exclude<InvoiceOperation, 'provider.mail'> })
  | (Common & { action: 'provider.mail'; mailing: Omit<Mailing, 'atMs'> });
