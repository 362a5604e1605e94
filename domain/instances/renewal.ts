import type { Scene } from '../coupons/coupon';
import { type InstanceState, isGone, kindOfPurchase } from './state';

/** What an order wants more of. */
export type RenewalWish = { productId: string; specName: string };

/** What decides whether an order may be for more of an instance. */
export type RenewalFacts = {
  productId: string;
  state: InstanceState;
  /** Whether a refund of the order that it stands on is open, or has been executed: it is about to be destroyed. */
  isGivenBack: boolean;
};

/**
 * What an order would be to an instance of its buyer's own (INS-4): a renewal, of the same product and spec whatever its
 * length of time, or a trial that becomes formal, in any spec of its product.
 * @returns the scene of the purchase (CPN-1), or why it is not possible
 */
export function renewalOf(
  { productId, state, isGivenBack }: RenewalFacts,
  wish: RenewalWish,
): { scene: Exclude<Scene, 'new'> } | { refused: string } {
  if (productId !== wish.productId) return { refused: 'The instance is of another product: name a spec of that one.' };
  if (state.stage === 'creating') return { refused: 'The instance is not ready yet: wait until it is.' };
  if (isGone(state)) return { refused: 'The instance is destroyed: order a new one.' };
  if (isGivenBack) return { refused: 'The instance is being refunded: order a new one.' };
  if (state.purchase.isTrial) return { scene: 'trial_to_formal' };
  const { specName } = state.purchase;
  if (specName !== wish.specName)
    return { refused: `The instance is of the spec "${specName}": renew it with that one.` };
  if (kindOfPurchase(state, { specName, isTrial: false }) === null) return { refused: 'The instance has no end.' };
  return { scene: 'renewal' };
}
