import type { KeyRing } from '../../codec/keys';
import { accountEffects } from './account-tickets';
import { productEffects } from './product-effects';
import type { EffectsOfKinds } from './review-effects';
import { shopEffects } from './shops';

/** What the decisions of reviews mean for what is reviewed. @param ring opens what a proposal holds sealed */
export const effectsOf = (ring: KeyRing): EffectsOfKinds => ({
  shop: shopEffects,
  product: productEffects(ring),
  account: accountEffects(ring),
});
