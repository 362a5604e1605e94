import { renewalOf } from '../../domain/instances/renewal';
import { feeBasisPointsOf } from '../../domain/orders/fee';
import { fulfilmentOf, type OrderTerms, type PaymentChannel, type Renewal, sceneOf } from '../../domain/orders/order';
import type { Policy } from '../../domain/policies/catalogue';
import { AppError } from '../../domain/shared/errors';
import { findRenewable } from '../../prisma/store/orders/renewable';
import { findOffer, type Offer } from '../../prisma/store/products/storefront';
import type { Database } from '../../prisma/store/shared/database';
import { type CouponChoice, couponFor } from './coupon';

/** What a buyer asks for. */
export type Purchase = {
  productId: string;
  specId: string;
  paymentChannel: PaymentChannel;
  couponId?: CouponChoice;
  /** The buyer's own instance that is to last longer, or to become formal. */
  renewsInstanceId?: string | undefined;
  /** Whether it is the product's free trial. */
  isTrial?: boolean | undefined;
};

/** The order that is being placed. */
type Placing = { orderId: string; buyerId: string; atMs: number };

/**
 * The terms on which a spec is sold now; they are the order's, whatever becomes of the product (PRD-7).
 * @throws AppError PRODUCT.*, COUPON.*, INSTANCE.NOT_FOUND, ORDER.RENEWAL_NOT_POSSIBLE
 */
export async function termsOf(
  { db, policy }: { db: Database; policy: Policy },
  { productId, specId, paymentChannel, couponId, renewsInstanceId, isTrial = false }: Purchase,
  { orderId, buyerId, atMs }: Placing,
): Promise<Omit<OrderTerms, 'deliveryId'>> {
  const offer = await findOffer(db, productId, specId);
  if (offer === null)
    throw new AppError('PRODUCT.NOT_FOUND', 'See GET /v1/buyer/products for products and their specs.');
  const { status, type, grade, supervised, selfOperated, productName, specName, providerId, agreementSha256 } = offer;
  if (status !== 'published') throw new AppError('PRODUCT.NOT_FOR_SALE', 'Only published products can be bought.');
  const fulfilment = fulfilmentOf({ productType: type, supervised });
  const ofInstance = fulfilment === 'instance';
  const renews = await renewalFor(db, renewsInstanceId, { ...offer, buyerId, productId, ofInstance });
  // A trial costs nothing, and lasts as the product says (PRD-2).
  const trialSpan = isTrial ? trialOf(offer, ofInstance) : null;
  const originalFen = trialSpan === null ? Number(offer.priceFen) : 0;
  const purchase = { providerId, productId, productType: type, scene: sceneOf(renews) };
  const ordering = { orderId, buyerId, atMs, purchase, priceFen: originalFen };
  const { coupon, payableFen } = await couponFor(db, couponId, ordering);
  const span = trialSpan ?? { amount: offer.duration, unit: offer.unit };
  return {
    ...{ orderId, buyerId, coupon, payableFen, ...renews },
    ...{ productId, specId, paymentChannel, productName, specName, providerId, supervised, agreementSha256 },
    ...{ productType: type, productVersion: offer.version, originalFen },
    flow: selfOperated ? 'self_operated' : 'standard',
    feeBasisPoints: feeBasisPointsOf(policy['fee.table'], { productType: type, grade, placedAtMs: atMs }),
    ...(ofInstance && { span }),
    ...(fulfilment === 'direct' && stepsOf(offer)),
    ...(trialSpan !== null && { isTrial: true }),
  };
}

/** What a direct order does without, as its product says (PRD-2). */
const stepsOf = ({ needsImplementation, needsBuyerConfirmation }: Offer) => ({
  ...(needsImplementation === false && { needsImplementation }),
  ...(needsBuyerConfirmation === false && { needsBuyerConfirmation }),
});

/** For how long a product may be tried. @throws AppError PRODUCT.NO_TRIAL where it may not */
function trialOf({ trialDays }: Offer, ofInstance: boolean) {
  if (trialDays === null || !ofInstance) {
    throw new AppError('PRODUCT.NO_TRIAL', 'Only SaaS that is delivered automatically and has a trial can be tried.');
  }
  return { amount: trialDays, unit: 'day' as const };
}

/** The instance of the buyer's own that is named, and what the order is to it (INS-4). */
async function renewalFor(
  db: Database,
  instanceId: string | undefined,
  wish: { buyerId: string; productId: string; specName: string; ofInstance: boolean },
): Promise<{ renews?: Renewal }> {
  if (instanceId === undefined) return {};
  const found = await findRenewable(db, instanceId, wish.buyerId);
  if (found === null) throw new AppError('INSTANCE.NOT_FOUND', 'There is no such instance.');
  if (!wish.ofInstance) {
    throw new AppError('ORDER.RENEWAL_NOT_POSSIBLE', 'The product is not delivered by instances any more.');
  }
  const renewal = renewalOf(found, wish);
  if ('refused' in renewal) throw new AppError('ORDER.RENEWAL_NOT_POSSIBLE', renewal.refused);
  return { renews: { instanceId, scene: renewal.scene } };
}
