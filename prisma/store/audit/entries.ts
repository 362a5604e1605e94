import { z } from 'zod';
import { type Area, objectsOf } from '../../../domain/accounts/areas';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { queryRows } from '../shared/query-rows';

const document = z.record(z.string(), z.json()).nullable();

const trailRow = z.object({
  objectId: z.string(),
  /** Of a look: the highest there is, so that it comes after what it may have been about. */
  sequence: z.int(),
  /** Of a look: its id. */
  lookId: z.string(),
  at: z.date(),
  actorRole: z.string(),
  actorId: z.string(),
  action: z.string(),
  note: z.string().nullable(),
  requestId: z.string().nullable(),
  sourceIp: z.string().nullable(),
  runId: z.string().nullable(),
  /** The object as the step found it: where it did not note that, as the step before left it. */
  before: document,
  after: document,
});

/**
 * A line of the audit trail (AUD-1): a step of an object, or somebody's look at the contact in an order (ORD-7), which
 * changes nothing and has no number. The words of a sealed note are not here.
 */
export type TrailRow = z.infer<typeof trailRow>;

/** A place in the trail: what a page ended with. */
export type TrailPosition = Pick<TrailRow, 'at' | 'objectId' | 'sequence' | 'lookId'>;

/** Whose trail a reader may see: that of a provider's own objects of the reader's areas, or all of it (operations). */
export type TrailScope = { providerId: string; areas: readonly Area[] } | 'all';

/** Which lines are wanted; what is left out does not matter. */
export type TrailFilter = {
  objectId?: string | undefined;
  actorId?: string | undefined;
  providerId?: string | undefined;
  /** How the action begins. */
  action?: string | undefined;
  from?: Date | undefined;
  /** Not included. */
  to?: Date | undefined;
};

/** A page of the trail: one line more than `limit` when there are more. */
export type TrailPage = { limit: number; after: TrailPosition | null; newestFirst: boolean };

const LOOKED = 'order.contact_seen';
/** The highest number that the column takes. */
export const LOOK_SEQUENCE = 2_147_483_647;

/** What steps and looks are called in the two halves of the query. */
const STEP = {
  objectId: Prisma.sql`s.object_id`,
  sequence: Prisma.sql`s.sequence`,
  lookId: Prisma.sql`''::text`,
  at: Prisma.sql`s.at`,
  actorId: Prisma.sql`s.actor_id`,
  /** Said in the words of the index that finds what a person did. */
  byPerson: Prisma.sql`s.actor_role <> 'system'`,
  action: Prisma.sql`s.action`,
  providerId: Prisma.sql`s.provider_id`,
};
const LOOK: typeof STEP = {
  objectId: Prisma.sql`l.order_id`,
  sequence: Prisma.sql`${LOOK_SEQUENCE}::int`,
  lookId: Prisma.sql`l.id`,
  at: Prisma.sql`l.at`,
  actorId: Prisma.sql`l.viewer_id`,
  byPerson: Prisma.sql`true`,
  action: Prisma.sql`${LOOKED}::text`,
  providerId: Prisma.sql`l.provider_id`,
};

/** A page of the trail. It is ordered by time; what is recorded meanwhile never moves what was read. */
export function readTrail(db: Database, scope: TrailScope, filter: TrailFilter, page: TrailPage): Promise<TrailRow[]> {
  return read(db, page, (half) => [
    within(half, scope),
    ...equal(half.objectId, filter.objectId),
    ...equal(half.actorId, filter.actorId),
    ...(filter.actorId === undefined || filter.actorId === 'system' ? [] : [half.byPerson]),
    ...equal(half.providerId, filter.providerId),
    ...(filter.action === undefined ? [] : [Prisma.sql`starts_with(${half.action}, ${filter.action})`]),
    ...(filter.from === undefined ? [] : [Prisma.sql`${half.at} >= ${filter.from}`]),
    ...(filter.to === undefined ? [] : [Prisma.sql`${half.at} < ${filter.to}`]),
  ]);
}

/**
 * A page of an object's timeline, the oldest first: its own steps, those of its reviews, and of an order those of its
 * delivery and of its refunds, and the looks at its contact.
 */
