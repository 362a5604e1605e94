import { z } from 'zod';
import { OPEN_STAGES, REVIEW_KINDS } from '../../../domain/reviews/state';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { queryRows } from '../shared/query-rows';

/** Something open whose due instant was computed over days that were not published: an appeal, a review, or an invoice that is to be mailed. */
export type Provisional = z.output<typeof provisional>;
const provisional = z.object({
  id: z.string(),
  kind: z.enum(['appeal', 'invoice', ...REVIEW_KINDS]),
  operation: z.string(),
  objectId: z.string(),
});

/**
 * Open appeals, reviews and invoices whose provisional due instant came from another calendar than the present one (GEN-1); the
 * workflows of those that are due already look at the calendar themselves.
 * @param after the id of the last one already seen; null at the beginning
 */
export async function provisionalDues(
  db: Database,
  calendarVersion: string,
  page: { limit: number; after: string | null },
): Promise<Provisional[]> {
  // One page over three tables, which takes a UNION.
  const query = Prisma.sql`
    SELECT id, kind, operation, object_id AS "objectId" FROM (
      SELECT id, 'appeal' AS kind, '' AS operation, delivery_id AS object_id
      FROM appeals
      WHERE status = 'open' AND due_provisional AND due_at > now() AND calendar_version <> ${calendarVersion}
      UNION ALL
      SELECT id, kind, operation, object_id
      FROM reviews
      WHERE status IN (${Prisma.join([...OPEN_STAGES])}) AND due_provisional AND NOT overdue
        AND calendar_version <> ${calendarVersion}
      UNION ALL
      SELECT id, 'invoice', '', id
      FROM invoices
      WHERE stage IN ('pending', 'processing') AND due_provisional AND NOT overdue
        AND calendar_version <> ${calendarVersion}
    ) AS due
    WHERE ${page.after}::text IS NULL OR id > ${page.after}
    ORDER BY id LIMIT ${page.limit}`;
  return queryRows(db, provisional, query);
}
