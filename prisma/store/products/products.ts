import type { ProductContent } from '../../../domain/products/content';
import type { Category, Grade, ProductStatus, ProductType } from '../../../domain/products/kinds';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { equal, keyset } from '../shared/paging';

/** A product as its provider and operations know it. */
export type ProductRow = {
  id: string;
  providerId: string;
  name: string;
  type: ProductType;
  category: Category;
  grade: Grade;
  status: ProductStatus;
  supervised: boolean;
  selfOperated: boolean;
  summary: string;
  /** Number of the published version; 0 until something was published. */
  version: number;
  content: ProductContent | null;
  hasToken: boolean;
  /** The application that is in review, which excludes all others (PRD-4). */
  openApplicationId: string | null;
  createdAt: Date;
  updatedAt: Date;
};

const COLUMNS = Prisma.sql`id, provider_id AS "providerId", name, type, category, grade, status, supervised,
  self_operated AS "selfOperated", summary, version, content, delivery_token_sealed IS NOT NULL AS "hasToken",
  (SELECT r.id FROM reviews r WHERE r.object_id = products.id AND r.status IN ('security_check', 'in_review'))
    AS "openApplicationId",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

/** One product of a provider, published or not; null also when it is another's. */
export async function findOwnProduct(db: Database, id: string, providerId: string): Promise<ProductRow | null> {
  const rows = await db.$queryRaw<ProductRow[]>`
    SELECT ${COLUMNS} FROM products WHERE id = ${id} AND provider_id = ${providerId}`;
  return rows[0] ?? null;
}

/** One thing that happened to a product, by which application. */
export type ProductEvent = {
  at: Date;
  actor: string;
  action: string;
  note: string | null;
  applicationId: string;
  operation: string;
};

/** Everything that was ever applied for, decided and done about a product, in order (AUD-1). */
export async function productTimeline(db: Database, productId: string): Promise<ProductEvent[]> {
  return db.$queryRaw<ProductEvent[]>`
    SELECT s.at, s.actor_role AS actor, s.action, s.note, r.id AS "applicationId", r.operation
    FROM reviews r JOIN steps s ON s.object_id = r.id
    WHERE r.object_id = ${productId} AND r.kind = 'product' ORDER BY r.id, s.sequence`;
}

/** A page of what a provider ever published, delisted and exited included (PRD-3). */
export async function listOwnProducts(
  db: Database,
  providerId: string,
  filter: { status?: ProductStatus | undefined; type?: ProductType | undefined },
  page: { limit: number; after: string | null; newestFirst: boolean },
): Promise<ProductRow[]> {
  return db.$queryRaw<ProductRow[]>`
    SELECT ${COLUMNS} FROM products WHERE provider_id = ${providerId} AND status <> 'unpublished'
      ${equal('status', filter.status)} ${equal('type', filter.type)} ${keyset(page)}`;
}

/** Which of the specs are the product's: sold now, or named in an application of it, whatever became of that. */
export async function ownSpecs(db: Database, productId: string, ids: string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT wanted.id FROM unnest(${ids}::text[]) AS wanted(id)
    WHERE EXISTS (SELECT FROM product_specs s WHERE s.id = wanted.id AND s.product_id = ${productId})
      OR EXISTS (SELECT FROM reviews r WHERE r.object_id = ${productId} AND r.kind = 'product'
                 AND r.proposed @> jsonb_build_object('content', jsonb_build_object('specs',
                       jsonb_build_array(jsonb_build_object('id', wanted.id)))))`;
  return rows.map(({ id }) => id);
}
