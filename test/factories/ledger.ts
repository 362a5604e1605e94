import type { OrderMoney } from '../../domain/ledger/events';
import type { Journal } from '../../domain/ledger/journal';

/** The money of an order of prv_1 by which nothing is held or earned, but for what is said. */
export const moneyOf = (other: Partial<OrderMoney>): OrderMoney => ({
  orderId: 'ord_1',
  providerId: 'prv_1',
  channel: 'wechat',
  transactionId: 'txn_1',
  feeBasisPoints: 1_000,
  heldFen: 0,
  earnedFen: 0,
  ...other,
});

/** A journal that there must be. */
export function ofJournal(journal: Journal | null): Journal {
  if (journal === null) throw new Error('No money moved');
  return journal;
}

/** What journals come to, by account: debits less credits. */
export function booksOf(journals: readonly Pick<Journal, 'entries'>[]): Map<string, number> {
  const books = new Map<string, number>();
  for (const { accountId, side, amountFen } of journals.flatMap(({ entries }) => entries)) {
    books.set(accountId, (books.get(accountId) ?? 0) + (side === 'debit' ? amountFen : -amountFen));
  }
  return books;
}
