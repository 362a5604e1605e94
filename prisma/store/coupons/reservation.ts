import { AppError } from '../../../domain/shared/errors';
import { Prisma } from '../../generated/client';

/** The order that reserves a coupon, and the command that places it. */
type Reserving = { orderId: string; buyerId: string; commandId: string; at: Date };

/**
 * The CTE `reserved`, in the statement that places an order: the buyer's coupon is reserved for it (CPN-3). It has a row
 * if the coupon was free; without one nothing else of the statement may happen. A command that was carried out already
 * reserves nothing.
 */
export const reservationCte = (
  { claimId }: { claimId: string },
  { orderId, buyerId, commandId, at }: Reserving,
): Prisma.Sql => Prisma.sql`reserved AS (
      UPDATE coupon_claims SET status = 'reserved', order_id = ${orderId}, updated_at = ${at}
      WHERE id = ${claimId} AND buyer_id = ${buyerId} AND status = 'claimed'
        AND NOT EXISTS (SELECT FROM steps WHERE command_id = ${commandId} OR object_id = ${orderId})
      RETURNING id
    )`;

/** The condition, on `orders`, that an order still has its coupon reserved. */
export const reservedCoupon = ({ claimId }: { claimId: string }): Prisma.Sql => Prisma.sql`AND EXISTS (
        SELECT FROM coupon_claims k WHERE k.id = ${claimId} AND k.order_id = orders.id AND k.status = 'reserved')`;

/**
 * The CTE that uses the coupon of an order in the statement that pays it, or frees it in the one that closes it (CPN-3).
 * It reads the CTE `target`, which has a row if the step was written.
 */
export const couponCte = (to: 'used' | 'claimed', at: Date): Prisma.Sql => Prisma.sql`, coupon AS (
      UPDATE coupon_claims k SET status = ${to}, order_id = ${to === 'used' ? Prisma.sql`k.order_id` : Prisma.sql`NULL`},
        updated_at = ${at}
      FROM target WHERE k.order_id = target.order_id AND k.status = 'reserved'
      RETURNING k.id
    )`;

/** The refusal of a coupon that is on another order. */
export const couponTaken = (): AppError =>
  new AppError('COUPON.TAKEN', 'The coupon is on another order: order with another one, or without.');
