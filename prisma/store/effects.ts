import { productEffects } from './product-effects';
import type { EffectsOfKinds, ReviewEffects } from './review-effects';
import { shopEffects } from './shops';

const nothing: ReviewEffects = {
  takeUp: async () => ({ base: null, proposed: null }),
  approve: async () => undefined,
  reject: async () => undefined,
  withdraw: async () => undefined,
};

/** What the decisions of reviews mean for what is reviewed. */
export const EFFECTS: EffectsOfKinds = { shop: shopEffects, product: productEffects, account: nothing };
