import type { Notice } from '../../domain/messages/notice';
import { Prisma } from '../generated/client';
import type { Transaction } from './change';
import type { Database } from './client';

/** What a step tells people, for the outbox. */
export type Telling = { objectId: string; deliveryId: string | null; sequence: number; notices: Notice[]; at: Date };

/**
 * CTEs that put the notices of a step into the outbox, in the step's own statement (MSG-2): an
 * in-site message and an e-mail for every person concerned. They read the CTEs `step` (the step, if
 * it was written) and `target` (order_id, product_name, buyer_id, provider_id).
 */
export function tell({ objectId, deliveryId, sequence, notices, at }: Telling): Prisma.Sql {
  if (notices.length === 0) return Prisma.empty;
  const hears = (role: Notice['to'][number]) => notices.some(({ to }) => to.includes(role));
  return Prisma.sql`, recipients AS (
      SELECT 'buyer' AS role, u.id FROM target t JOIN users u ON u.id = t.buyer_id
      UNION ALL
      SELECT 'provider', u.id FROM target t JOIN users u ON u.provider_id = t.provider_id AND u.role = 'provider'
      UNION ALL
      SELECT 'ops', u.id FROM users u WHERE u.role = 'ops' AND ${hears('ops')}::boolean
      UNION ALL
      SELECT 'managers', u.id FROM users u
      WHERE u.role = 'ops' AND 'appeals.rule' = ANY(u.permissions) AND ${hears('managers')}::boolean
    ), told AS (
      INSERT INTO messages (id, recipient_id, event, object_id, sequence, params, created_at)
      SELECT 'msg_' || lpad(to_hex(${at.getTime()}::bigint), 12, '0') || substr(md5(random()::text), 1, 14),
             r.id, n.event, ${objectId}::text, ${sequence}::int,
             n.params || jsonb_build_object('orderId', t.order_id, 'productName', t.product_name,
                                            'deliveryId', ${deliveryId}::text), ${at}::timestamptz
      FROM step, target t, jsonb_to_recordset(${JSON.stringify(notices)}::jsonb)
           AS n(event text, "to" jsonb, params jsonb), recipients r
      WHERE jsonb_exists(n."to", r.role)
      ON CONFLICT DO NOTHING
      RETURNING id
    ), mailed AS (
      INSERT INTO sendings (message_id) SELECT id FROM told
    )`;
}

/** Puts notices into the outbox in the transaction that they belong to, for what has no order. */
export async function tellIn(
  tx: Transaction,
  { providerId, ...telling }: Omit<Telling, 'deliveryId'> & { providerId: string },
): Promise<void> {
  if (telling.notices.length === 0) return;
  await tx.$executeRaw`
    WITH step AS (SELECT 1), target AS (
      SELECT NULL::text AS order_id, NULL::text AS product_name, NULL::text AS buyer_id, ${providerId}::text AS provider_id
    )${tell({ ...telling, deliveryId: null })}
    SELECT count(*) FROM told`;
}

/** An in-site message as it is stored; it is worded when it is read, in the reader's language. */
export type StoredMessage = {
  id: string;
  event: string;
  objectId: string;
  params: Record<string, string>;
  createdAt: Date;
  readAt: Date | null;
};

/** A person's messages, newest first; `after` is the id of the last one already read. */
export async function listMessages(
  db: Database,
  recipientId: string,
  page: { limit: number; after: string | null },
): Promise<StoredMessage[]> {
  return db.$queryRaw<StoredMessage[]>`
    SELECT id, event, object_id AS "objectId", params, created_at AS "createdAt", read_at AS "readAt"
    FROM messages WHERE recipient_id = ${recipientId} AND (${page.after}::text IS NULL OR id < ${page.after})
    ORDER BY id DESC LIMIT ${page.limit}`;
}

/** How many of a person's messages are unread. */
export async function countUnread(db: Database, recipientId: string): Promise<number> {
  return db.message.count({ where: { recipientId, readAt: null } });
}

/** Marks a message read; false when it is not that person's. */
export async function markRead(db: Database, recipientId: string, id: string): Promise<boolean> {
  const { count } = await db.message.updateMany({ where: { id, recipientId }, data: { readAt: new Date() } });
  return count === 1;
}
