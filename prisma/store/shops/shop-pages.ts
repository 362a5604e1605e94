import { z } from 'zod';
import { shopContent } from '../../../domain/shops/content';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { equal, type Page } from '../shared/paging';
import { queryRows } from '../shared/query-rows';

/** A shop as buyers see it: its published version. */
const shopPage = z.object({ id: z.string(), providerId: z.string(), content: shopContent, publishedAt: z.date() });
export type ShopPage = z.output<typeof shopPage>;

/** Which published shops: by id, by provider, by words of their name or title. */
export type ShopFilter = { id?: string; providerId?: string | undefined; q?: string | undefined };

/** A page of the published shops, one more than asked for when there are more. */
export async function listShopPages(db: Database, { id, providerId, q }: ShopFilter, page: Page): Promise<ShopPage[]> {
  const [beyond, direction] = page.newestFirst ? [Prisma.sql`<`, Prisma.sql`DESC`] : [Prisma.sql`>`, Prisma.sql`ASC`];
  const after = page.after === null ? Prisma.empty : Prisma.sql`AND s.id ${beyond} ${page.after}`;
  // Raw, since words are looked for inside JSON.
  const query = Prisma.sql`
    SELECT s.id, s.provider_id AS "providerId", v.content, v.published_at AS "publishedAt"
    FROM shops s JOIN shop_versions v ON v.id = s.published_version_id
    WHERE true ${equal('s.id', id)} ${equal('s.provider_id', providerId)} ${q === undefined ? Prisma.empty : named(q)}
      ${after} ORDER BY s.id ${direction} LIMIT ${page.limit + 1}`;
  return queryRows(db, shopPage, query);
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
const bestSeller = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  category: z.string(),
  summary: z.string(),
  fromFen: z.bigint().transform(Number),
});
export type BestSeller = z.output<typeof bestSeller>;

/** The best sellers that are for sale, in the shop's order: what was delisted meanwhile is left out. */
export async function bestSellersOf(db: Database, { providerId, content }: ShopPage): Promise<BestSeller[]> {
  // Raw, for the order of the list and the lowest price of each.
  const query = Prisma.sql`
    SELECT p.id, p.name, p.type, p.category, p.summary, min(s.price_fen) AS "fromFen"
    FROM unnest(${content.bestSellers}::text[]) WITH ORDINALITY AS b(id, n)
    JOIN products p ON p.id = b.id AND p.provider_id = ${providerId} AND p.status = 'published'
    JOIN product_specs s ON s.product_id = p.id
    GROUP BY p.id, b.n ORDER BY b.n`;
  return queryRows(db, bestSeller, query);
}
