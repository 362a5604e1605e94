import { entry } from './entry';
import { revenueSupplement } from './revenue-supplement';
import type { AgreementText, Parties } from './text';

export type { AgreementText, Parties } from './text';

/** 接入协议, signed on joining, and 收益补充协议, which supplements it (ACC-4). */
export const AGREEMENT_KINDS = ['entry', 'revenue_supplement'] as const;
export type AgreementKind = (typeof AGREEMENT_KINDS)[number];

/** The revisions that can be signed now. */
export const AGREEMENTS: Record<AgreementKind, AgreementText> = { entry, revenue_supplement: revenueSupplement };

/** What keeps a provider from signing: where it is missing, and what to do. */
export type Blocker = { path: string; message: string };

/**
 * Everything that keeps a provider from signing an agreement now, all at once (ACC-3, WDR-2).
 * @param signed the kinds that it has signed already
 */
export function signingBlockers(
  kind: AgreementKind,
  { payee, contacts }: Parties,
  signed: readonly AgreementKind[],
): Blocker[] {
  if (kind === 'entry') return [];
  return [
    ...(signed.includes('entry') ? [] : [{ path: 'agreements.entry', message: 'must be signed first' }]),
    ...(payee === null ? [{ path: 'payee', message: 'must be complete' }] : []),
    ...(contacts.length === 0 ? [{ path: 'contacts', message: 'must name somebody' }] : []),
  ];
}
