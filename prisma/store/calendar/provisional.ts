import type { ReviewKind } from '../../../domain/reviews/state';
import type { Database } from '../shared/database';

/** Something open whose due instant was reckoned over days that were not published: an appeal, or a review. */
export type Provisional = { id: string; kind: 'appeal' | ReviewKind; operation: string; objectId: string };

/**
 * Open appeals and reviews whose provisional due instant came from another calendar than the present one (GEN-1); those
 * that are due already are asked about by their processes.
 * @param after the id of the last one already seen; null at the beginning
 */
export async function provisionalDues(
  db: Database,
  calendarVersion: string,
  page: { limit: number; after: string | null },
): Promise<Provisional[]> {
  return db.$queryRaw<Provisional[]>`
    SELECT id, kind, operation, object_id AS "objectId" FROM (
      SELECT id, 'appeal' AS kind, '' AS operation, delivery_id AS object_id
      FROM appeals
      WHERE status = 'open' AND due_provisional AND due_at > now() AND calendar_version <> ${calendarVersion}
      UNION ALL
      SELECT id, kind, operation, object_id
      FROM reviews
      WHERE status IN ('security_check', 'in_review') AND due_provisional AND NOT overdue
        AND calendar_version <> ${calendarVersion}
    ) AS due
    WHERE ${page.after}::text IS NULL OR id > ${page.after}
    ORDER BY id LIMIT ${page.limit}`;
}
