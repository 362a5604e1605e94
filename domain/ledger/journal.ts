import type { Side } from './accounts';

/** One line of a journal: an amount in fen, above zero, on one side of one account. */
export type Entry = {
  accountId: string;
  side: Side;
  amountFen: number;
  /** What the lines of the account are matched by: the channel's transaction for money, the order for income. */
  clearingKey: string | null;
};

/** What a journal says happened. */
export type JournalKind =
  | 'payment_received'
  | 'payment_returned'
  | 'order_completed'
  | 'refund_executed'
  | 'coupon_cost'
  | 'reversal'
  | 'adjustment';

/** A balanced set of entries (WDR-9). It is posted once per business key, whatever is tried again. */
export type Journal = {
  kind: JournalKind;
  businessKey: string;
  /** What it is about: an order, a refund, a difference. */
  objectId: string;
  entries: Entry[];
  /** The journal that it takes back; each can be taken back once. */
  reversesId: string | null;
  /** The hold or the difference that it resolves; each can be resolved once. */
  resolvesId: string | null;
};

export const debit = (accountId: string, amountFen: number, clearingKey: string | null = null): Entry => ({
  accountId,
  side: 'debit',
  amountFen,
  clearingKey,
});

export const credit = (accountId: string, amountFen: number, clearingKey: string | null = null): Entry => ({
  accountId,
  side: 'credit',
  amountFen,
  clearingKey,
});

/**
 * A journal of these lines; lines of nothing are left out.
 * @returns null where no money moves
 * @throws RangeError when an amount is not whole fen from zero up, or the lines do not balance
 */
export function journalOf(
  head: Omit<Journal, 'entries' | 'reversesId' | 'resolvesId'> & Partial<Pick<Journal, 'reversesId' | 'resolvesId'>>,
  lines: Entry[],
): Journal | null {
  const wrong = lines.find(({ amountFen }) => !Number.isSafeInteger(amountFen) || amountFen < 0);
  if (wrong !== undefined) throw new RangeError(`${wrong.amountFen} is not an amount for ${wrong.accountId}`);
  const entries = lines.filter(({ amountFen }) => amountFen > 0);
  if (!isBalanced(entries)) {
    throw new RangeError(
      `${head.businessKey}: debits of ${totalOf(entries, 'debit')} and credits of ${totalOf(entries, 'credit')} fen`,
    );
  }
  return entries.length === 0 ? null : { reversesId: null, resolvesId: null, ...head, entries };
}

/** Whether debits and credits are the same. */
export const isBalanced = (lines: readonly Entry[]): boolean => totalOf(lines, 'debit') === totalOf(lines, 'credit');

const totalOf = (lines: readonly Entry[], side: Side): number =>
  lines.reduce((sum, line) => sum + (line.side === side ? line.amountFen : 0), 0);
