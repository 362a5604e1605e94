import { productEffects } from './product-effects';
import type { EffectsOfKinds, ReviewEffects } from './review-effects';

const nothing: ReviewEffects = {
  takeUp: async () => ({ base: null, proposed: null }),
  approve: async () => undefined,
  reject: async () => undefined,
  withdraw: async () => undefined,
};

/** What the decisions of reviews mean for what is reviewed. */
export const EFFECTS: EffectsOfKinds = { shop: nothing, product: productEffects, account: nothing };
