import type { Logger } from '../../config/logger';
import type { Policy } from '../../domain/policy/catalogue';
import type { Database } from '../../prisma/store/client';
import { purgeMessages } from '../../prisma/store/messages';
import { purgeEvents } from '../../prisma/store/webhooks';
import { type Relay, startRelay } from './loop';

/** Few enough that nobody waits for the rows. */
const BATCH = 500;

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
 * Forgets what is kept for a time only (GEN-3): webhook events with their attempts, and messages with their deliveries.
 * Batch by batch; several workers share the work.
 */
export function startRetention({ db, policy, logger, intervalMs, clock = Date.now, batch = BATCH }: Retention): Relay {
  const before = ({ ms }: { ms: number }) => new Date(clock() - ms);
  return startRelay('retention', logger, intervalMs, async () => {
    const events = await purgeEvents(db, before(policy['webhook.keepEventsFor']), batch);
    const messages = await purgeMessages(db, before(policy['notification.keepFor']), batch);
    if (events + messages > 0) logger.info({ events, messages }, 'purged what is past its retention');
    return events + messages;
  });
}
