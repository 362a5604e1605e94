import { z } from 'zod';
import { PAYMENT_CHANNELS } from '../../../domain/orders/order';
import type { RefundFacts } from '../../../domain/refunds/grounds';
import type { Refund } from '../../../domain/refunds/refund';
import type { RefundStage } from '../../../domain/refunds/state';
import type { ChannelAnswer } from '../../../domain/refunds/transitions';
import { Prisma } from '../../generated/client';
import { objectAsOf, STATE_AS_OF, timelineAsOf, timelineEntry } from '../shared/as-of';
import type { Database } from '../shared/database';
import { beyond, inOrder, type Page } from '../shared/paging';
import { queryRow, type RawQueries } from '../shared/query-rows';
import type { Scope } from '../shared/scopes';
import { type WorkflowStatus, workflowStatusOf } from '../shared/workflow-status';
import { storedRefundPolicy, storedRefundState } from './stored-json';

const fen = z.bigint().transform(Number);

/** A refund that somebody asked for, as it is stored. */
export type RefundRow = z.output<typeof refundRow>;
const refundRow = z.object({
  id: z.string(),
  orderId: z.string(),
  deliveryId: z.string().nullable(),
  buyerId: z.string(),
  providerId: z.string(),
  reason: z.string(),
  state: storedRefundState,
  policy: storedRefundPolicy,
  sequence: z.int(),
  createdAt: z.date(),
  updatedAt: z.date(),
});

export type RefundDetails = z.output<typeof refundDetails>;
const refundDetails = refundRow.extend({
  timeline: z.array(timelineEntry),
});

/**
 * One refund with its timeline, or null when it is not in the scope.
 * @param asOf the command after whose step it is shown; as it is now if left out, or if the command has no step here
 */
export function findRefund(
  db: Database,
  id: string,
  scope: Scope,
  asOf: string | null = null,
): Promise<RefundDetails | null> {
  const query = Prisma.sql`
    SELECT o.id, o.order_id AS "orderId", o.delivery_id AS "deliveryId", o.buyer_id AS "buyerId",
      o.provider_id AS "providerId", o.reason, o.policy, o.created_at AS "createdAt", ${STATE_AS_OF}, ${timelineAsOf()}
    FROM ${objectAsOf(Prisma.sql`refund_requests`, { id, scope, asOf })}`;
  return queryRow(db, refundDetails, query);
}

/** Filters of a list of refunds. */
export type RefundFilter = { state?: RefundStage | undefined; orderId?: string | undefined };

/** A page of refunds, one more than asked for when there are more. */
export async function listRefunds(
  db: Database,
  scope: Scope,
  { state, orderId }: RefundFilter,
  page: Page,
): Promise<RefundRow[]> {
  const rows = await db.refundRequest.findMany({
    where: {
      ...(scope === 'all' ? {} : scope),
      ...(state === undefined ? {} : { stage: state }),
      ...(orderId === undefined ? {} : { orderId }),
      ...beyond(page),
    },
    ...inOrder(page),
  });
  return rows.map((row) => refundRow.parse(row));
}

/** What the table says of a refund and of a command to it, as far as the reader may know. */
export function refundStatus(
  db: Database,
  id: string,
  scope: Scope,
  commandId: string | null = null,
): Promise<WorkflowStatus> {
  return workflowStatusOf(
    db,
    { table: Prisma.sql`refund_requests`, isOpen: Prisma.sql`ended_at IS NULL` },
    { id, scope, commandId },
  );
}

/** What the channel is to be asked for, and its answer where that is stored. */
export type Money = { refund: Refund; answer: ChannelAnswer | null };

const moneyRow = z.object({
  refundId: z.string(),
  amountFen: fen,
  status: z.enum(['requested', 'refunded', 'failed']),
  channelRefundId: z.string().nullable(),
  paymentId: z.string(),
  orderId: z.string(),
  channel: z.enum(PAYMENT_CHANNELS),
  transactionId: z.string(),
  paidFen: fen,
  receivedAt: z.date(),
});

