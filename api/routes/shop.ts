import type { Response } from 'express';
import { z } from 'zod';
import { AppError } from '../../domain/errors';
import { BANNER_TEMPLATES } from '../../domain/shop/banner-templates';
import { shopContent, shopDraft } from '../../domain/shop/content';
import { SHOP_OPERATIONS, VERSION_STATUSES } from '../../domain/shop/rules';
import type { Database } from '../../prisma/store/client';
import { findVersion, listVersions, shopIdOf } from '../../prisma/store/shops';
import { type Door, get, nothing, post, put } from '../endpoint';
import { etagOf, expectedVersion } from '../etag';
import { pageAnswer, pageOfQuery } from '../paging';
import { byId, pageOf, paging } from '../schemas';
import { providerOf } from '../scope';
import type { ShopDesk } from '../shop-desk';
import { versionSummary, versionView } from '../views/shop';
import { reviewSummarySchema } from './reviews';

const time = z.iso.datetime({ offset: true });
const ACCESS = { provider: 'shop' } as const;
const PATH = '/v1/provider/shop';

const versionSummarySchema = z
  .object({
    id: z.string(),
    number: z.int(),
    status: z.enum(VERSION_STATUSES),
    reason: z.string().nullable().openapi({ description: 'Why it was rejected' }),
    reviewId: z.string().nullable(),
    createdAt: time,
    updatedAt: time,
    publishedAt: time.nullable(),
  })
  .openapi('ShopVersionSummary');
const draftSchema = versionSummarySchema.extend({ content: shopDraft }).openapi('ShopDraft');
const publishedSchema = versionSummarySchema.extend({ content: shopContent }).openapi('ShopVersion');

const shopSchema = z
  .object({
    id: z.string(),
    published: publishedSchema.nullable().openapi({ description: 'What buyers see' }),
    draft: draftSchema.nullable().openapi({ description: 'What is worked on: a draft, in review, or rejected' }),
    review: reviewSummarySchema.nullable().openapi({ description: 'The review of what is in review, or was rejected' }),
    allowedActions: z.array(z.enum(SHOP_OPERATIONS)),
  })
  .openapi('Shop');

const templateSchema = z.object({
  id: z.string(),
  name: z.object({ 'zh-CN': z.string(), en: z.string() }),
  imageId: z.string().openapi({ description: 'Its picture: GET /v1/{role}/images/{imageId}' }),
});

type View = Awaited<ReturnType<ShopDesk['view']>>;

/** Answers the shop with its ETag. */
function answered({ shop, version }: View, response: Response) {
  response.setHeader('ETag', etagOf({ version }));
  return shop;
}

/** A provider's own shop: its draft, its submission, its versions (SHOP-1 … SHOP-5). */
export function shopRoutes(door: Door, { db, desk }: { db: Database; desk: ShopDesk }): void {
  const common = { tag: 'Shop', access: ACCESS, params: nothing, query: nothing, body: nothing };
  const answer = { status: 200, schema: shopSchema };
  get(door, {
    ...common,
    path: PATH,
    summary: 'Your shop: what is published, what is worked on, and what is possible now',
    answer,
    handle: async ({ principal, response }) => answered(await desk.view(principal), response),
  });
  put(door, {
    ...common,
    path: `${PATH}/draft`,
    summary: 'Save the draft, complete or not; If-Match with the ETag guards against overwriting (SHOP-4)',
    body: shopDraft,
    answer,
    async handle(call) {
      const expected = expectedVersion(call.request.header('if-match'), PATH);
      return answered(await desk.save(call, call.body, expected), call.response);
    },
  });
  for (const { path, summary, act } of [
    { path: 'draft/reset', summary: 'Start the draft over from what is published (SHOP-4)', act: desk.reset },
    {
      path: 'submit',
      summary: 'Submit the draft: a changed introduction is reviewed, anything else is published at once (SHOP-2)',
      act: desk.submit,
    },
    { path: 'withdraw', summary: 'Take it back from review: it is a draft again (SHOP-3)', act: desk.withdraw },
  ]) {
    post(door, {
      ...common,
      path: `${PATH}/${path}`,
      summary,
      answer,
      handle: async (call) => (await act(call)).shop,
    });
  }
  get(door, {
    ...common,
    path: `${PATH}/banner-templates`,
    summary: 'The library of banners (SHOP-1)',
    answer: { status: 200, schema: z.object({ items: z.array(templateSchema) }).openapi('BannerTemplates') },
    handle: async () => ({ items: BANNER_TEMPLATES }),
  });
  versionRoutes(door, db);
}

/** Every version is kept (SHOP-5). */
function versionRoutes(door: Door, db: Database): void {
  get(door, {
    path: `${PATH}/versions`,
    summary: 'Every version of your shop, newest first (SHOP-5)',
    tag: 'Shop',
    access: ACCESS,
    params: nothing,
    query: z.strictObject(paging),
    body: nothing,
    answer: { status: 200, schema: pageOf(versionSummarySchema, 'ShopVersionPage') },
    async handle({ principal, query }) {
      const page = pageOfQuery(query);
      return pageAnswer(await listVersions(db, shopIdOf(providerOf(principal)), page), page, versionSummary);
    },
  });
  get(door, {
    path: `${PATH}/versions/{id}`,
    summary: 'One version with its content',
    tag: 'Shop',
    access: ACCESS,
    params: byId,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: draftSchema },
    async handle({ principal, params }) {
      const found = await findVersion(db, shopIdOf(providerOf(principal)), params.id);
      if (found === null) throw new AppError('SHOP.NOT_FOUND', 'There is no such version of the shop.');
      return versionView({ ...found, content: shopDraft.parse(found.content) });
    },
  });
}
