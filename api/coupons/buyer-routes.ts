import { z } from 'zod';
import { CLAIM_STATUSES, SCENES } from '../../domain/coupons/coupon';
import { AppError } from '../../domain/shared/errors';
import { claimCoupon, type Entry, listClaims } from '../../prisma/store/coupons/claims';
import { findLinkPage } from '../../prisma/store/coupons/entries';
import type { Database } from '../../prisma/store/shared/database';
import { changeOf } from '../http/audited-change';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { idFrom } from '../http/ids';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { byId, pageOf, paging, pathId } from '../http/schemas';
import { claimedCoupon, claimedCouponSchema, couponPage, couponPageSchema } from './schemas';

const common = { tag: 'Coupons', access: { buyer: 'any' } } as const;
const byLink = z.strictObject({ link: pathId });

/** What buyers do with coupons: find, claim and keep them; they are used by ordering (CPN-2, CPN-3). */
export function buyerCouponRoutes(context: ApiContext, { db }: { db: Database }): void {
  get(context, {
    ...common,
    path: '/v1/buyer/coupons',
    summary: 'The coupons that you have claimed, newest first',
    params: nothing,
    query: z.strictObject({
      ...paging,
      status: z.enum(CLAIM_STATUSES).optional(),
      scene: z.enum(SCENES).optional().openapi({ description: 'For which kind of purchase' }),
    }),
    body: nothing,
    answer: { status: 200, schema: pageOf(claimedCouponSchema, 'ClaimedCouponPage') },
    async handle({ principal, query }) {
      const page = pageOfQuery(query);
      return pageAnswer(await listClaims(db, principal.sub, query, page), page, claimedCoupon);
    },
  });
  get(context, {
    ...common,
    path: '/v1/buyer/coupon-links/{link}',
    summary: 'The page of a coupon whose link its provider has handed out',
    params: byLink,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: couponPageSchema },
    async handle({ principal, params }) {
      const found = await findLinkPage(db, params.link, principal.sub);
      if (found === null) throw new AppError('COUPON.NOT_FOUND', 'There is no such coupon.');
      return couponPage(found);
    },
  });
  claiming(context, db, '/v1/buyer/coupons/{id}/claim', byId, ({ id }) => ({ id }));
  claiming(context, db, '/v1/buyer/coupon-links/{link}/claim', byLink, ({ link }) => ({ link }));
}

function claiming<P extends z.ZodType>(
  context: ApiContext,
  db: Database,
  path: string,
  params: P,
  entryOf: (params: z.output<P>) => Entry,
): void {
  post(context, {
    ...common,
    path,
    summary: 'Claim a coupon',
    params,
    query: nothing,
    body: nothing,
    answer: { status: 201, schema: claimedCouponSchema },
    async handle(call) {
      const { atMs, commandId } = call.command;
      const change = changeOf(call, idFrom('ccl', atMs, commandId), 'buyer.coupon.claim');
      return claimedCoupon(await claimCoupon(db, change, entryOf(call.params)));
    },
  });
}
