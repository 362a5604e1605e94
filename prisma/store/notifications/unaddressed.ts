import { z } from 'zod';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { queryRows } from '../shared/query-rows';

/** A notice whose audience had nobody in it. */
export type UnaddressedNotice = z.output<typeof unaddressedNotice>;

const unaddressedNotice = z.object({
  objectId: z.string(),
  sequence: z.int(),
  event: z.string(),
  audience: z.string(),
});

/**
 * Claims notices without a recipient, to be logged and counted by one worker, the oldest first.
 * @param limit how many at most
 */
export async function claimUnaddressed(db: Database, limit: number, now: Date): Promise<UnaddressedNotice[]> {
  // One statement locks and marks them; SKIP LOCKED leaves to another worker what it has locked.
  const query = Prisma.sql`
    UPDATE unaddressed_notices u SET logged_at = ${now}
    FROM (SELECT object_id, sequence, event, audience FROM unaddressed_notices WHERE logged_at IS NULL
          ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS found
    WHERE (u.object_id, u.sequence, u.event, u.audience)
        = (found.object_id, found.sequence, found.event, found.audience)
    RETURNING u.object_id AS "objectId", u.sequence, u.event, u.audience`;
  return queryRows(db, unaddressedNotice, query);
}
