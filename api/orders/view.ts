import { SCENES, type Scene } from '../../domain/coupons/coupon';
import type { OrderRow } from '../../prisma/store/orders/orders';

/** What kind of purchase an order is, as its constraint allows. */
function sceneIn({ id, scene }: OrderRow): Scene {
  const found = SCENES.find((one) => one === scene);
  if (found === undefined) throw new Error(`${id} is of no kind of purchase: ${scene}`);
  return found;
}

export type Contact = { name: string | null; email: string | null; phone: string | null };

/**
 * An order as people read it.
 * @param buyerContact for the provider and operations: whole in the details, masked in lists (ORD-7)
 */
export function orderView(row: OrderRow, buyerContact: Contact | null = null) {
  const { id, state, buyerId, providerId, productId, productName, specId, specName, productType } = row;
  const {
    productVersion,
    agreementSha256,
    fulfilment,
    paymentChannel,
    priceVersion,
    couponId,
    isTrial,
    renewsInstanceId,
  } = row;
  const { payBy, paidAt, endedAt, completedAt, createdAt, updatedAt } = row;
  return {
    ...{ id, state, buyerId, providerId, productId, productName, specId, specName, productType, productVersion },
    ...{ agreementSha256, fulfilment, paymentChannel, priceVersion, payBy, paidAt, endedAt, createdAt },
    ...{ completedAt, updatedAt },
    ...{ couponId, scene: sceneIn(row), isTrial, renewsInstanceId },
    payableFen: Number(row.payableFen),
    originalFen: Number(row.originalFen),
    couponReductionFen: Number(row.couponReductionFen),
    paidFen: Number(row.paidFen),
    refundedFen: Number(row.refundedFen),
    invoicedFen: Number(row.invoicedFen),
    deliveryId: paidAt === null || fulfilment !== 'delivery' ? null : row.deliveryId,
    buyerContact,
  };
}
