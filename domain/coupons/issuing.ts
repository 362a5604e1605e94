import { AppError } from '../shared/errors';
import type { CouponState } from './coupon';

/** What a provider does to the entry of a coupon (CPN-2). */
export type CouponSwitch = 'pause' | 'resume';
export type CouponAction = `provider.coupons.${CouponSwitch}`;

/** What its provider may do to a coupon now, named role + path: pause it while it could be claimed, or resume it. */
export function allowedCouponActions(state: CouponState, { paused }: { paused: boolean }): CouponAction[] {
  if (state === 'ended') return [];
  return [paused ? 'provider.coupons.resume' : 'provider.coupons.pause'];
}

/** Why a coupon's entry is not switched, with what is possible instead; null where it is. */
export function switchRefusal(state: CouponState, coupon: { paused: boolean }, to: CouponSwitch): AppError | null {
  const allowedActions = allowedCouponActions(state, coupon);
  if (allowedActions.some((action) => action === `provider.coupons.${to}`)) return null;
  const detail =
    state === 'ended' ? 'The coupon has ended.' : `The coupon is ${coupon.paused ? 'paused' : 'shown'} already.`;
  return new AppError('COUPON.NOT_ALLOWED', detail, { allowedActions });
}

/** What decides whether a coupon can be claimed by a buyer who has so many of it already. */
export type Claimability = { state: CouponState; isEnabled: boolean; perBuyer: number; buyerHas: number };

/** Why a coupon cannot be claimed (CPN-2, CPN-4); null where it can: from its creation on, until its validity ends. */
export function claimRefusal({ state, isEnabled, perBuyer, buyerHas }: Claimability): AppError | null {
  if (buyerHas >= perBuyer) {
    return new AppError('COUPON.LIMIT_REACHED', `A buyer may have ${perBuyer} of this coupon; you have ${buyerHas}.`);
  }
  if (state === 'issuing' && isEnabled) return null;
  if (state === 'claimed_out') return new AppError('COUPON.CLAIMED_OUT', 'All of them have been claimed.');
  return new AppError(
    'COUPON.NOT_CLAIMABLE',
    state === 'ended' ? 'The coupon has ended.' : 'The coupon is not issued at present.',
  );
}
