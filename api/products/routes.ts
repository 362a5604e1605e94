import { z } from 'zod';
import { GRADES, PRODUCT_STATUSES, PRODUCT_TYPES } from '../../domain/products/kinds';
import { PRODUCT_OPERATIONS } from '../../domain/products/rules';
import { REVIEW_STATUSES } from '../../domain/reviews/state';
import { AppError } from '../../domain/shared/errors';
import { listOwnProducts, productTimeline } from '../../prisma/store/products/products';
import { listReviews } from '../../prisma/store/reviews/reviews';
import type { Database } from '../../prisma/store/shared/database';
import type { Principal } from '../http/auth';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { idFrom } from '../http/ids';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { byId, id, pageOf, paging } from '../http/schemas';
import { reviewPage, reviewSchema } from '../reviews/schemas';
import { type ReviewService, reviewScope } from '../reviews/service';
import { reviewSummary } from '../reviews/view';
import { contentBody, ownProductSchema, ownProductSummarySchema } from './schemas';
import { ownProductOf, type ProductService } from './service';
import { ownProduct, ownProductSummary } from './view';

/** What the product routes need beside the HTTP layer. */
export type ProductRoutes = { db: Database; service: ProductService; reviews: ReviewService };

const access = { provider: 'products' } as const;
const tag = 'Products';

const publication = z
  .strictObject({
    content: contentBody,
    grade: z.enum(GRADES).default('bazaar').openapi({ description: 'Applied for; operations decide' }),
  })
  .openapi('Publication');
const modification = z.strictObject({ content: contentBody }).openapi('Modification');

/** The operations that need nothing said with them. */
const PLAIN = [
  { operation: 'delist', summary: 'Stop selling it (下架); running orders go on to their end (PRD-7)' },
  { operation: 'relist', summary: 'Sell a delisted product again (上架)' },
  { operation: 'upgrade', summary: 'From the bazaar to certified (升级认证)' },
  { operation: 'downgrade', summary: 'From certified to the bazaar (降级集市)' },
  { operation: 'exit', summary: 'Leave the market for good (退市); only of a delisted product' },
] as const;

/** A provider's products, and the applications by which everything is done to them (PRD-3, PRD-4, PRD-5). */
export function productRoutes(context: ApiContext, { db, service, reviews }: ProductRoutes): void {
  const applying = { tag, access, query: nothing, answer: { status: 201, schema: reviewSchema } } as const;
  const furtherFaults = ({
    principal,
    params,
    body,
  }: {
    principal: Principal;
    params: { id: string };
    body: unknown;
  }) => service.furtherFaults(principal, body, params.id);
  post(context, {
    ...applying,
    path: '/v1/provider/products',
    summary: 'Apply for the publication of a new product (发布); the answer’s objectId is the product',
    params: nothing,
    body: publication,
    furtherFaults: ({ principal, body }) => service.furtherFaults(principal, body, null),
    handle: (call) => {
      const productId = idFrom('prd', call.command.atMs, call.command.commandId);
      return service.apply(call, 'publish', productId, call.body, true);
    },
  });
  post(context, {
    ...applying,
    path: '/v1/provider/products/{id}/publish',
    summary: 'Apply again for a first publication that was rejected or withdrawn',
    params: byId,
    body: publication,
    furtherFaults,
    handle: (call) => service.apply(call, 'publish', call.params.id, call.body),
  });
  post(context, {
    ...applying,
    path: '/v1/provider/products/{id}/modify',
    summary: 'Apply for other content (修改); orders that were placed keep their terms (PRD-7)',
    params: byId,
    body: modification,
    furtherFaults,
    handle: (call) => service.apply(call, 'modify', call.params.id, call.body),
  });
  for (const { operation, summary } of PLAIN) {
    post(context, {
      ...applying,
      path: `/v1/provider/products/{id}/${operation}`,
      summary,
      params: byId,
      body: nothing,
      handle: (call) => service.apply(call, operation, call.params.id, null),
    });
  }
  productReads(context, db);
  applicationRoutes(context, { db, reviews });
}

function productReads(context: ApiContext, db: Database): void {
  get(context, {
    path: '/v1/provider/products',
    summary: 'My products (我的商品): everything ever published, delisted and exited included',
    tag,
    access,
    params: nothing,
    query: z.strictObject({
      ...paging,
      status: z.enum(PRODUCT_STATUSES).optional(),
      type: z.enum(PRODUCT_TYPES).optional(),
    }),
    body: nothing,
    answer: { status: 200, schema: pageOf(ownProductSummarySchema, 'OwnProductPage') },
    async handle({ principal, query }) {
      const page = pageOfQuery(query);
      return pageAnswer(await listOwnProducts(db, principal.providerId ?? '', query, page), page, ownProductSummary);
    },
  });
  get(context, {
    path: '/v1/provider/products/{id}',
    summary: 'One of your products: what is published, what is possible now, what was done to it',
    tag,
    access,
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: ownProductSchema },
    async handle({ principal, params }) {
      const found = await ownProductOf(db, params.id, principal);
      return ownProduct(found, await productTimeline(db, found.id));
    },
  });
}

function applicationRoutes(context: ApiContext, { db, reviews }: Omit<ProductRoutes, 'service'>): void {
  get(context, {
    path: '/v1/provider/applications',
    summary: 'My applications (我的申请): each with its state, reason and deadline',
    tag,
    access,
    params: nothing,
    query: z.strictObject({
      ...paging,
      status: z.enum(REVIEW_STATUSES).optional(),
      operation: z.enum(PRODUCT_OPERATIONS).optional(),
      productId: id('prd').optional(),
    }),
    body: nothing,
    answer: { status: 200, schema: reviewPage },
    async handle({ principal, query: { productId, ...query } }) {
      const page = pageOfQuery(query);
      const filter = { ...query, kind: 'product', objectId: productId } as const;
      return pageAnswer(await listReviews(db, reviewScope(principal), filter, page), page, reviewSummary);
    },
  });
  get(context, {
    path: '/v1/provider/applications/{id}',
    summary: 'One application and its record: what changes, what was decided, what is possible now',
    tag,
    access,
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: reviewSchema },
    handle: ({ principal, params }) => reviews.view(requireApplication(params.id), reviewScope(principal)),
  });
  post(context, {
    path: '/v1/provider/applications/{id}/withdraw',
    summary: 'Withdraw an application that is not decided yet: the product stays as it is (PRD-5)',
    tag,
    access,
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: reviewSchema },
    handle: (call) => reviews.act(requireApplication(call.params.id), 'provider.withdraw', '', call),
  });
}

/** Other reviews are other areas' business. @throws AppError REVIEW.NOT_FOUND */
function requireApplication(reviewId: string): string {
  if (reviewId.startsWith('app_')) return reviewId;
  throw new AppError('REVIEW.NOT_FOUND', 'There is no such review.');
}
