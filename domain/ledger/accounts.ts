import type { PaymentChannel } from '../orders/order';

/** The sides of an account; its balance grows on the one that its kind names. */
export type Side = 'debit' | 'credit';

/**
 * The chart of accounts (WDR-9): the side on which the balance of each kind grows, and what of it is never below zero.
 * Accounts without a limit have no balance row, so that no row is hot. Holds are accounts, not flags.
 */
export const CHART = {
  /** Money at a payment channel. */
  channel: { side: 'debit', limitedBy: 'nothing' },
  /** What buyers have paid and nobody has earned yet, by the channel's transaction. */
  buyer_funds: { side: 'credit', limitedBy: 'clearing_key' },
  provider_pending: { side: 'credit', limitedBy: 'account' },
  provider_withdrawable: { side: 'credit', limitedBy: 'account' },
  provider_in_progress: { side: 'credit', limitedBy: 'account' },
  provider_paid_out: { side: 'credit', limitedBy: 'account' },
  /** What a provider owes after a refund of income that was paid out: an asset of the platform. */
  provider_receivable: { side: 'debit', limitedBy: 'account' },
  deposits: { side: 'credit', limitedBy: 'account' },
  platform_fee: { side: 'credit', limitedBy: 'nothing' },
  coupon_cost: { side: 'debit', limitedBy: 'nothing' },
  /** What the reconciliation found and nobody has explained yet. */
  suspense: { side: 'credit', limitedBy: 'nothing' },
} as const satisfies Record<string, { side: Side; limitedBy: 'nothing' | 'account' | 'clearing_key' }>;

export type AccountKind = keyof typeof CHART;

/** Where the income of a provider is on its way from an order to its bank account (WDR-3). */
export type IncomeStage = 'pending' | 'withdrawable' | 'in_progress' | 'paid_out';

export const PLATFORM_FEE = 'platform_fee';
export const COUPON_COST = 'coupon_cost';
export const SUSPENSE = 'suspense';
export const channelAccount = (channel: PaymentChannel): string => `channel:${channel}`;
export const buyerFunds = (channel: PaymentChannel): string => `buyer_funds:${channel}`;
export const incomeAccount = (providerId: string, channel: PaymentChannel, stage: IncomeStage): string =>
  `provider:${providerId}:${channel}:${stage}`;
export const receivableAccount = (providerId: string): string => `provider:${providerId}:receivable`;
export const depositAccount = (providerId: string): string => `deposits:${providerId}`;
