import { AppError } from '../../domain/shared/errors';
import type { Page } from '../../prisma/store/shared/paging';

const ID = /^[a-z]{3}_[0-9A-Za-z_]{1,60}$/;

/** Reads `?limit=&cursor=&sort=`. @throws AppError REQUEST.INVALID when the cursor is not one of ours */
export function pageOfQuery(query: { limit: number; cursor?: string | undefined; sort: 'id' | '-id' }): Page {
  const after = query.cursor === undefined ? null : Buffer.from(query.cursor, 'base64url').toString();
  if (after !== null && !ID.test(after)) {
    throw new AppError('REQUEST.INVALID', 'Take the cursor from nextCursor of the page before.', {
      errors: [{ path: 'query.cursor', message: 'is not a cursor' }],
    });
  }
  return { limit: query.limit, after, newestFirst: query.sort === '-id' };
}

/**
 * The answer of a list: items, and the cursor of the next page, null at the end. Because ids sort by
 * time and the cursor is an id, pages are stable while new items come in.
 * @param rows up to limit + 1 of them: the surplus one shows that there is a next page
 */
export function pageAnswer<T extends { id: string }, V>(rows: T[], page: Page, view: (row: T) => V) {
  const items = rows.slice(0, page.limit);
  const last = items.at(-1);
  const nextCursor = rows.length > page.limit && last ? Buffer.from(last.id).toString('base64url') : null;
  return { items: items.map(view), nextCursor };
}
