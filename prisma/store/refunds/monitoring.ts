import { z } from 'zod';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { queryRow } from '../shared/query-rows';

/** When the oldest refund was asked for that its channel has not taken yet; null when there is none. */
export async function oldestUnsentRefund(db: Database): Promise<Date | null> {
  const where = { status: 'requested' };
  const oldest = await db.refund.findFirst({ where, orderBy: { requestedAt: 'asc' }, select: { requestedAt: true } });
  return oldest?.requestedAt ?? null;
}

/**
 * How many refunds were refused since an instant, because the database does not know them as owed, and not sent since.
 * A refusal leaves a step a day for as long as it lasts. Refused refunds may have no row: the steps are the record.
 */
export async function countRefusedRefunds(db: Database, since: Date): Promise<number> {
  const row = await queryRow(
    db,
    z.object({ refused: z.bigint() }),
    Prisma.sql`
      SELECT count(DISTINCT r.object_id) AS refused FROM steps r
      WHERE r.action = 'refund.refused' AND r.at > ${since}
        AND NOT EXISTS (SELECT FROM refunds WHERE id = r.object_id AND status = 'refunded')`,
  );
  return Number(row?.refused ?? 0n);
}
