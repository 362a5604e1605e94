import { z } from 'zod';
import { ORDER_STATES } from '../../domain/orders/order';
import { PRESETS, presetRange, TIME_TYPES } from '../../domain/orders/search';
import { AppError } from '../../domain/shared/errors';
import type { OrderRow } from '../../prisma/store/orders/orders';
import { type OrderFilter, type OrderPage, type OrderPosition, positionOf } from '../../prisma/store/orders/search';
import { id, paging } from '../http/schemas';

/** Who reads orders. */
export const accessOf = {
  buyer: { buyer: 'any' },
  provider: { provider: 'orders' },
  ops: { ops: 'any' },
} as const;

const day = z.iso.date();
const instant = z.iso.datetime({ offset: true });

/** A day, which begins at midnight in Shanghai, or an instant; what was before computers is none. */
const dayOrInstant = z
  .string()
  .refine((value) => day.safeParse(value).success || instant.safeParse(value).success, {
    message: 'must be a day (YYYY-MM-DD) or an instant with its offset',
    abort: true,
  })
  .transform((value) => new Date(day.safeParse(value).success ? `${value}T00:00:00+08:00` : value))
  .refine((value) => value.getTime() >= 0, 'must not be before 1970')
  .optional();
const described = (description: string) => dayOrInstant.openapi({ type: 'string', example: '2026-11-01', description });

const filters = {
  timeType: z
    .enum(TIME_TYPES)
    .default('purchased')
    .openapi({ description: 'Which time the range and the order of the list are about; completed ones only, if so' }),
  preset: z
    .enum(PRESETS)
    .optional()
    .openapi({ description: 'A range of days or months in Shanghai, today included; instead of from and to' }),
  from: described('From this instant on; a day begins at midnight in Shanghai'),
  to: described('Until this instant, which is not included; a day begins at midnight in Shanghai'),
  state: z.enum(ORDER_STATES).optional(),
  orderId: id('ord').optional(),
};
/** The query of a search for orders; routes extend it. */
export const searchQuery = z
  .strictObject(filters)
  .refine(({ preset, from, to }) => preset === undefined || (from === undefined && to === undefined), {
    path: ['preset'],
    message: 'must not be used beside from or to',
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, {
    path: ['to'],
    message: 'must be later than from',
  });
type Filters = z.output<typeof searchQuery>;

/** How a list of orders is paged. */
export const searchPaging = {
  ...paging,
  sort: paging.sort.openapi({
    description: 'By the time of timeType, and by id where it is the same; -id: newest first',
  }),
};

/**
 * What a search asks the store for.
 * @param asOfMs the instant (epoch milliseconds) at which named ranges such as `today` are taken
 */
export function filterOf({ preset, timeType, from, to, state, orderId }: Filters, asOfMs: number): OrderFilter {
  const named = preset === undefined ? null : presetRange(preset, asOfMs);
  const range = named === null ? { from, to } : { from: new Date(named.fromMs), to: new Date(named.toMs) };
  return { timeType, ...range, state, orderId };
}

const CURSOR = /^(\d{1,14})~(ord_\w{1,60})~(\d{1,14})$/;

/**
 * Reads `?limit=&cursor=&sort=`. A cursor also says when its first page was read: a list of `today` that is turned over
 * at midnight stays the list of that day.
 * @throws AppError REQUEST.INVALID when the cursor is not one of ours
 */
export function searchPageOf(
  { limit, cursor, sort }: { limit: number; cursor?: string | undefined; sort: 'id' | '-id' },
  nowMs: number,
): { page: OrderPage; asOfMs: number } {
  const newestFirst = sort === '-id';
  if (cursor === undefined) return { page: { limit, after: null, newestFirst }, asOfMs: nowMs };
  const [, atMs, orderId = '', asOfMs] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (atMs === undefined) {
    throw new AppError('REQUEST.INVALID', 'Take the cursor from nextCursor of the page before.', {
      errors: [{ path: 'query.cursor', message: 'is not a cursor' }],
    });
  }
  return { page: { limit, after: { at: new Date(Number(atMs)), id: orderId }, newestFirst }, asOfMs: Number(asOfMs) };
}

/** The rows of a page, and the cursor of the next one, null at the end. @param rows up to limit + 1 of them */
export function searchAnswer(rows: OrderRow[], { limit }: OrderPage, { timeType }: OrderFilter, asOfMs: number) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items, nextCursor: hasMore ? cursorOf(positionOf(last, timeType), asOfMs) : null };
}

const cursorOf = ({ at, id: orderId }: OrderPosition, asOfMs: number): string =>
  Buffer.from(`${at.getTime()}~${orderId}~${asOfMs}`).toString('base64url');
