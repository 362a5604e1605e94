import type { Logger } from '../../config/logger';
import { claimUnaddressed, type UnaddressedNotice } from '../../prisma/store/notifications/unaddressed';
import type { Database } from '../../prisma/store/shared/database';
import { type Relay, startRelay } from './loop';

const BATCH = 100;

/** What is needed to report notices without a recipient. */
export type UnaddressedReport = {
  db: Database;
  logger: Logger;
  intervalMs: number;
  /** Called with each, for the metrics. */
  onNotice: (notice: UnaddressedNotice) => void;
};

/** Logs and counts every notice that had no recipient (MSG-2), once, whichever process wrote it. */
export function startUnaddressedReport({ db, logger, intervalMs, onNotice }: UnaddressedReport): Relay {
  return startRelay('unaddressed notices', logger, intervalMs, async () => {
    const notices = await claimUnaddressed(db, BATCH, new Date());
    for (const notice of notices) {
      logger.error(notice, 'notice without a recipient: nobody was notified');
      onNotice(notice);
    }
    return notices.length;
  });
}
