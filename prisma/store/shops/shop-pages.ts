import { type ShopContent, shopContent } from '../../../domain/shops/content';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { equal } from '../shared/paging';

/** A shop as buyers see it: its published version. */
export type ShopPage = { id: string; providerId: string; content: ShopContent; publishedAt: Date };

/** Which published shops: by id, by provider, by words of their name or title. */
export type ShopFilter = { id?: string; providerId?: string | undefined; q?: string | undefined };

/** A page of the published shops, one more than asked for when there are more. */
export async function listShopPages(
  db: Database,
  { id, providerId, q }: ShopFilter,
  page: { limit: number; after: string | null; newestFirst: boolean },
): Promise<ShopPage[]> {
  const [beyond, direction] = page.newestFirst ? [Prisma.sql`<`, Prisma.sql`DESC`] : [Prisma.sql`>`, Prisma.sql`ASC`];
  const after = page.after === null ? Prisma.empty : Prisma.sql`AND s.id ${beyond} ${page.after}`;
  const rows = await db.$queryRaw<(Omit<ShopPage, 'content'> & { content: unknown })[]>`
    SELECT s.id, s.provider_id AS "providerId", v.content, v.published_at AS "publishedAt"
    FROM shops s JOIN shop_versions v ON v.id = s.published_version_id
    WHERE true ${equal('s.id', id)} ${equal('s.provider_id', providerId)} ${q === undefined ? Prisma.empty : named(q)}
      ${after} ORDER BY s.id ${direction} LIMIT ${page.limit + 1}`;
  return rows.map((row) => ({ ...row, content: shopContent.parse(row.content) }));
}

const named = (q: string) => Prisma.sql`
  AND (position(lower(${q}) IN lower(v.content #>> '{introduction,name}')) > 0
       OR position(lower(${q}) IN lower(v.content #>> '{introduction,mainTitle}')) > 0)`;

/** One published shop, or null. */
export async function findShopPage(
  db: Database,
  filter: { id: string } | { providerId: string },
): Promise<ShopPage | null> {
  const [found] = await listShopPages(db, filter, { limit: 1, after: null, newestFirst: true });
  return found ?? null;
}

/** A product as a shop's home page shows it; the lowest of its prices, in fen. */
export type BestSeller = { id: string; name: string; type: string; category: string; summary: string; fromFen: number };

/** The best sellers that are for sale, in the shop's order: what was delisted meanwhile is left out. */
export async function bestSellersOf(db: Database, { providerId, content }: ShopPage): Promise<BestSeller[]> {
  const rows = await db.$queryRaw<(Omit<BestSeller, 'fromFen'> & { fromFen: bigint })[]>`
    SELECT p.id, p.name, p.type, p.category, p.summary, min(s.price_fen) AS "fromFen"
    FROM unnest(${content.bestSellers}::text[]) WITH ORDINALITY AS b(id, n)
    JOIN products p ON p.id = b.id AND p.provider_id = ${providerId} AND p.status = 'published'
    JOIN product_specs s ON s.product_id = p.id
    GROUP BY p.id, b.n ORDER BY b.n`;
  return rows.map((row) => ({ ...row, fromFen: Number(row.fromFen) }));
}
