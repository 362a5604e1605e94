import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { switchCouponAccess } from '../../prisma/store/coupons/access';
import { createCoupon, findOwnCoupon, listOwnCoupons, switchCoupon } from '../../prisma/store/coupons/coupons';
import type { Database } from '../../prisma/store/shared/database';
import { changeOf, ownChangeOf } from '../http/audited-change';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { idFrom } from '../http/ids';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { inBody } from '../http/problems';
import { byId, pageOf, paging, text } from '../http/schemas';
import { providerOf } from '../http/scope';
import { couponSchema, couponView, newCouponBody } from './schemas';

const PATH = '/v1/provider/coupons';
const common = { tag: 'Coupons', access: { provider: 'coupons' }, query: nothing } as const;

/** Nobody guesses the page of a coupon. */
const newLink = () => randomBytes(16).toString('hex');

/** A provider's coupons: created once and for all, their entries paused and resumed (CPN-1, CPN-2). */
export function couponRoutes(context: ApiContext, { db }: { db: Database }): void {
  creating(context, db);
  reading(context, db);
  switching(context, db);
  access(context, db);
}

function creating(context: ApiContext, db: Database): void {
  post(context, {
    ...common,
    path: PATH,
    summary: 'Create a coupon, which can be claimed at once and never changes; operations must have let you',
    params: nothing,
    body: newCouponBody,
    answer: { status: 201, schema: couponSchema },
    async handle(call) {
      const { command, body } = call;
      const change = ownChangeOf(call, idFrom('cpn', command.atMs, command.commandId), 'provider.coupon.create');
      await createCoupon(db, change, body, body.placement === 'link' ? newLink() : null).catch((error) => {
        throw inBody(error);
      });
      return couponView(await findOwnCoupon(db, change.providerId, change.objectId));
    },
  });
}

function reading(context: ApiContext, db: Database): void {
  get(context, {
    ...common,
    path: PATH,
    summary: 'Coupons, newest first, with how many were claimed; `q` looks in their names',
    params: nothing,
    query: z.strictObject({ ...paging, q: text(50).optional() }),
    body: nothing,
    answer: { status: 200, schema: pageOf(couponSchema, 'CouponList') },
    async handle({ principal, query }) {
      const page = pageOfQuery(query);
      return pageAnswer(await listOwnCoupons(db, providerOf(principal), query, page), page, (row) => couponView(row));
    },
  });
  get(context, {
    ...common,
    path: `${PATH}/{id}`,
    summary: 'One coupon',
    params: byId,
    body: nothing,
    answer: { status: 200, schema: couponSchema },
    handle: async ({ principal, params }) => couponView(await findOwnCoupon(db, providerOf(principal), params.id)),
  });
}

function switching(context: ApiContext, db: Database): void {
  for (const { to, summary } of [
    { to: 'pause', summary: 'Hide the entry of a coupon: nobody claims it any more; claimed ones stay usable' },
    { to: 'resume', summary: 'Show the entry of a coupon again' },
  ] as const) {
    post(context, {
      ...common,
      path: `${PATH}/{id}/${to}`,
      summary,
      params: byId,
      body: nothing,
      answer: { status: 200, schema: couponSchema },
      async handle(call) {
        const change = ownChangeOf(call, call.params.id, `provider.coupon.${to}`);
        await switchCoupon(db, change, to);
        return couponView(await findOwnCoupon(db, change.providerId, call.params.id));
      },
    });
  }
}

const accessSchema = z
  .object({ providerId: z.string(), couponsEnabledAt: z.iso.datetime().nullable() })
  .openapi('CouponAccess');

function access(context: ApiContext, db: Database): void {
  for (const { path, to, summary } of [
    { path: 'enable', to: 'enabled', summary: 'Let a provider issue coupons' },
    { path: 'disable', to: 'disabled', summary: 'Let a provider issue no more coupons; claimed ones stay usable' },
  ] as const) {
    post(context, {
      ...{ tag: 'Coupons', access: { ops: 'any' }, query: nothing },
      path: `/v1/ops/providers/{id}/coupons/${path}`,
      summary,
      params: byId,
      body: nothing,
      answer: { status: 200, schema: accessSchema },
      async handle(call) {
        const { id } = call.params;
        const change = { ...changeOf(call, id, `ops.coupons.${path}`), providerId: id };
        const since = await switchCouponAccess(db, change, to);
        return { providerId: id, couponsEnabledAt: since?.toISOString() ?? null };
      },
    });
  }
}
