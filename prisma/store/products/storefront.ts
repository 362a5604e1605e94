import type { ProductContent } from '../../../domain/products/content';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { equal, keyset } from '../shared/paging';

/** A spec as it is sold. */
export type SpecRow = {
  id: string;
  name: string;
  duration: number;
  unit: string;
  listPriceFen: number;
  priceFen: number;
};

/** A published product as lists show it. */
export type ForSaleRow = {
  id: string;
  providerId: string;
  providerName: string;
  name: string;
  type: string;
  category: string;
  grade: string;
  supervised: boolean;
  selfOperated: boolean;
  summary: string;
  content: ProductContent | null;
  specs: SpecRow[];
};

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
export async function listForSale(
  db: Database,
  filter: ForSaleFilter,
  page: { limit: number; after: string | null; newestFirst: boolean },
): Promise<ForSaleRow[]> {
  const words =
    filter.q === undefined
      ? Prisma.empty
      : Prisma.sql`AND position(lower(${filter.q}) IN lower(
          concat_ws(' ', p.name, p.summary, (SELECT string_agg(tag, ' ')
            FROM jsonb_array_elements_text(coalesce(p.content->'tags', '[]')) AS tag)))) > 0`;
  return db.$queryRaw<ForSaleRow[]>`
    SELECT ${COLUMNS} FROM products p WHERE p.status = 'published' ${equal('p.category', filter.category)}
      ${equal('p.type', filter.type)} ${equal('p.grade', filter.grade)} ${equal('p.provider_id', filter.providerId)} ${words}
      ${keyset(page)}`;
}

/** A file as a product page names it. */
export type DocumentRow = { id: string; name: string; size: number; type: string };

/** A published product with everything its page shows. */
export type ProductPageRow = ForSaleRow & {
  version: number;
  updatedAt: Date;
  documents: DocumentRow[];
  /** The customer service of the provider's shop with its hours, once it has published one (SHOP-1). */
  service: Record<'qq' | 'email' | 'phone' | 'onlineHours' | 'phoneHours', string> | null;
};

/** The page of a published product, or null. */
export async function findForSale(db: Database, id: string): Promise<ProductPageRow | null> {
  const rows = await db.$queryRaw<ProductPageRow[]>`
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
  return rows[0] ?? null;
}

/** A spec and its product as they are sold now. */
export type Offer = {
  specName: string;
  priceFen: bigint;
  productName: string;
  providerId: string;
  status: string;
  supervised: boolean;
  selfOperated: boolean;
};

/** What a spec is sold for, read in one moment; null when the product has no such spec. */
export async function findOffer(db: Database, productId: string, specId: string): Promise<Offer | null> {
  const rows = await db.$queryRaw<Offer[]>`
    SELECT s.name AS "specName", s.price_fen AS "priceFen", p.name AS "productName", p.provider_id AS "providerId",
           p.status, p.supervised, p.self_operated AS "selfOperated"
    FROM product_specs s JOIN products p ON p.id = s.product_id WHERE s.id = ${specId} AND p.id = ${productId}`;
  return rows[0] ?? null;
}
