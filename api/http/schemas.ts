import { extendZodWithOpenApi } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { AREAS } from '../../domain/accounts/areas';
import { SCENES } from '../../domain/coupons/coupon';
import { FULFILMENTS, ORDER_STATES, PAYMENT_CHANNELS } from '../../domain/orders/order';
import { PRODUCT_TYPES } from '../../domain/products/kinds';
import { id, namesNothingTwice } from '../../domain/shared/text';

extendZodWithOpenApi(z);

export { id, optionalText, text, words } from '../../domain/shared/text';

/**
 * An id in a path. What cannot be an id is the id of nothing: it is answered with 404 as every
 * unknown one, and never reaches the database.
 */
export const pathId = z
  .string()
  .transform((sent) => (/^\w{1,64}$/.test(sent) ? sent : 'unknown'))
  .openapi({ type: 'string', description: 'An id, as answers have it' });

/** The parameters of `/…/{id}`. */
export const byId = z.strictObject({ id: pathId });

/** Ids of uploaded files, 20 a step at most (DLV-14). */
export const attachmentIds = z
  .array(id('att'))
  .max(20, 'at most 20 attachments a step')
  .refine(namesNothingTwice, 'must not name an attachment twice')
  .default([]);

/** Areas that somebody is given, each once. */
export const areas = z
  .array(z.enum(AREAS))
  .max(AREAS.length)
  .refine((list) => new Set(list).size === list.length, 'must not name an area twice');

export const email = z.email().max(254);
export const phone = z.string().regex(/^\+?[0-9][0-9 -]{4,24}$/, 'must be a telephone number');

/** How long texts and reasons may be, in characters. */
export const WORDS_MAX = 4_000;
export const REASON_MAX = 1_000;

/** Whole fen (GEN-2). */
export const amountFen = z.int().min(1).max(1_000_000_000_00);

export const paging = {
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(200).optional(),
  sort: z.enum(['id', '-id']).default('-id').openapi({ description: 'Ids sort by time; the newest come first' }),
};

/** A page of a list; `name` is what the OpenAPI document calls it. */
export const pageOf = (item: z.ZodType, name: string) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() }).openapi(name);

const time = z.iso.datetime({ offset: true });
/** A file as the step that brought it names it. */
export const attachmentRef = z.object({ id: z.string(), name: z.string(), size: z.int(), type: z.string() });

/** A step as the timeline of its object shows it. */
export const timelineEntry = z.object({ at: time, actor: z.string(), action: z.string(), note: z.string().nullable() });

export const attachmentSchema = attachmentRef.extend({ sha256: z.string() }).openapi('Attachment');

export const orderSchema = z
  .object({
    id: z.string(),
    state: z.enum(ORDER_STATES),
    buyerId: z.string(),
    providerId: z.string(),
    productId: z.string(),
    productName: z.string(),
    specId: z.string(),
    specName: z.string(),
    productType: z.enum(PRODUCT_TYPES),
    productVersion: z.int().nullable(),
    agreementSha256: z.string().nullable().openapi({ description: 'Hash of the service agreement that was agreed to' }),
    fulfilment: z.enum(FULFILMENTS),
    paymentChannel: z.enum(PAYMENT_CHANNELS),
    payableFen: z.int(),
    originalFen: z.int(),
    priceVersion: z.int().openapi({ description: 'Grows with every change of the price; a payment names it' }),
    scene: z.enum(SCENES).openapi({ description: 'What kind of purchase it is: coupons are for one of them (CPN-1)' }),
    isTrial: z.boolean(),
    renewsInstanceId: z.string().nullable().openapi({ description: 'The instance that it is for more of (INS-4)' }),
    couponId: z.string().nullable(),
    couponReductionFen: z.int().openapi({ description: 'What the coupon takes off the price' }),
    paidFen: z.int(),
    refundedFen: z.int(),
    invoicedFen: z.int().openapi({ description: 'What its live invoices bear; see the invoices of the order' }),
    deliveryId: z.string().nullable(),
    buyerContact: z
      .object({ name: z.string().nullable(), email: z.string().nullable(), phone: z.string().nullable() })
      .nullable()
      .openapi({
        description: 'For the provider and operations: masked in lists, whole in the details, where each look is kept',
      }),
    payBy: time,
    paidAt: time.nullable(),
    endedAt: time.nullable(),
    completedAt: time.nullable(),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('Order');

export const profileSchema = z
  .object({
    id: z.string(),
    role: z.string(),
    providerId: z.string().nullable(),
    name: z.string().nullable(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    language: z.enum(['zh-CN', 'en']),
    version: z.int(),
  })
  .openapi('Profile');

export const messageSchema = z
  .object({
    id: z.string(),
    event: z.string(),
    group: z.string(),
    objectId: z.string(),
    subject: z.string(),
    text: z.string(),
    createdAt: time,
    readAt: time.nullable(),
  })
  .openapi('Message');
