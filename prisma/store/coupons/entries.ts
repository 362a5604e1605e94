import { COUPON_PRODUCT_TYPES } from '../../../domain/coupons/coupon';
import { covers } from '../../../domain/coupons/pricing';
import type { ProductType } from '../../../domain/products/kinds';
import type { Database } from '../shared/database';
import { type CouponRow, couponOf } from './stored';

/** As many as a product's page shows. */
const SHOWN_MAX = 50;

/** The coupons that can be claimed on a product's page at an instant, the oldest first: none that are paused (CPN-2). */
export async function claimableOnPage(
  db: Database,
  product: { providerId: string; id: string; type: ProductType },
  at: Date,
): Promise<CouponRow[]> {
  const { providerId, id: productId, type: productType } = product;
  const isEnabled = { id: providerId, couponsEnabledAt: { not: null } };
  if ((await db.provider.count({ where: isEnabled })) === 0) return [];
  const rows = await db.coupon.findMany({
    where: {
      ...{ providerId, placement: 'product_page', paused: false, validTo: { gt: at } },
      claimed: { lt: db.coupon.fields.quantity },
      OR: [{ scope: 'shop' }, { productIds: { has: productId } }],
    },
    orderBy: { id: 'asc' },
    take: SHOWN_MAX,
  });
  return rows.filter((row) => covers(couponOf(row), { providerId, productId, productType }));
}

/** As many products as the page of a whole shop's coupon names. */
const NAMED_MAX = 100;

/** What the page of a coupon shows. */
export type LinkPageRow = {
  coupon: CouponRow;
  providerName: string;
  products: { id: string; name: string }[];
  claimedByBuyer: number;
};

/** The page that a coupon's link leads a buyer to; null where there is none, or where it is hidden (CPN-2). */
export async function findLinkPage(db: Database, link: string, buyerId: string): Promise<LinkPageRow | null> {
  const coupon = await db.coupon.findFirst({ where: { link, paused: false } });
  if (coupon === null) return null;
  const { id: couponId, providerId, scope, productIds } = coupon;
  const provider = await db.provider.findFirst({
    where: { id: providerId, couponsEnabledAt: { not: null } },
    select: { name: true },
  });
  if (provider === null) return null;
  const named = scope === 'shop' ? { type: { in: [...COUPON_PRODUCT_TYPES] } } : { id: { in: productIds } };
  const products = await db.product.findMany({
    where: { providerId, status: 'published', ...named },
    ...{ select: { id: true, name: true }, orderBy: { id: 'asc' }, take: NAMED_MAX },
  });
  const claimedByBuyer = await db.couponClaim.count({ where: { couponId, buyerId } });
  return { coupon, providerName: provider.name, products, claimedByBuyer };
}