export function readTimeline(
  db: Database,
  scope: TrailScope,
  objectId: string,
  page: Omit<TrailPage, 'newestFirst'>,
): Promise<TrailRow[]> {
  const belonging = Prisma.sql`(
    SELECT ${objectId}::text UNION SELECT id FROM reviews WHERE object_id = ${objectId}
    UNION SELECT delivery_id FROM orders WHERE id = ${objectId}
    UNION SELECT id FROM refunds WHERE order_id = ${objectId}
    UNION SELECT id FROM refund_requests WHERE order_id = ${objectId}
    UNION SELECT replace(id, 'pay_', 'rfp_') FROM payments WHERE order_id = ${objectId})`;
  return read(db, { ...page, newestFirst: false }, (half) => [
    within(half, scope),
    Prisma.sql`${half.objectId} IN ${belonging}`,
  ]);
}

function within(half: typeof STEP, scope: TrailScope): Prisma.Sql {
  if (scope === 'all') return Prisma.sql`true`;
  const own = Prisma.sql`${half.providerId} = ${scope.providerId}`;
  const { beginning, are } = objectsOf(scope.areas);
  if (are === 'hidden' && beginning.length === 0) return own;
  const begins = Prisma.sql`left(${half.objectId}, 3) = ANY(${beginning}::text[])`;
  return are === 'seen' ? Prisma.sql`${own} AND ${begins}` : Prisma.sql`${own} AND NOT ${begins}`;
}

const equal = (column: Prisma.Sql, value: string | undefined): Prisma.Sql[] =>
  value === undefined ? [] : [Prisma.sql`${column} = ${value}`];

/** Both halves in order, each no longer than the page, and beside each step the state before it. */
function read(db: Database, page: TrailPage, conditionsOf: (half: typeof STEP) => Prisma.Sql[]): Promise<TrailRow[]> {
  const most = page.limit + 1;
  const where = (half: typeof STEP) => Prisma.join([...conditionsOf(half), ...beyond(half, page)], ' AND ');
  const direction = page.newestFirst ? Prisma.sql`DESC` : Prisma.sql`ASC`;
  const ordered = Prisma.sql`ORDER BY 1 ${direction}, 2 ${direction}, 3 ${direction}, 4 ${direction} LIMIT ${most}`;
  // Keyset pages: both halves walk an index from the position on, and take no locks.
  const query = Prisma.sql`
    SELECT t.at, t.object_id AS "objectId", t.sequence, t.look_id AS "lookId", t.actor_role AS "actorRole",
           t.actor_id AS "actorId", t.action, t.note, t.request_id AS "requestId", t.source_ip AS "sourceIp",
           t.run_id AS "runId", coalesce(t.state_before, p.state_after) AS before, t.state_after AS after
    FROM (
      (SELECT s.at, s.object_id, s.sequence, '' AS look_id, s.actor_role, s.actor_id, s.action, s.note, s.request_id,
              s.source_ip, s.run_id, s.state_before, s.state_after
       FROM steps s WHERE ${where(STEP)} ${ordered})
      UNION ALL
      (SELECT l.at, l.order_id, ${LOOK.sequence}, l.id, coalesce(l.viewer_role, u.role, 'provider'), l.viewer_id,
              ${LOOK.action}, NULL, l.request_id, l.source_ip, NULL, NULL, NULL
       FROM contact_looks l LEFT JOIN users u ON u.id = l.viewer_id
       WHERE ${where(LOOK)} ${ordered})
    ) AS t LEFT JOIN steps p ON p.object_id = t.object_id AND p.sequence = t.sequence - 1
    ${ordered}`;
  return queryRows(db, trailRow, query);
}

function beyond(half: typeof STEP, { after, newestFirst }: TrailPage): Prisma.Sql[] {
  if (after === null) return [];
  const { at, objectId, sequence, lookId } = half;
  const place = Prisma.sql`(${after.at}::timestamptz, ${after.objectId}::text, ${after.sequence}::int, ${after.lookId}::text)`;
  const direction = newestFirst ? Prisma.sql`<` : Prisma.sql`>`;
  return [Prisma.sql`(${at}, ${objectId}, ${sequence}, ${lookId}) ${direction} ${place}`];
}
