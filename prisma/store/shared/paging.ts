import { Prisma } from '../../generated/client';

/** Which page of a list: `after` is the id of the last item already seen, null at the beginning. */
export type Page = { limit: number; after: string | null; newestFirst: boolean };

/** A filter that may be left out: a query has only the conditions that it needs, so that its plan can follow them. */
export function equal(column: string, value: string | undefined): Prisma.Sql {
  return value === undefined ? Prisma.empty : Prisma.sql`AND ${Prisma.raw(column)} = ${value}`;
}

/** The end of a list's query: what comes after the cursor, in order. */
export function keyset(page: Page): Prisma.Sql {
  const [beyond, direction] = page.newestFirst ? [Prisma.sql`<`, Prisma.sql`DESC`] : [Prisma.sql`>`, Prisma.sql`ASC`];
  const after = page.after === null ? Prisma.empty : Prisma.sql`AND id ${beyond} ${page.after}`;
  return Prisma.sql`${after} ORDER BY id ${direction} LIMIT ${page.limit + 1}`;
}

/** As a condition of the Prisma client: what comes after the cursor. */
export const beyond = ({ after, newestFirst }: Page) =>
  after === null ? {} : { id: newestFirst ? { lt: after } : { gt: after } };

/** As options of the Prisma client: by id, and one row more than the page holds, which shows that there is a next page. */
export const inOrder = ({ limit, newestFirst }: Page) => ({
  orderBy: { id: newestFirst ? 'desc' : 'asc' } as const,
  take: limit + 1,
});
