import { z } from 'zod';
import { AppError } from '../../domain/errors';
import { CATEGORIES, GRADES, PRODUCT_TYPES } from '../../domain/products/kinds';
import type { Database } from '../../prisma/store/client';
import { findForSale, listForSale } from '../../prisma/store/storefront';
import { type Door, get, nothing } from '../endpoint';
import { pageAnswer, pageOfQuery } from '../paging';
import { forSaleSchema, productPageSchema } from '../product-schemas';
import { byId, id, pageOf, paging, text } from '../schemas';
import { forSale, productPage } from '../views/product';

const tag = 'Products';
const access = { buyer: 'any' } as const;

/** What buyers see of products: published versions only. */
export function storefrontRoutes(door: Door, { db }: { db: Database }): void {
  get(door, {
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
  get(door, {
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
      return productPage(found);
    },
  });
}
