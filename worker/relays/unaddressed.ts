import type { Logger } from '../../config/logger';
import type { Database } from '../../prisma/store/shared/database';
import { claimUnaddressed, type UnaddressedNotice } from '../../prisma/store/shared/outbox';
import { type Relay, startRelay } from './loop';

const BATCH = 100;

/** What is needed to report notices without a recipient. */
export type UnaddressedReport = {
  db: Database;
  logger: Logger;
  intervalMs: number;
  /** Is told of each, for the metrics. */
  onNotice: (notice: UnaddressedNotice) => void;
};

/** Logs and counts every notice that had no recipient (MSG-2), once, whichever process wrote it. */
export function startUnaddressedReport({ db, logger, intervalMs, onNotice }: UnaddressedReport): Relay {
  return startRelay('unaddressed notices', logger, intervalMs, async () => {
    const notices = await claimUnaddressed(db, BATCH, new Date());
    for (const notice of notices) {
      logger.error(notice, 'nobody could be told of this: the notice has no recipient');
      onNotice(notice);
    }
    return notices.length;
  });
}
