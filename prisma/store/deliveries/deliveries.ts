import { z } from 'zod';
import { type DeliveryState, GROUNDS, RULINGS, type Stage } from '../../../domain/deliveries/state';
import { Prisma } from '../../generated/client';
import { namedFile, objectAsOf, STATE_AS_OF, timelineAsOf, timelineEntry } from '../shared/as-of';
import type { Database } from '../shared/database';
import { beyond, inOrder, type Page } from '../shared/paging';
import { queryRow } from '../shared/query-rows';
import type { Scope } from '../shared/scopes';
import { type WorkflowStatus, workflowStatusOf } from '../shared/workflow-status';
import { storedDeliveryPolicy, storedDeliveryState } from './stored-json';

/** A delivery as it is stored. */
export type DeliveryRow = z.output<typeof deliveryRow>;
const deliveryRow = z.object({
  id: z.string(),
  orderId: z.string(),
  buyerId: z.string(),
  providerId: z.string(),
  state: storedDeliveryState,
  policy: storedDeliveryPolicy,
  sequence: z.int(),
  createdAt: z.date(),
  updatedAt: z.date(),
});

/** An appeal as it is stored; times are ISO strings, since it is read inside JSON. */
export type AppealRow = z.output<typeof appealRow>;
const appealRow = z.object({
  id: z.string(),
  deliveryId: z.string(),
  status: z.enum(['open', 'resolved']),
  openedBy: z.enum(['buyer', 'provider']),
  grounds: z.array(z.enum(GROUNDS)),
  reason: z.string(),
  openedAt: z.string(),
  dueAt: z.string(),
  dueProvisional: z.boolean(),
  ruling: z.enum(RULINGS).nullable(),
  rulingReason: z.string().nullable(),
  refundFen: z.int().nullable(),
  resolvedAt: z.string().nullable(),
});

/** A step as the timeline shows it. `sealedNote` is base64 of a sealed note. */
export type TimelineRow = z.output<typeof timelineRow>;
const timelineRow = timelineEntry.extend({
  commandId: z.string(),
  sealedNote: z.string().nullable(),
  attachments: z.array(namedFile),
});

export type DeliveryDetails = z.output<typeof deliveryDetails>;
const deliveryDetails = deliveryRow.extend({ appeal: appealRow.nullable(), timeline: z.array(timelineRow) });

/** What a step of a delivery shows beside its entry in a timeline. */
const WORDS_AND_ATTACHMENTS = Prisma.sql`, 'commandId', s.command_id, 'sealedNote', encode(s.sealed_note, 'base64'),
  'attachments', coalesce((
    SELECT jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name, 'size', f.size, 'type', f.type) ORDER BY f.id)
    FROM attachment_uses u JOIN attachments f ON f.id = u.attachment_id
    WHERE u.delivery_id = o.id AND u.sequence = s.sequence), '[]')`;

/**
 * One delivery with its latest appeal and its timeline, or null when it is not in the scope.
 * @param asOf the command after whose step it is shown; as it is now if left out, or if the command has no step here
 */
export async function findDelivery(
  db: Database,
  id: string,
  scope: Scope,
  asOf: string | null = null,
): Promise<DeliveryDetails | null> {
  const query = Prisma.sql`
    SELECT o.id, o.order_id AS "orderId", o.buyer_id AS "buyerId", o.provider_id AS "providerId", o.policy,
      o.created_at AS "createdAt", ${STATE_AS_OF},
      (SELECT jsonb_build_object(
          'id', a.id, 'deliveryId', a.delivery_id, 'status', a.status, 'openedBy', a.opened_by, 'grounds', a.grounds,
          'reason', a.reason, 'openedAt', a.opened_at, 'dueAt', a.due_at, 'dueProvisional', a.due_provisional,
          'ruling', a.ruling, 'rulingReason', a.ruling_reason, 'refundFen', a.refund_fen, 'resolvedAt', a.resolved_at)
        FROM appeals a WHERE a.delivery_id = o.id
          AND (c.sequence IS NULL OR EXISTS (
            SELECT FROM steps t WHERE t.object_id = o.id AND t.appeal_id = a.id AND t.sequence <= c.sequence))
        ORDER BY a.id DESC LIMIT 1) AS appeal,
      ${timelineAsOf(WORDS_AND_ATTACHMENTS)}
    FROM ${objectAsOf(Prisma.sql`deliveries`, { id, scope, asOf })}`;
  const row = await queryRow(db, deliveryDetails, query);
  return row && { ...row, appeal: row.appeal && appealIn(row.state, row.appeal) };
}

/** An appeal as a state of its delivery knows it: still open, whatever was ruled later. */
function appealIn({ appeal }: DeliveryState, row: AppealRow): AppealRow {
  if (appeal?.id !== row.id || appeal.due === null) return row;
  const due = { dueAt: new Date(appeal.due.atMs).toISOString(), dueProvisional: appeal.due.provisional };
  return { ...row, ...due, status: 'open', ruling: null, rulingReason: null, refundFen: null, resolvedAt: null };
}

/** Filters of a list of deliveries. */
export type DeliveryFilter = { stage?: Stage | undefined; frozen?: boolean | undefined; orderId?: string | undefined };

/** A page of deliveries, one more than asked for when there are more. */
export async function listDeliveries(
  db: Database,
  scope: Scope,
  { stage, frozen, orderId }: DeliveryFilter,
  page: Page,
): Promise<DeliveryRow[]> {
  const rows = await db.delivery.findMany({
    where: {
      ...(scope === 'all' ? {} : scope),
      ...(stage === undefined ? {} : { stage }),
      ...(frozen === undefined ? {} : { frozen }),
      ...(orderId === undefined ? {} : { orderId }),
      ...beyond(page),
    },
    ...inOrder(page),
  });
  return rows.map((row) => deliveryRow.parse(row));
}

/** What the table says of a delivery and of a command to it, as far as the reader may know. */
export function deliveryStatus(
  db: Database,
  id: string,
  scope: Scope,
  commandId: string | null = null,
): Promise<WorkflowStatus> {
  return workflowStatusOf(
    db,
    { table: Prisma.sql`deliveries`, isOpen: Prisma.sql`outcome IS NULL` },
    { id, scope, commandId },
  );
}

/** The delivery that an appeal belongs to, or null when there is no such appeal. */
export async function deliveryOfAppeal(db: Database, appealId: string): Promise<string | null> {
  const appeal = await db.appeal.findUnique({ where: { id: appealId }, select: { deliveryId: true } });
  return appeal?.deliveryId ?? null;
}
