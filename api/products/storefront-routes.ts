import { z } from 'zod';
import { CATEGORIES, GRADES, PRODUCT_TYPES } from '../../domain/products/kinds';
import { AppError } from '../../domain/shared/errors';
import { claimableOnPage } from '../../prisma/store/coupons/entries';
import { findForSale, listForSale } from '../../prisma/store/products/storefront';
import type { Database } from '../../prisma/store/shared/database';
import { offeredCoupon } from '../coupons/schemas';
import { type ApiContext, get, nothing } from '../http/endpoint';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { byId, id, pageOf, paging, text } from '../http/schemas';
import { forSaleSchema, productPageSchema } from './schemas';
import { forSale, productPage } from './view';

const tag = 'Products';
const access = { buyer: 'any' } as const;

/** What buyers see of products: published versions only. */
export function storefrontRoutes(context: ApiContext, { db }: { db: Database }): void {
  get(context, {
    path: '/v1/buyer/products',
    summary: 'Products for sale, with their specs; `q` looks in names, summaries and tags',
    tag,
    access,
    params: nothing,
    query: z.strictObject({
      ...paging,
      q: text(100).optional(),
      category: z.enum(CATEGORIES).optional(),
      type: z.enum(PRODUCT_TYPES).optional(),
      grade: z.enum(GRADES).optional(),
      providerId: id('prv').optional(),
    }),
    body: nothing,
    answer: { status: 200, schema: pageOf(forSaleSchema, 'ProductPage') },
    async handle({ query }) {
      const page = pageOfQuery(query);
      return pageAnswer(await listForSale(db, query, page), page, forSale);
    },
  });
  get(context, {
    path: '/v1/buyer/products/{id}',
    summary: 'A product’s page: prices, documents, and whom to ask (SHOP-1)',
    tag,
    access,
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: productPageSchema },
    async handle({ params }) {
      const found = await findForSale(db, params.id);
      if (found === null) throw new AppError('PRODUCT.NOT_FOUND', 'There is no such product for sale.');
      return {
        ...productPage(found),
        coupons: (await claimableOnPage(db, found, new Date())).map((row) => offeredCoupon(row)),
      };
    },
  });
}
