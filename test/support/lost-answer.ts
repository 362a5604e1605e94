import type { Database } from '../../prisma/store/shared/database';
import { eventually } from './eventually';

/** The answer to a POST is lost before anybody could send it again: it was given, and is recorded no more. */
export async function loseAnswer(db: Database, key: string): Promise<void> {
  const record = { key };
  // It is recorded a moment after it was given.
  await eventually(async () =>
    expect(await db.idempotencyRecord.count({ where: { ...record, answeredAt: { not: null } } })).toBe(1),
  );
  await db.idempotencyRecord.updateMany({ where: record, data: { status: null, body: null, answeredAt: null } });
}
