import { z } from 'zod';
import { isPaid, type OrderState, priceVersionOf } from '../../../domain/orders/state';
import type { OrderPolicy } from '../../../domain/policies/catalogue';
import type { ProductContent } from '../../../domain/products/content';
import { Prisma } from '../../generated/client';
import { storedContent } from '../products/stored';
import { namedFile } from '../shared/as-of';
import type { Database } from '../shared/database';
import { queryRow, queryRows } from '../shared/query-rows';
import type { Scope } from '../shared/scopes';
import { type WorkflowStatus, workflowStatusOf } from '../shared/workflow-status';
import { findOrder, type OrderRow } from './orders';
import { storedOrderPolicy, storedOrderState } from './stored-json';

/** A step of an order as its timeline shows it. */
export type OrderTimelineRow = {
  commandId: string;
  at: Date;
  actorRole: string;
  action: string;
  note: string | null;
  sealedNote: Uint8Array | null;
  attachments: z.output<typeof namedFile>[];
};

/** An order with what its rules look at, its timeline, and what it sells. */
export type OrderDetails = {
  row: OrderRow;
  /** As its own last step left it; null of an order without one, in which nothing goes on. */
  own: OrderState | null;
  policy: OrderPolicy | null;
  timeline: OrderTimelineRow[];
  /** The content of the version that was bought; null where that is not known. */
  content: ProductContent | null;
  /** Whether what it gives back waits for an invoice of it (RFD-4). */
  refundWaits: boolean;
};

/**
 * One order in full, or null when it is not in the scope.
 * @param asOf the command after whose step it is shown; as it is now if left out, or if the command has no step here
 */
export async function findOrderDetails(
  db: Database,
  id: string,
  scope: Scope,
  asOf: string | null = null,
): Promise<OrderDetails | null> {
  const row = await findOrder(db, id, scope);
  if (row === null) return null;
  const [rows, content, waiting, files] = await Promise.all([
    db.step.findMany({ where: { objectId: id }, orderBy: { sequence: 'asc' } }),
    contentOf(db, row),
    db.refund.count({ where: { orderId: id, status: 'waiting' } }),
    filesOf(db, id),
  ]);
  const steps = rows.map((step) => ({
    ...step,
    attachments: files.filter(({ sequence }) => sequence === step.sequence),
  }));
  const shown = steps.findIndex(({ commandId }) => commandId === asOf);
  const timeline = shown === -1 ? steps : steps.slice(0, shown + 1);
  const last = timeline.at(-1);
  const policy = storedOrderPolicy.parse(row.policy);
  const found = { policy, timeline, content, refundWaits: waiting > 0 };
  if (last === undefined) return { ...found, row, own: null };
  const own = storedOrderState.parse(last.stateAfter);
  return { ...found, row: shown === -1 ? row : await rowAsOf(db, row, own, last.at), own };
}

/** An order's row as it was after a step of its own. */
async function rowAsOf(db: Database, row: OrderRow, own: OrderState, at: Date): Promise<OrderRow> {
  const { state, payableFen, payment } = own;
  const isOver = state === 'closed' || state === 'completed' || state === 'cancelled';
  return {
    ...row,
    ...{ state, payableFen: BigInt(payableFen), priceVersion: priceVersionOf(own), updatedAt: at },
    couponReductionFen: BigInt(own.couponReductionFen ?? 0),
    paidFen: BigInt(payment?.amountFen ?? 0),
    refundedFen: payment === null ? 0n : await refundedBy(db, row.id, at),
    invoicedFen: isPaid(own) ? row.invoicedFen : 0n,
    paidAt: isPaid(own) ? row.paidAt : null,
    endedAt: isOver ? at : null,
    completedAt: state === 'completed' ? row.completedAt : null,
  };
}

/** What of the counted payment had gone back by then, fen. */
async function refundedBy(db: Database, orderId: string, at: Date): Promise<bigint> {
  const query = Prisma.sql`
    SELECT coalesce(sum(r.amount_fen), 0)::bigint AS fen FROM refunds r JOIN payments p ON p.id = r.payment_id
    WHERE r.order_id = ${orderId} AND r.refunded_at <= ${at} AND p.status = 'accepted'`;
  return (await queryRow(db, z.object({ fen: z.bigint() }), query))?.fen ?? 0n;
}

/** The files that the steps of an order name. */
const filesOf = (db: Database, orderId: string) =>
  queryRows(
    db,
    namedFile.extend({ sequence: z.int() }),
    Prisma.sql`
      SELECT f.id, f.name, f.size, f.type, u.sequence FROM order_attachment_uses u JOIN attachments f ON f.id = u.attachment_id
      WHERE u.order_id = ${orderId} ORDER BY f.id`,
  );

async function contentOf(db: Database, { productId, productVersion }: OrderRow): Promise<ProductContent | null> {
  if (productVersion === null) return null;
  const version = { productId_number: { productId, number: productVersion } };
  const kept = await db.productVersion.findUnique({ where: version, select: { content: true } });
  const content =
    kept?.content ??
    (await db.product.findFirst({ where: { id: productId, version: productVersion }, select: { content: true } }))
      ?.content;
  return content == null ? null : storedContent.parse(content);
}

/** What the table says of an order's workflow and of a command to it, as far as the reader may know. */
export function orderStatus(
  db: Database,
  id: string,
  scope: Scope,
  commandId: string | null = null,
): Promise<WorkflowStatus> {
  // Once it is paid, only an order that its provider fulfils directly is still its own workflow's.
  return workflowStatusOf(
    db,
    {
      table: Prisma.sql`orders`,
      isOpen: Prisma.sql`state = 'pending_payment' OR (fulfilment = 'direct' AND state <> ALL (${ENDED}::text[]))`,
    },
    { id, scope, commandId },
  );
}

const ENDED: readonly string[] = ['closed', 'completed', 'cancelled', 'refunded'];
