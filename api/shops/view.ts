import { bannerImageId } from '../../domain/shops/content';
import { allowedShopActions, stageOf } from '../../domain/shops/rules';
import type { ReviewDetails } from '../../prisma/store/reviews/reviews';
import type { BestSeller, ShopPage } from '../../prisma/store/shops/shop-pages';
import type { ShopState, Version, VersionRow } from '../../prisma/store/shops/shops';
import { reviewSummary } from '../reviews/view';

const iso = (instant: Date) => instant.toISOString();

/** A version as lists show it. */
export function versionSummary({ id, number, status, reason, reviewId, ...times }: Omit<VersionRow, 'content'>) {
  const { createdAt, updatedAt, publishedAt } = times;
  return {
    id,
    number,
    status,
    reason,
    reviewId,
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
    publishedAt: publishedAt === null ? null : iso(publishedAt),
  };
}

/** A version with its content. */
export const versionView = <C>(row: Version<C>) => ({ ...versionSummary(row), content: row.content });

/** A shop as its provider sees it; everything derives from the stored state, no clock is read (GEN-4). */
export function shopView(shopId: string, { published, working }: ShopState, review: ReviewDetails | null) {
  return {
    id: shopId,
    published: published === null ? null : versionView(published),
    draft: working === null ? null : versionView(working),
    review: review === null ? null : reviewSummary(review),
    allowedActions: allowedShopActions(stageOf(working?.status ?? null)),
  };
}

/** A shop in the list that buyers see. */
export function shopPageSummary(page: ShopPage) {
  const { name, mainTitle, slogan, logo } = page.content.introduction;
  const { id, providerId } = page;
  return { id, providerId, name, mainTitle, slogan, logoImageId: logo, bannerImageId: bannerImageId(page.content) };
}

/** A shop's home page: its introduction, how to reach its customer service, and its best sellers (SHOP-1). */
export function shopPageView(page: ShopPage, bestSellers: BestSeller[]) {
  const { introduction, service, onlineHours, phoneHours } = page.content;
  const { businessScope, summary } = introduction;
  return {
    ...shopPageSummary(page),
    businessScope,
    summary,
    service,
    onlineHours,
    phoneHours,
    bestSellers,
    publishedAt: iso(page.publishedAt),
  };
}