/** The money of a refund that is being executed. @throws Error when none is to be sent */
export async function findMoney(db: RawQueries, refundId: string): Promise<Money> {
  const query = Prisma.sql`
    SELECT r.id AS "refundId", r.amount_fen AS "amountFen", r.status, r.channel_refund_id AS "channelRefundId",
           p.id AS "paymentId", p.order_id AS "orderId", p.channel, p.transaction_id AS "transactionId",
           p.amount_fen AS "paidFen", p.received_at AS "receivedAt"
    FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.id = ${refundId}`;
  const row = await queryRow(db, moneyRow, query);
  if (row === null) throw new Error(`No money is to be sent for refund ${refundId}`);
  const { amountFen, status, channelRefundId, paidFen, receivedAt, refundId: _, ...payment } = row;
  const fact = { ...payment, amountFen: paidFen, receivedAtMs: receivedAt.getTime() };
  return {
    refund: { refundId, payment: fact, amountFen, reason: 'refund_request' },
    answer: status === 'refunded' && channelRefundId !== null ? { status, channelRefundId } : null,
  };
}

const factsRow = z.object({
  paidAt: z.date().nullable(),
  requirementAt: z.date().nullable(),
  confirmedAt: z.date().nullable(),
  submittedAt: z.date().nullable(),
  acceptedAt: z.date().nullable(),
  requirementRejections: z.bigint().transform(Number),
  acceptanceRejections: z.bigint().transform(Number),
  buyerActedAt: z.date().nullable(),
  providerActedAt: z.date().nullable(),
});

/** What happened to the order until the refund was asked for (RFD-7): what comes later does not change it. */
export async function findFacts(
  db: Database,
  { orderId, createdAt }: Pick<RefundRow, 'orderId' | 'createdAt'>,
): Promise<RefundFacts> {
  const query = Prisma.sql`
    SELECT max(o.paid_at) AS "paidAt",
      min(s.at) FILTER (WHERE s.action = 'buyer.requirement') AS "requirementAt",
      min(s.at) FILTER (WHERE s.action = 'provider.requirement.confirm') AS "confirmedAt",
      min(s.at) FILTER (WHERE s.action = 'provider.implementation.submit') AS "submittedAt",
      min(s.at) FILTER (WHERE s.state_after->>'stage' = 'completed') AS "acceptedAt",
      count(*) FILTER (WHERE s.action = 'provider.requirement.reject') AS "requirementRejections",
      count(*) FILTER (WHERE s.action = 'buyer.acceptance.reject') AS "acceptanceRejections",
      max(s.at) FILTER (WHERE s.actor_role = 'buyer') AS "buyerActedAt",
      max(s.at) FILTER (WHERE s.actor_role = 'provider') AS "providerActedAt"
    FROM orders o LEFT JOIN steps s ON s.object_id IN (o.id, o.delivery_id) AND s.at < ${createdAt}
    WHERE o.id = ${orderId}`;
  const row = await queryRow(db, factsRow, query);
  if (row === null) throw new Error(`${orderId} has a refund and no row`);
  const ms = (at: Date | null) => at?.getTime() ?? null;
  const paidAtMs = ms(row.paidAt);
  const buyerActedAtMs = Math.max(paidAtMs ?? 0, ms(row.buyerActedAt) ?? 0);
  return {
    paidAtMs,
    requestedAtMs: createdAt.getTime(),
    requirementAtMs: ms(row.requirementAt),
    confirmedAtMs: ms(row.confirmedAt),
    submittedAtMs: ms(row.submittedAt),
    acceptedAtMs: ms(row.acceptedAt),
    requirementRejections: row.requirementRejections,
    acceptanceRejections: row.acceptanceRejections,
    buyerActedAtMs: buyerActedAtMs === 0 ? null : buyerActedAtMs,
    providerActedAtMs: ms(row.providerActedAt),
  };
}

/** What a request of a refund needs to know of its order, or null when it is not in the scope. */
export async function findRefundable(db: Database, orderId: string, scope: Scope) {
  const order = await db.order.findFirst({ where: { id: orderId, ...(scope === 'all' ? {} : scope) } });
  if (order === null) return null;
  const { buyerId, providerId, paidFen, refundedFen, refundReservedFen, fulfilment, deliveryId } = order;
  return {
    buyerId,
    providerId,
    deliveryId: fulfilment === 'delivery' ? deliveryId : null,
    refundableFen: Number(paidFen - refundedFen - refundReservedFen),
  };
}
