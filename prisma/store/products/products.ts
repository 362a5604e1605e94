import { z } from 'zod';
import type { ProductStatus, ProductType } from '../../../domain/products/kinds';
import { isDecided, REVIEW_STAGES } from '../../../domain/reviews/state';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { equal, keyset, type Page } from '../shared/paging';
import { queryRow, queryRows } from '../shared/query-rows';
import { productColumns, productStatus } from './stored';

/** A product as its provider and operations know it. */
const productRow = z.object({
  ...productColumns,
  status: productStatus,
  /** Number of the published version; 0 until something was published. */
  version: z.int(),
  hasToken: z.boolean(),
  /** The application that is in review, which excludes all others (PRD-4). */
  openApplicationId: z.string().nullable(),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type ProductRow = z.output<typeof productRow>;

const OPEN = REVIEW_STAGES.filter((stage) => !isDecided({ stage }));

// Raw, since the token must not be read to know that there is one, and for the open application beside each product.
const COLUMNS = Prisma.sql`id, provider_id AS "providerId", name, type, category, grade, status, supervised,
  self_operated AS "selfOperated", summary, version, content, 
  delivery_token_sealed IS NOT NULL AND content ->> 'deliveryUrl' IS NOT NULL AS "hasToken",
  (SELECT r.id FROM reviews r WHERE r.object_id = products.id AND r.status = ANY(${OPEN}::text[]))
    AS "openApplicationId",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

/** One product of a provider, published or not; null also when it is another's. */
export async function findOwnProduct(db: Database, id: string, providerId: string): Promise<ProductRow | null> {
  const query = Prisma.sql`SELECT ${COLUMNS} FROM products WHERE id = ${id} AND provider_id = ${providerId}`;
  return queryRow(db, productRow, query);
}

/** One thing that happened to a product, by which application. */
const productEvent = z.object({
  at: z.date(),
  actor: z.string(),
  action: z.string(),
  note: z.string().nullable(),
  applicationId: z.string(),
  operation: z.string(),
});
export type ProductEvent = z.output<typeof productEvent>;

/** Everything that was ever applied for, decided and done about a product, in order (AUD-1). */
export async function productTimeline(db: Database, productId: string): Promise<ProductEvent[]> {
  // A join over the steps of its applications, which are no relation of the schema: steps belong to objects of any kind.
  const query = Prisma.sql`
    SELECT s.at, s.actor_role AS actor, s.action, s.note, r.id AS "applicationId", r.operation
    FROM reviews r JOIN steps s ON s.object_id = r.id
    WHERE r.object_id = ${productId} AND r.kind = 'product' ORDER BY r.id, s.sequence`;
  return queryRows(db, productEvent, query);
}

/** A page of what a provider ever published, delisted and exited included (PRD-3). */
export async function listOwnProducts(
  db: Database,
  providerId: string,
  filter: { status?: ProductStatus | undefined; type?: ProductType | undefined },
  page: Page,
): Promise<ProductRow[]> {
  const query = Prisma.sql`
    SELECT ${COLUMNS} FROM products WHERE provider_id = ${providerId} AND status <> 'unpublished'
      ${equal('status', filter.status)} ${equal('type', filter.type)} ${keyset(page)}`;
  return queryRows(db, productRow, query);
}

/** Which of the specs are the product's: sold now, or named in an application of it, whatever became of that. */
export async function ownSpecs(db: Database, productId: string, ids: string[]): Promise<string[]> {
  // The index on what was proposed answers whether any application names a spec, without reading their contents.
  const query = Prisma.sql`
    SELECT wanted.id FROM unnest(${ids}::text[]) AS wanted(id)
    WHERE EXISTS (SELECT FROM product_specs s WHERE s.id = wanted.id AND s.product_id = ${productId})
      OR EXISTS (SELECT FROM reviews r WHERE r.object_id = ${productId} AND r.kind = 'product'
                 AND r.proposed @> jsonb_build_object('content', jsonb_build_object('specs',
                       jsonb_build_array(jsonb_build_object('id', wanted.id)))))`;
  const rows = await queryRows(db, z.object({ id: z.string() }), query);
  return rows.map(({ id }) => id);
}
