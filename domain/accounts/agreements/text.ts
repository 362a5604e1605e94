import type { MaskedPayee } from '../payee';

/** What the texts of agreements name. */
export type Parties = {
  company: string;
  licenceNumber: string | null;
  payee: MaskedPayee | null;
  contacts: { name: string; email: string | null; phone: string | null }[];
};

/** One revision of an agreement; what was signed under earlier ones is kept as text. */
export type AgreementText = { revision: string; title: string; write(parties: Parties): string };
