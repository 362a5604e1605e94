import type { Response } from 'express';
import { z } from 'zod';
import { AppError } from '../../domain/shared/errors';
import { BANNER_TEMPLATES } from '../../domain/shops/banner-templates';
import { shopContent, shopDraft } from '../../domain/shops/content';
import { SHOP_OPERATIONS, VERSION_STATUSES } from '../../domain/shops/rules';
import type { Database } from '../../prisma/store/shared/database';
import { findVersion, listVersions, shopIdOf } from '../../prisma/store/shops/shops';
import { type ApiContext, get, nothing, post, put } from '../http/endpoint';
import { etagOf, expectedVersion } from '../http/etag';
import { ownList } from '../http/own-list';
import { byId } from '../http/schemas';
import { providerOf } from '../http/scope';
import { reviewSummarySchema } from '../reviews/schemas';
import type { ShopService } from './service';
import { versionSummary, versionView } from './view';

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

type View = Awaited<ReturnType<ShopService['view']>>;

/** Answers the shop with its ETag. */
function answered({ shop, version }: View, response: Response) {
  response.setHeader('ETag', etagOf({ version }));
  return shop;
}

/** A provider's own shop: its draft, its submission, its versions (SHOP-1 … SHOP-5). */
export function shopRoutes(context: ApiContext, { db, service }: { db: Database; service: ShopService }): void {
  const common = { tag: 'Shop', access: ACCESS, params: nothing, query: nothing, body: nothing };
  const answer = { status: 200, schema: shopSchema };
  get(context, {
    ...common,
    path: PATH,
    summary: 'Your shop: what is published, what is worked on, and what is possible now',
    answer,
    handle: async ({ principal, response }) => answered(await service.view(principal), response),
  });
  put(context, {
    ...common,
    path: `${PATH}/draft`,
    summary:
      'Replace the draft, null for what is not there yet; If-Match with the ETag guards against overwriting (SHOP-4)',
    body: shopDraft,
    answer,
    async handle(call) {
      const expected = expectedVersion(call.request.header('if-match'), PATH);
      return answered(await service.save(call, call.body, expected), call.response);
    },
  });
  for (const { path, summary, act } of [
    { path: 'draft/reset', summary: 'Start the draft over from what is published (SHOP-4)', act: service.reset },
    {
      path: 'submit',
      summary: 'Submit the draft: a changed introduction is reviewed, anything else is published at once (SHOP-2)',
      act: service.submit,
    },
    { path: 'withdraw', summary: 'Take it back from review: it is a draft again (SHOP-3)', act: service.withdraw },
  ]) {
    post(context, {
      ...common,
      path: `${PATH}/${path}`,
      summary,
      answer,
      handle: async (call) => (await act(call)).shop,
    });
  }
  get(context, {
    ...common,
    path: `${PATH}/banner-templates`,
    summary: 'The library of banners (SHOP-1)',
    answer: { status: 200, schema: z.object({ items: z.array(templateSchema) }).openapi('BannerTemplates') },
    handle: async () => ({ items: BANNER_TEMPLATES }),
  });
  versionRoutes(context, db);
}

/** Every version is kept (SHOP-5). */
function versionRoutes(context: ApiContext, db: Database): void {
  ownList(context, {
    path: `${PATH}/versions`,
    summary: 'Every version of your shop, newest first (SHOP-5)',
    tag: 'Shop',
    access: ACCESS,
    item: versionSummarySchema,
    pageName: 'ShopVersionPage',
    rows: (providerId, page) => listVersions(db, shopIdOf(providerId), page),
    view: versionSummary,
  });
  get(context, {
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
