import type { FoundJournal, StatementLine, Total } from '../../prisma/store/ledger/reports';
import type { JournalView, TrialBalanceView } from './schemas';

/** The trial balance at an instant (WDR-9): debits and credits of every account; those of providers summed by kind. */
export function trialBalanceView(totals: readonly Total[], at: Date): TrialBalanceView {
  const lines = totals.map(({ kind, channel, side, debitFen, creditFen }) => ({
    account: accountOf(kind, channel),
    side,
    debitFen,
    creditFen,
    balanceFen: side === 'debit' ? debitFen - creditFen : creditFen - debitFen,
  }));
  const debitFen = lines.reduce((sum, line) => sum + line.debitFen, 0);
  const creditFen = lines.reduce((sum, line) => sum + line.creditFen, 0);
  return { at: at.toISOString(), lines, debitFen, creditFen, balanced: debitFen === creditFen };
}

/** `provider_pending`, `wechat` → `provider:*:wechat:pending`: the id of the accounts, as their entries have it. */
function accountOf(kind: string, channel: string): string {
  const ofChannel = channel === '' ? '' : `:${channel}`;
  if (kind.startsWith('provider_')) return `provider:*${ofChannel}:${kind.slice('provider_'.length)}`;
  return kind === 'deposits' ? 'deposits:*' : `${kind}${ofChannel}`;
}

/** A line of the statement of an account. */
export const statementLineView = ({ effectiveAt, postedAt, ...line }: StatementLine) => ({
  ...line,
  effectiveAt: effectiveAt.toISOString(),
  postedAt: postedAt.toISOString(),
});

/** A journal with what caused it and what it reverses. */
export function journalView({ cause, entries, reversedBy, ...journal }: FoundJournal): JournalView {
  const { id, kind, businessKey, objectId, actor, runId, reversesId, resolvesId } = journal;
  return {
    ...{ id, kind, businessKey, objectId, actor, runId, reversesId, resolvesId },
    effectiveAt: journal.effectiveAt.toISOString(),
    postedAt: journal.postedAt.toISOString(),
    reversedById: reversedBy?.id ?? null,
    cause: cause && {
      objectId: cause.objectId,
      sequence: cause.sequence,
      commandId: cause.commandId,
      action: cause.action,
      actor: { role: cause.actorRole, id: cause.actorId },
      at: cause.at.toISOString(),
    },
    entries: entries.map(({ line, accountId, debitFen, creditFen, clearingKey }) => ({
      ...{ line, accountId, clearingKey },
      debitFen: Number(debitFen),
      creditFen: Number(creditFen),
    })),
  };
}
