import { z } from 'zod';
import { REVIEW_KINDS, REVIEW_STATUSES } from '../../domain/reviews/state';
import { listReviews } from '../../prisma/store/reviews/reviews';
import type { Database } from '../../prisma/store/shared/database';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { byId, id, paging, REASON_MAX, text } from '../http/schemas';
import { reviewPage, reviewSchema } from './schemas';
import type { ReviewService } from './service';
import { reviewSummary } from './view';

const reason = z.strictObject({ reason: text(REASON_MAX) }).openapi('ReviewReason');
const yesNo = () => z.stringbool().optional().openapi({ type: 'boolean' });

/** The queue of operations: what is to be reviewed, what is overdue, and deciding it (SHOP-2, PRD-5, PRD-6, ACC-3). */
export function reviewRoutes(context: ApiContext, { db, service }: { db: Database; service: ReviewService }): void {
  reading(context, db, service);
  deciding(context, service);
}

function reading(context: ApiContext, db: Database, service: ReviewService): void {
  get(context, {
    path: '/v1/ops/reviews',
    summary: 'Reviews of shops, products and account data, newest first; `open=true&overdue=true` is what is late',
    tag: 'Reviews',
    access: { ops: 'any' },
    params: nothing,
    query: z.strictObject({
      ...paging,
      kind: z.enum(REVIEW_KINDS).optional(),
      status: z.enum(REVIEW_STATUSES).optional(),
      open: yesNo(),
      overdue: yesNo(),
      providerId: id('prv').optional(),
    }),
    body: nothing,
    answer: { status: 200, schema: reviewPage },
    async handle({ query }) {
      const page = pageOfQuery(query);
      return pageAnswer(await listReviews(db, 'all', query, page), page, reviewSummary);
    },
  });
  get(context, {
    path: '/v1/ops/reviews/{id}',
    summary: 'One review: what changes, field by field, and what is allowed now',
    tag: 'Reviews',
    access: { ops: 'any' },
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: reviewSchema },
    handle: ({ params }) => service.view(params.id, 'all'),
  });
}

function deciding(context: ApiContext, service: ReviewService): void {
  for (const { path, action, summary } of [
    { path: 'approve', action: 'ops.approve', summary: 'Approve: it takes effect at once (SHOP-2, PRD-5)' },
    {
      path: 'security/pass',
      action: 'ops.security.pass',
      summary: 'An image product is safe: on to the review (PRD-6)',
    },
  ] as const) {
    post(context, {
      path: `/v1/ops/reviews/{id}/${path}`,
      summary,
      tag: 'Reviews',
      access: { ops: 'any' },
      params: byId,
      query: nothing,
      body: nothing,
      answer: { status: 200, schema: reviewSchema },
      handle: (call) => service.act(call.params.id, action, '', call),
    });
  }
  for (const { path, action, summary } of [
    { path: 'reject', action: 'ops.reject', summary: 'Reject, with the reason that the provider reads' },
    { path: 'security/fail', action: 'ops.security.fail', summary: 'An image product is not safe: rejected (PRD-6)' },
  ] as const) {
    post(context, {
      path: `/v1/ops/reviews/{id}/${path}`,
      summary,
      tag: 'Reviews',
      access: { ops: 'any' },
      params: byId,
      query: nothing,
      body: reason,
      answer: { status: 200, schema: reviewSchema },
      handle: (call) => service.act(call.params.id, action, call.body.reason, call),
    });
  }
}
