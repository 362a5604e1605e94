import { z } from 'zod';
import { AppError } from '../../domain/shared/errors';
import { shopContent } from '../../domain/shops/content';
import type { Database } from '../../prisma/store/shared/database';
import { bestSellersOf, findShopPage, listShopPages } from '../../prisma/store/shops/shop-pages';
import { type ApiContext, get, nothing } from '../http/endpoint';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { byId, id, pageOf, paging, text } from '../http/schemas';
import { shopPageSummary, shopPageView } from './view';

const summarySchema = z
  .object({
    id: z.string(),
    providerId: z.string(),
    name: z.string(),
    mainTitle: z.string(),
    slogan: z.string().nullable(),
    logoImageId: z.string(),
    bannerImageId: z.string(),
  })
  .openapi('ShopPageSummary');

const { service, onlineHours, phoneHours } = shopContent.shape;
const shopPageSchema = summarySchema
  .extend({
    businessScope: z.string(),
    summary: z.string(),
    service,
    onlineHours,
    phoneHours,
    bestSellers: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        type: z.string(),
        category: z.string(),
        summary: z.string(),
        fromFen: z.int().openapi({ description: 'The lowest price' }),
      }),
    ),
    publishedAt: z.iso.datetime({ offset: true }),
  })
  .openapi('ShopPage');

/** What buyers see of shops: published versions only (SHOP-5). */
export function shopPageRoutes(context: ApiContext, { db }: { db: Database }): void {
  get(context, {
    path: '/v1/buyer/shops',
    summary: 'The shops there are; `q` looks in names and titles',
    tag: 'Shop',
    access: { buyer: 'any' },
    params: nothing,
    query: z.strictObject({ ...paging, q: text(50).optional(), providerId: id('prv').optional() }),
    body: nothing,
    answer: { status: 200, schema: pageOf(summarySchema, 'ShopPagePage') },
    async handle({ query }) {
      const page = pageOfQuery(query);
      return pageAnswer(await listShopPages(db, query, page), page, shopPageSummary);
    },
  });
  get(context, {
    path: '/v1/buyer/shops/{id}',
    summary: 'A shop’s home page: introduction, customer service, best sellers (SHOP-1)',
    tag: 'Shop',
    access: { buyer: 'any' },
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: shopPageSchema },
    async handle({ params }) {
      const found = await findShopPage(db, params);
      if (found === null) throw new AppError('SHOP.NOT_FOUND', 'There is no such shop, or none that is published.');
      return shopPageView(found, await bestSellersOf(db, found));
    },
  });
}
