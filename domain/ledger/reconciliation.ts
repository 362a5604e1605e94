import { PAYMENT_CHANNELS, type PaymentChannel } from '../orders/order';
import { channelAccount, SUSPENSE } from './accounts';
import { credit, debit, type Entry, type Journal, journalOf } from './journal';

/**
 * What the ledger is compared with (WDR-9), each with the kinds of differences that it finds: our payments, refunds,
 * completed orders and stored callbacks, and clearing keys that stay open too long; a channel's own list of payments and
 * refunds; itself: journals that are not what was posted, closed days that are not what was closed, balances that do not
 * follow from the entries.
 */
export const COMPARISONS = {
  records: ['payment', 'refund', 'completion', 'callback', 'clearing'],
  channel: ['channel_payment', 'channel_refund'],
  ledger: ['journal', 'day', 'balance'],
} as const;
export const DIFFERENCE_KINDS = [...COMPARISONS.records, ...COMPARISONS.channel, ...COMPARISONS.ledger] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** Something about which the ledger and another record disagree, in fen; 0 where one of them does not know it. */
export type Difference = {
  kind: DifferenceKind;
  key: string;
  channel: PaymentChannel | null;
  ledgerFen: number;
  otherFen: number;
};

export const isPaymentChannel = (name: string): name is PaymentChannel => PAYMENT_CHANNELS.some((one) => one === name);

/** Amounts in fen by what they are of. */
export type Amounts = ReadonlyMap<string, number>;

/**
 * Compares what both sides say of the same things.
 * @param keys what is compared: of the day that is reconciled, while both sides may know more
 */
export function compareAmounts(
  what: Pick<Difference, 'kind' | 'channel'>,
  keys: Iterable<string>,
  ledger: Amounts,
  other: Amounts,
): Difference[] {
  return [...new Set(keys)].sort().flatMap((key) => {
    const [ledgerFen, otherFen] = [ledger.get(key) ?? 0, other.get(key) ?? 0];
    return ledgerFen === otherFen ? [] : [{ ...what, key, ledgerFen, otherFen }];
  });
}

/**
 * The journal that resolves a difference, once. Where operations name no entries, the account of the channel becomes
 * what the channel says, and the other side waits in suspense until somebody knows whose money it is; differences that
 * are not with a channel suggest nothing.
 * @returns null where no money moves: the difference is explained
 * @throws RangeError when the entries do not balance
 */
export function resolutionOf(id: string, difference: Difference, entries?: Entry[]): Journal | null {
  const head = { kind: 'adjustment', businessKey: `difference/${id}`, objectId: id, resolvesId: id } as const;
  return journalOf(head, entries ?? suggested(difference));
}

function suggested({ kind, channel, ledgerFen, otherFen }: Difference): Entry[] {
  if (channel === null || (kind !== 'channel_payment' && kind !== 'channel_refund')) return [];
  const missingFen = kind === 'channel_payment' ? otherFen - ledgerFen : ledgerFen - otherFen;
  return missingFen > 0
    ? [debit(channelAccount(channel), missingFen), credit(SUSPENSE, missingFen)]
    : [debit(SUSPENSE, -missingFen), credit(channelAccount(channel), -missingFen)];
}
