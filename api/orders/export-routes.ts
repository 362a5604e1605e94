import { z } from 'zod';
import { shanghaiClock } from '../../domain/calendar/shanghai';
import { AppError } from '../../domain/shared/errors';
import { maskContact } from '../../domain/shared/masking';
import type { OrderRow } from '../../prisma/store/orders/orders';
import {
  type Contact,
  contactsOf,
  countOrders,
  type OrderFilter,
  orderBatches,
} from '../../prisma/store/orders/search';
import type { Database } from '../../prisma/store/shared/database';
import type { Scope } from '../../prisma/store/shared/scopes';
import { EXPORT_FORMATS, sendTable } from '../files/export';
import type { Cell } from '../files/table';
import { XLSX_ROWS_MAX } from '../files/xlsx';
import { type ApiContext, download, nothing } from '../http/endpoint';
import { keyedSemaphore } from '../http/keyed-semaphore';
import { providerOf, scopeOf } from '../http/scope';
import { filterOf, searchQuery } from './search';

/** Orders that are read and written at a time. */
const BATCH = 500;
/** Exports of one provider at the same time, and how long another one waits for its turn. */
const EXPORTS_AT_ONCE = 2;
const WAIT_MS = 5_000;
const withPermit = keyedSemaphore(EXPORTS_AT_ONCE);

/** The result of a provider's search as a file (ORD-1), contacts masked (ORD-7). */
export function orderExportRoutes(context: ApiContext, { db }: { db: Database }): void {
  download(context, {
    path: '/v1/provider/orders/export',
    summary:
      'The orders of a search as CSV or XLSX (ORD-1): those placed or completed until now, newest first, each as it is when its line is written; times are of Shanghai',
    tag: 'Orders',
    access: { provider: 'orders' },
    params: nothing,
    query: searchQuery.safeExtend({ format: z.enum(EXPORT_FORMATS).default('csv') }),
    body: nothing,
    answer: { status: 200, schema: z.string().openapi({ format: 'binary' }) },
    async handle({ principal, query, response }) {
      const startedMs = Date.now();
      const searched = filterOf(query, startedMs);
      const filter = { ...searched, to: new Date(Math.min(startedMs, searched.to?.getTime() ?? startedMs)) };
      const scope = scopeOf(principal);
      const { format } = query;
      if (format === 'xlsx') await requireOneSheet(db, scope, filter);
      const batches = lines(db, orderBatches(db, scope, filter, BATCH));
      const name = `orders-${shanghaiClock(startedMs).replace(/\D/g, '')}`;
      const table = { columns: COLUMNS.map(([column]) => column), batches };
      const sent = await withPermit(providerOf(principal), WAIT_MS, () => sendTable(response, table, { name, format }));
      if (sent === 'timed out') {
        throw new AppError('SERVICE.BUSY', 'Two exports of yours are under way; ask for this one when one is done.');
      }
    },
  });
}

/** @throws AppError REQUEST.INVALID when there are more orders than a workbook takes */
async function requireOneSheet(db: Database, scope: Scope, filter: OrderFilter): Promise<void> {
  if ((await countOrders(db, scope, filter, XLSX_ROWS_MAX + 1)) <= XLSX_ROWS_MAX) return;
  throw new AppError('REQUEST.INVALID', 'Search for a shorter time, or take CSV.', {
    errors: [{ path: 'query.format', message: `holds ${XLSX_ROWS_MAX} orders at most` }],
  });
}

type Line = OrderRow & { contact: Contact };
const clock = (at: Date | null): Cell => at && shanghaiClock(at.getTime());

/** The columns of an export, by the names that the fields of an order have; amounts are in fen. */
const COLUMNS: [name: string, cell: (line: Line) => Cell][] = [
  ['id', ({ id }) => id],
  ['state', ({ state }) => state],
  ['productId', ({ productId }) => productId],
  ['productName', ({ productName }) => productName],
  ['productType', ({ productType }) => productType],
  ['specId', ({ specId }) => specId],
  ['specName', ({ specName }) => specName],
  ['paymentChannel', ({ paymentChannel }) => paymentChannel],
  ['originalFen', ({ originalFen }) => Number(originalFen)],
  ['couponId', ({ couponId }) => couponId],
  ['couponReductionFen', ({ couponReductionFen }) => Number(couponReductionFen)],
  ['payableFen', ({ payableFen }) => Number(payableFen)],
  ['paidFen', ({ paidFen }) => Number(paidFen)],
  ['refundedFen', ({ refundedFen }) => Number(refundedFen)],
  ['buyerId', ({ buyerId }) => buyerId],
  ['buyerName', ({ contact }) => contact.name],
  ['buyerEmail', ({ contact }) => contact.email],
  ['buyerPhone', ({ contact }) => contact.phone],
  ['deliveryId', ({ paidAt, deliveryId }) => (paidAt === null ? null : deliveryId)],
  ['createdAt', ({ createdAt }) => clock(createdAt)],
  ['paidAt', ({ paidAt }) => clock(paidAt)],
  ['completedAt', ({ completedAt }) => clock(completedAt)],
  ['endedAt', ({ endedAt }) => clock(endedAt)],
];

const UNKNOWN: Contact = { name: null, email: null, phone: null };

async function* lines(db: Database, batches: AsyncIterable<OrderRow[]>): AsyncGenerator<Cell[][]> {
  for await (const rows of batches) {
    const contacts = await contactsOf(
      db,
      rows.map(({ buyerId }) => buyerId),
    );
    yield rows.map((row) => {
      const line = { ...row, contact: maskContact(contacts.get(row.buyerId) ?? UNKNOWN) };
      return COLUMNS.map(([, cell]) => cell(line));
    });
  }
}
