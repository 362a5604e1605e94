import { z } from 'zod';
import { sentContent } from '../../domain/products/content';
import { CATEGORIES, GRADES, PRODUCT_STATUSES, PRODUCT_TYPES, UNITS } from '../../domain/products/kinds';
import { PRODUCT_OPERATIONS, type ProductAction } from '../../domain/products/rules';
import { offeredCouponSchema } from '../coupons/schemas';
import '../http/schemas';
import { timelineEntry } from '../http/schemas';

const time = z.iso.datetime({ offset: true });

/** A complete human service, as an example to begin with. */
const EXAMPLE = {
  type: 'human_service',
  category: 'software',
  name: '小程序定制开发',
  tags: ['小程序'],
  deliveryDays: 15,
  logo: 'img_01kz5h9v9x3m8q2w7e6r5t4y3u',
  specs: [{ name: '基础版', duration: 1, unit: 'time', listPriceFen: 250_000, priceFen: 200_000 }],
  summary: '按需求定制小程序。',
  description: '含设计、开发与上线。',
  serviceAgreement: { text: '交付后提供三个月维护。' },
  requirementForm: 'after_ordering',
  needsImplementation: true,
  needsBuyerConfirmation: true,
};

/** A product as its provider describes it. The domain makes it before OpenAPI has its say: a copy carries its name. */
export const contentBody = sentContent.clone().openapi('ProductContent', {
  description:
    'PRD-2. Images and files are uploaded first. A spec that is kept says its id. A deliveryToken is never shown again, and kept where none is sent.',
  example: EXAMPLE,
});

const ACTIONS = PRODUCT_OPERATIONS.map((operation): ProductAction => `provider.${operation}`);

export const ownProductSummarySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.enum(PRODUCT_TYPES),
    category: z.enum(CATEGORIES),
    grade: z.enum(GRADES),
    status: z.enum(PRODUCT_STATUSES),
    supervised: z.boolean(),
    selfOperated: z.boolean(),
    summary: z.string(),
    version: z.int().openapi({ description: 'Of the published content; 0 until something was published' }),
    openApplicationId: z
      .string()
      .nullable()
      .openapi({ description: 'In review: until it is decided, nothing is allowed' }),
    allowedActions: z.array(z.enum(ACTIONS)),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('OwnProductSummary');

export const ownProductSchema = ownProductSummarySchema
  .extend({
    content: z
      .record(z.string(), z.unknown())
      .nullable()
      .openapi({ description: 'What is published: a ProductContent, its specs with their ids, without the token' }),
    hasDeliveryToken: z.boolean(),
    timeline: z.array(timelineEntry.extend({ applicationId: z.string(), operation: z.enum(PRODUCT_OPERATIONS) })),
  })
  .openapi('OwnProduct');

const specSchema = z.object({
  id: z.string(),
  name: z.string(),
  duration: z.int(),
  unit: z.enum(UNITS),
  listPriceFen: z.int(),
  priceFen: z.int(),
});

export const forSaleSchema = z
  .object({
    id: z.string(),
    providerId: z.string(),
    providerName: z.string(),
    name: z.string(),
    type: z.enum(PRODUCT_TYPES),
    category: z.enum(CATEGORIES),
    grade: z.enum(GRADES),
    supervised: z.boolean(),
    selfOperated: z.boolean(),
    summary: z.string(),
    tags: z.array(z.string()),
    deliveryDays: z.int().nullable(),
    logo: z.string().nullable(),
    thumbnail: z.string().nullable(),
    specs: z.array(specSchema),
  })
  .openapi('Product');

const documentSchema = z.object({ id: z.string(), name: z.string(), size: z.int(), type: z.string() });

export const productPageSchema = forSaleSchema
  .extend({
    version: z.int(),
    description: z.string(),
    dependedProducts: z.array(z.string()),
    documents: z.array(documentSchema).openapi({ description: 'Download with GET /v1/buyer/attachments/{id}' }),
    serviceAgreement: z.union([
      z.object({ text: z.string() }),
      z.object({ document: documentSchema.nullable() }),
      z.null(),
    ]),
    details: z.record(z.string(), z.unknown()).openapi({ description: 'What only products of its type have' }),
    service: z
      .object({
        qq: z.string(),
        email: z.string(),
        phone: z.string(),
        onlineHours: z.string(),
        phoneHours: z.string(),
      })
      .nullable()
      .openapi({ description: 'The customer service of the provider’s shop (SHOP-1)' }),
    coupons: z.array(offeredCouponSchema).openapi({ description: 'What can be claimed here (CPN-2)' }),
    updatedAt: time,
  })
  .openapi('ProductDetails');
