import { maskContact } from '../../domain/shared/masking';
import type { OrderRow } from '../../prisma/store/orders/orders';
import { contactsOf, listOrders } from '../../prisma/store/orders/search';
import type { Database } from '../../prisma/store/shared/database';
import { type ApiContext, get, nothing } from '../http/endpoint';
import { orderSchema, pageOf } from '../http/schemas';
import { scopeOf } from '../http/scope';
import { accessOf, filterOf, searchAnswer, searchPageOf, searchPaging, searchQuery } from './search';
import { orderView } from './view';

/** Orders are searched by time, state or number (ORD-1); their buyers' contacts are masked (ORD-7). */
export function orderListRoutes(context: ApiContext, { db }: { db: Database }): void {
  for (const role of ['buyer', 'provider', 'ops'] as const) {
    get(context, {
      path: `/v1/${role}/orders`,
      summary: 'Orders by time, state or number, newest first (ORD-1)',
      tag: 'Orders',
      access: accessOf[role],
      params: nothing,
      query: searchQuery.safeExtend(searchPaging),
      body: nothing,
      answer: { status: 200, schema: pageOf(orderSchema, 'OrderPage') },
      async handle({ principal, query }) {
        const { page, asOfMs } = searchPageOf(query, Date.now());
        const filter = filterOf(query, asOfMs);
        const rows = await listOrders(db, scopeOf(principal), filter, page);
        const { items, nextCursor } = searchAnswer(rows, page, filter, asOfMs);
        return { items: role === 'buyer' ? items.map((row) => orderView(row)) : await masked(db, items), nextCursor };
      },
    });
  }
}

async function masked(db: Database, rows: OrderRow[]) {
  const contacts = await contactsOf(
    db,
    rows.map(({ buyerId }) => buyerId),
  );
  return rows.map((row) => {
    const contact = contacts.get(row.buyerId);
    return orderView(row, contact === undefined ? null : maskContact(contact));
  });
}
