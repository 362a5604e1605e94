import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from '../../config/logger';
import type { HolidayCalendar } from '../../domain/calendar/working-days';
import { type Provisional, provisionalDues } from '../../prisma/store/calendar/provisional';
import type { Database } from '../../prisma/store/shared/database';
import { deliveryWorkflowId } from '../../workflows/deliveries/messages';
import { invoiceWorkflowId } from '../../workflows/invoices/messages';
import { reviewWorkflowId } from '../../workflows/reviews/messages';
import { calendarGrown } from '../../workflows/shared/messages';
import { type Relay, startRelay } from './loop';

const BATCH = 100;

/** What the calendar's relay needs. */
export type CalendarRelay = {
  db: Database;
  client: Client;
  calendar: HolidayCalendar;
  logger: Logger;
  intervalMs: number;
};

/**
 * Signals every workflow with a provisional deadline that this worker's calendar is another than the one it was computed
 * with (GEN-1). A workflow that has recomputed it names the new calendar in its row, and is not signalled again.
 */
export function startCalendarRelay({ db, client, calendar, logger, intervalMs }: CalendarRelay): Relay {
  return startRelay('calendar', logger, intervalMs, async () => {
    for (let after: string | null = null; ; ) {
      const dues: Provisional[] = await provisionalDues(db, calendar.version, { limit: BATCH, after });
      for (const due of dues) await signal(client, due);
      if (dues.length > 0)
        logger.info({ calendar: calendar.version, signalled: dues.length }, 'the calendar has grown');
      after = dues.at(-1)?.id ?? null;
      // Found or not, the relay rests then: the workflows need a moment to record what they recompute.
      if (dues.length < BATCH) return 0;
    }
  });
}

async function signal(client: Client, due: Provisional): Promise<void> {
  const workflowId = workflowIdOf(due);
  try {
    await client.workflow.getHandle(workflowId).signal(calendarGrown);
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

function workflowIdOf({ kind, operation, objectId }: Provisional): string {
  if (kind === 'appeal') return deliveryWorkflowId(objectId);
  return kind === 'invoice' ? invoiceWorkflowId(objectId) : reviewWorkflowId({ kind, objectId, operation });
}
