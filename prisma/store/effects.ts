import { accountEffects } from './account-tickets';
import { productEffects } from './product-effects';
import type { EffectsOfKinds } from './review-effects';
import { shopEffects } from './shops';

/** What the decisions of reviews mean for what is reviewed. */
export const EFFECTS: EffectsOfKinds = { shop: shopEffects, product: productEffects, account: accountEffects };
