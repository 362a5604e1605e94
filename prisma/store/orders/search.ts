import { z } from 'zod';
import type { TimeType } from '../../../domain/orders/search';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { queryRows } from '../shared/query-rows';
import type { Scope } from '../shared/scopes';
import type { OrderRow } from './orders';

/** Which orders are wanted (ORD-1); what is left out does not matter. `completed` are those that ever were. */
export type OrderFilter = {
  timeType: TimeType;
  from?: Date | undefined;
  /** Not included. */
  to?: Date | undefined;
  state?: string | undefined;
  orderId?: string | undefined;
};

/** A place in a list of orders: what a page ended with. Neither the one time nor the other ever changes. */
export type OrderPosition = { at: Date; id: string };

/** Which page of a list, in the order of the time that it is searched by. */
export type OrderPage = { limit: number; after: OrderPosition | null; newestFirst: boolean };

const timed = (timeType: TimeType, time: Prisma.DateTimeNullableFilter<'Order'> & Prisma.DateTimeFilter<'Order'>) =>
  timeType === 'completed' ? { completedAt: time } : { createdAt: time };

/** A page of orders, one more than asked for when there are more. */
export function listOrders(db: Database, scope: Scope, filter: OrderFilter, page: OrderPage): Promise<OrderRow[]> {
  const { timeType } = filter;
  const direction = page.newestFirst ? 'desc' : 'asc';
  return db.order.findMany({
    where: { AND: [...conditions(scope, filter), beyond(timeType, page)] },
    orderBy: [timeType === 'completed' ? { completedAt: direction } : { createdAt: direction }, { id: direction }],
    take: page.limit + 1,
  });
}

const conditions = (scope: Scope, { timeType, from, to, state, orderId }: OrderFilter): Prisma.OrderWhereInput[] => [
  scope === 'all' ? {} : scope,
  timeType === 'completed' ? { completedAt: { not: null } } : {},
  from === undefined ? {} : timed(timeType, { gte: from }),
  to === undefined ? {} : timed(timeType, { lt: to }),
  state === undefined ? {} : { state },
  orderId === undefined ? {} : { id: orderId },
];

/** How many orders there are, counted up to `atMost`. */
export const countOrders = (db: Database, scope: Scope, filter: OrderFilter, atMost: number): Promise<number> =>
  db.order.count({ where: { AND: conditions(scope, filter) }, take: atMost });

/**
 * All orders of a search, newest first, a batch at a time; between batches nothing of the database is held. Each order
 * comes once, as it was when its batch was read.
 * @param filter `to` must not be later than now: what is placed or completed meanwhile would otherwise be in or out by
 *   chance
 */
export async function* orderBatches(
  db: Database,
  scope: Scope,
  filter: OrderFilter & { to: Date },
  size: number,
): AsyncGenerator<OrderRow[]> {
  for (let after: OrderPosition | null = null; ; ) {
    const rows: OrderRow[] = await listOrders(db, scope, filter, { limit: size, after, newestFirst: true });
    const batch = rows.slice(0, size);
    const last = batch.at(-1);
    if (last !== undefined) yield batch;
    if (last === undefined || rows.length <= size) return;
    after = positionOf(last, filter.timeType);
  }
}

/** What comes after a place: said so that the time alone leads into the index. */
function beyond(timeType: TimeType, { after, newestFirst }: OrderPage): Prisma.OrderWhereInput {
  if (after === null) return {};
  const { at, id } = after;
  return newestFirst
    ? { ...timed(timeType, { lte: at }), OR: [timed(timeType, { lt: at }), { id: { lt: id } }] }
    : { ...timed(timeType, { gte: at }), OR: [timed(timeType, { gt: at }), { id: { gt: id } }] };
}

/** Where an order stands in a list that is searched by this time. */
export const positionOf = ({ id, createdAt, completedAt }: OrderRow, timeType: TimeType): OrderPosition => ({
  at: timeType === 'completed' ? (completedAt ?? createdAt) : createdAt,
  id,
});

const contactRow = z.object({
  id: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
});
/** A buyer's contact as it is kept; lists and exports show it masked (ORD-7). */
export type Contact = Omit<z.output<typeof contactRow>, 'id'>;

/** The contacts of those buyers that have one, by their ids. */
export async function contactsOf(db: Database, buyerIds: string[]): Promise<Map<string, Contact>> {
  const ids = [...new Set(buyerIds)];
  // Raw: one statement however many there are, where `in` would be another one for each length, planned and kept.
  const query = Prisma.sql`SELECT id, name, email, phone FROM users WHERE id = ANY(${ids}::text[])`;
  const found = await queryRows(db, contactRow, query);
  return new Map(found.map(({ id, ...contact }) => [id, contact]));
}
