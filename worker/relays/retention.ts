import type { Logger } from '../../config/logger';
import type { Policy } from '../../domain/policies/catalogue';
import { markAbsent } from '../../prisma/store/accounts/users';
import { purgeMessages } from '../../prisma/store/notifications/retention';
import type { Database } from '../../prisma/store/shared/database';
import { purgeRecords } from '../../prisma/store/shared/idempotency';
import { purgeEvents } from '../../prisma/store/webhooks/events';
import { type Relay, startRelay } from './loop';

/** Few enough that nobody waits for the rows. */
const BATCH = 500;

/**
 * How much later than its record a command's step may be stored, when nothing is away for hours: the record goes only
 * when the step is older than the retention, too, by which its key is then refused.
 */
const STEP_WITHIN_MS = 3_600_000;

/** What retention needs. */
export type Retention = {
  db: Database;
  policy: Policy;
  logger: Logger;
  intervalMs: number;
  clock?: () => number;
  batch?: number;
};

/**
 * Deletes what is kept for a time only (GEN-3): webhook events with their attempts, messages with their deliveries, and
 * the idempotency records of requests. Batch by batch; several workers share the work. Ends the notices of operations who
 * have left (MSG-2).
 */
export function startRetention({ db, policy, logger, intervalMs, clock = Date.now, batch = BATCH }: Retention): Relay {
  const before = ({ ms }: { ms: number }) => new Date(clock() - ms);
  return startRelay('retention', logger, intervalMs, async () => {
    const events = await purgeEvents(db, before(policy['webhook.keepEventsFor']), batch);
    const messages = await purgeMessages(db, before(policy['notification.keepFor']), batch);
    const kept = before({ ms: policy['idempotency.keepFor'].ms + STEP_WITHIN_MS });
    const answers = await purgeRecords(db, kept, batch);
    const absent = await markAbsent(db, before(policy['notification.operationsAbsentAfter']));
    if (absent.length > 0) logger.warn({ absent }, 'operations who have shown no new token for long are not notified');
    const purged = events + messages + answers;
    if (purged > 0) logger.info({ events, messages, answers }, 'purged what is past its retention');
    return purged;
  });
}
