import { z } from 'zod';
import type { MaskedPayee } from './payee';

/** What of an account changes by ticket 工单 only: locked payee info (ACC-3), and the licence number (ACC-1). */
export const TICKET_CHANGES = ['payee', 'licence_number'] as const;
export type TicketChange = (typeof TICKET_CHANGES)[number];

const common = { reason: z.string(), attachmentIds: z.array(z.string()) };

/** What a ticket asks for, as it is kept and as operations read it; an account number is sealed beside it (ACC-6). */
export const ticketProposals = {
  payee: z.object({
    accountHolder: z.string(),
    bankLocation: z.string(),
    bank: z.string(),
    branch: z.string(),
    accountNumber: z.templateLiteral(['****', z.string()]),
    ...common,
  }),
  licence_number: z.object({ licenceNumber: z.string(), ...common }),
} as const satisfies Record<TicketChange, z.ZodType>;

export type PayeeProposal = z.infer<typeof ticketProposals.payee>;
export type LicenceProposal = z.infer<typeof ticketProposals.licence_number>;

/** Whether a ticket would change nothing. @param isNewNumber whether the number is another: two may end alike */
export const isSamePayee = (now: MaskedPayee, asked: PayeeProposal, isNewNumber: boolean): boolean =>
  !isNewNumber &&
  now.accountNumber === asked.accountNumber &&
  now.accountHolder === asked.accountHolder &&
  now.bankLocation === asked.bankLocation &&
  now.bank === asked.bank &&
  now.branch === asked.branch;
