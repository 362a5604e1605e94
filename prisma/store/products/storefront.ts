import { z } from 'zod';
import { UNITS } from '../../../domain/products/kinds';
import { shopContent } from '../../../domain/shops/content';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { equal, keyset, type Page } from '../shared/paging';
import { queryRow, queryRows } from '../shared/query-rows';
import { productColumns, productStatus } from './stored';

/** A spec as it is sold. */
const specRow = z.object({
  id: z.string(),
  name: z.string(),
  duration: z.int(),
  unit: z.enum(UNITS),
  listPriceFen: z.int(),
  priceFen: z.int(),
});

/** A published product as lists show it. */
const forSaleRow = z.object({ ...productColumns, providerName: z.string(), specs: z.array(specRow) });
export type ForSaleRow = z.output<typeof forSaleRow>;

// Raw: the prices come as one JSON list beside each product, and words are looked for inside JSON.
const COLUMNS = Prisma.sql`p.id, p.provider_id AS "providerId", (SELECT name FROM providers v WHERE v.id = p.provider_id)
    AS "providerName", p.name, p.type, p.category, p.grade, p.supervised, p.self_operated AS "selfOperated", p.summary,
  p.content, (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', s.id, 'name', s.name, 'duration', s.duration, 'unit', s.unit, 'listPriceFen', s.list_price_fen,
        'priceFen', s.price_fen) ORDER BY s.price_fen, s.id), '[]')
    FROM product_specs s WHERE s.product_id = p.id) AS specs`;

/** What buyers look for; words are looked for in name, summary and tags. */
export type ForSaleFilter = {
  q?: string | undefined;
  category?: string | undefined;
  type?: string | undefined;
  grade?: string | undefined;
  providerId?: string | undefined;
};

/** A page of the products for sale, one more than asked for when there are more. */
export async function listForSale(db: Database, filter: ForSaleFilter, page: Page): Promise<ForSaleRow[]> {
  // The index finds what has all parts of the word; the word itself is looked for in what it finds.
  const words =
    filter.q === undefined
      ? Prisma.empty
      : Prisma.sql`AND word_grams(product_words(p.name, p.summary, p.content), 1) @> word_grams(${filter.q}, 3)
          AND position(lower(${filter.q}) IN product_words(p.name, p.summary, p.content)) > 0`;
  const query = Prisma.sql`
    SELECT ${COLUMNS} FROM products p WHERE p.status = 'published' ${equal('p.category', filter.category)}
      ${equal('p.type', filter.type)} ${equal('p.grade', filter.grade)} ${equal('p.provider_id', filter.providerId)} ${words}
      ${keyset(page)}`;
  return queryRows(db, forSaleRow, query);
}

/** A file as a product page names it. */
const documentRow = z.object({ id: z.string(), name: z.string(), size: z.int(), type: z.string() });
export type DocumentRow = z.output<typeof documentRow>;

/** A published product with everything its page shows. */
const productPageRow = forSaleRow.extend({
  version: z.int(),
  updatedAt: z.date(),
  documents: z.array(documentRow),
  /** The customer service of the provider's shop with its hours, once it has published one (SHOP-1). */
  service: shopContent.shape.service.extend({ onlineHours: z.string(), phoneHours: z.string() }).nullable(),
});
export type ProductPageRow = z.output<typeof productPageRow>;

/** The page of a published product, or null. */
export async function findForSale(db: Database, id: string): Promise<ProductPageRow | null> {
  const query = Prisma.sql`
    SELECT ${COLUMNS}, p.version, p.updated_at AS "updatedAt", (
        SELECT coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name, 'size', f.size, 'type', f.type)
                                  ORDER BY f.id), '[]')
        FROM (SELECT jsonb_array_elements_text(coalesce(p.content->'documents', '[]'))
              UNION SELECT p.content->'serviceAgreement'->>'attachmentId') named(id)
        JOIN attachments f ON f.id = named.id) AS documents, (
        SELECT v.content->'service' || jsonb_build_object('onlineHours', v.content->'onlineHours',
                                                          'phoneHours', v.content->'phoneHours')
        FROM shops s JOIN shop_versions v ON v.id = s.published_version_id
        WHERE s.provider_id = p.provider_id) AS service
    FROM products p WHERE p.id = ${id} AND p.status = 'published'`;
  return queryRow(db, productPageRow, query);
}

/** A spec and its product as they are sold now. */
const offer = z.object({
  specName: z.string(),
  duration: z.int(),
  unit: z.enum(UNITS),
  priceFen: z.bigint(),
  productName: z.string(),
  providerId: z.string(),
  status: productStatus,
  type: productColumns.type,
  grade: productColumns.grade,
  supervised: z.boolean(),
  selfOperated: z.boolean(),
  version: z.int(),
  /** How a direct order of it is fulfilled; null of what is not a human service. */
  needsImplementation: z.boolean().nullable(),
  needsBuyerConfirmation: z.boolean().nullable(),
  /** How long it may be tried, in days; null where it has no trial. */
  trialDays: z.int().nullable(),
  /** Hash (hex) of the service agreement's text or file; null where there is none. */
  agreementSha256: z.string().nullable(),
});
export type Offer = z.output<typeof offer>;

/** What a spec is sold for, read in one moment; null when the product has no such spec. */
export async function findOffer(db: Database, productId: string, specId: string): Promise<Offer | null> {
  // One statement, so that price and terms are of one version of the product.
  const query = Prisma.sql`
    SELECT s.name AS "specName", s.duration, s.unit, s.price_fen AS "priceFen", p.name AS "productName", p.provider_id AS "providerId",
           p.status, p.type, p.grade, p.supervised, p.self_operated AS "selfOperated", p.version,
           (p.content->'trial'->>'days')::int AS "trialDays",
           (p.content->>'needsImplementation')::boolean AS "needsImplementation",
           (p.content->>'needsBuyerConfirmation')::boolean AS "needsBuyerConfirmation",
           coalesce(encode(sha256(convert_to(p.content->'serviceAgreement'->>'text', 'UTF8')), 'hex'),
             (SELECT f.sha256 FROM attachments f WHERE f.id = p.content->'serviceAgreement'->>'attachmentId')
           ) AS "agreementSha256"
    FROM product_specs s JOIN products p ON p.id = s.product_id WHERE s.id = ${specId} AND p.id = ${productId}`;
  return queryRow(db, offer, query);
}
