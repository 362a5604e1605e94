import type { DeliveryState } from '../../../domain/deliveries/state';
import type { DeliveryPolicy } from '../../../domain/policies/catalogue';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { equal, keyset, type Page } from '../shared/paging';
import { type Scope, within } from '../shared/scopes';
import type { WorkflowStatus } from '../shared/workflow-status';

/** A delivery as it is stored. */
export type DeliveryRow = {
  id: string;
  orderId: string;
  buyerId: string;
  providerId: string;
  state: DeliveryState;
  policy: DeliveryPolicy;
  sequence: number;
  createdAt: Date;
  updatedAt: Date;
};

/** An appeal as it is stored; times are ISO strings, since it is read inside JSON. */
export type AppealRow = {
  id: string;
  deliveryId: string;
  status: 'open' | 'resolved';
  openedBy: 'buyer' | 'provider';
  grounds: string[];
  reason: string;
  openedAt: string;
  dueAt: string;
  dueProvisional: boolean;
  ruling: string | null;
  rulingReason: string | null;
  refundFen: number | null;
  resolvedAt: string | null;
};

/** A step as the timeline shows it. `sealedNote` is base64 of a sealed note. */
export type TimelineRow = {
  commandId: string;
  at: string;
  actor: string;
  action: string;
  note: string | null;
  sealedNote: string | null;
  attachments: { id: string; name: string; size: number; type: string }[];
};

export type DeliveryDetails = DeliveryRow & { appeal: AppealRow | null; timeline: TimelineRow[] };

const COLUMNS = Prisma.sql`d.id, d.order_id AS "orderId", d.buyer_id AS "buyerId", d.provider_id AS "providerId",
  d.state, d.policy, d.sequence, d.created_at AS "createdAt", d.updated_at AS "updatedAt"`;
/** As `COLUMNS`, with what each step changes as step `c` left it, where there is one. */
const COLUMNS_AS_OF = Prisma.sql`d.id, d.order_id AS "orderId", d.buyer_id AS "buyerId", d.provider_id AS "providerId",
  coalesce(c.state_after, d.state) AS state, d.policy, coalesce(c.sequence, d.sequence) AS sequence,
  d.created_at AS "createdAt", coalesce(c.at, d.updated_at) AS "updatedAt"`;

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
  const [row] = await db.$queryRaw<DeliveryDetails[]>`
    SELECT ${COLUMNS_AS_OF},
      (SELECT jsonb_build_object(
          'id', a.id, 'deliveryId', a.delivery_id, 'status', a.status, 'openedBy', a.opened_by, 'grounds', a.grounds,
          'reason', a.reason, 'openedAt', a.opened_at, 'dueAt', a.due_at, 'dueProvisional', a.due_provisional,
          'ruling', a.ruling, 'rulingReason', a.ruling_reason, 'refundFen', a.refund_fen, 'resolvedAt', a.resolved_at)
        FROM appeals a WHERE a.delivery_id = d.id
          AND (c.sequence IS NULL OR EXISTS (
            SELECT FROM steps o WHERE o.object_id = d.id AND o.appeal_id = a.id AND o.sequence <= c.sequence))
        ORDER BY a.id DESC LIMIT 1) AS appeal,
      (SELECT jsonb_agg(jsonb_build_object(
          'commandId', s.command_id, 'at', s.at, 'actor', s.actor_role, 'action', s.action, 'note', s.note,
          'sealedNote', encode(s.sealed_note, 'base64'),
          'attachments', coalesce((
            SELECT jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name, 'size', f.size, 'type', f.type) ORDER BY f.id)
            FROM attachment_uses u JOIN attachments f ON f.id = u.attachment_id
            WHERE u.delivery_id = d.id AND u.sequence = s.sequence), '[]')) ORDER BY s.sequence)
        FROM steps s WHERE s.object_id = d.id AND (c.sequence IS NULL OR s.sequence <= c.sequence)) AS timeline
    FROM (SELECT * FROM deliveries WHERE id = ${id} AND ${within(scope)}) d
    LEFT JOIN steps c ON c.object_id = d.id AND c.command_id = ${asOf}`;
  return row === undefined ? null : { ...row, appeal: row.appeal && appealIn(row.state, row.appeal) };
}

/** An appeal as a state of its delivery knows it: still open, whatever was ruled later. */
function appealIn({ appeal }: DeliveryState, row: AppealRow): AppealRow {
  if (appeal?.id !== row.id || appeal.due === null) return row;
  const due = { dueAt: new Date(appeal.due.atMs).toISOString(), dueProvisional: appeal.due.provisional };
  return { ...row, ...due, status: 'open', ruling: null, rulingReason: null, refundFen: null, resolvedAt: null };
}

/** Filters of a list of deliveries. */
export type DeliveryFilter = { stage?: string | undefined; frozen?: boolean | undefined; orderId?: string | undefined };

/** A page of deliveries, one more than asked for when there are more. */
export async function listDeliveries(
  db: Database,
  scope: Scope,
  filter: DeliveryFilter,
  page: Page,
): Promise<DeliveryRow[]> {
  return db.$queryRaw<DeliveryRow[]>`
    SELECT ${COLUMNS} FROM deliveries d WHERE ${within(scope)}
      ${equal('stage', filter.stage)} ${equal('order_id', filter.orderId)}
      ${filter.frozen === undefined ? Prisma.empty : filter.frozen ? Prisma.sql`AND frozen` : Prisma.sql`AND NOT frozen`}
      ${keyset(page)}`;
}

/** What the table says of a delivery and of a command to it, as far as the reader may know. */
export async function deliveryStatus(
  db: Database,
  id: string,
  scope: Scope,
  commandId: string | null = null,
): Promise<WorkflowStatus> {
  const [row] = await db.$queryRaw<{ ended: boolean; sequence: number; hasCommand: boolean }[]>`
    SELECT outcome IS NOT NULL AS ended, sequence,
           EXISTS (SELECT FROM steps WHERE command_id = ${commandId}) AS "hasCommand"
    FROM deliveries WHERE id = ${id} AND ${within(scope)}`;
  if (row === undefined) return { is: 'absent', sequence: 0, hasCommand: false };
  return { is: row.ended ? 'ended' : 'open', sequence: row.sequence, hasCommand: row.hasCommand };
}

/** The delivery that an appeal belongs to, or null when there is no such appeal. */
export async function deliveryOfAppeal(db: Database, appealId: string): Promise<string | null> {
  const appeal = await db.appeal.findUnique({ where: { id: appealId }, select: { deliveryId: true } });
  return appeal?.deliveryId ?? null;
}
