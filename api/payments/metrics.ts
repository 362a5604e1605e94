import { Gauge, type Registry } from 'prom-client';
import { waitingCallbacks } from '../../prisma/store/payments/waiting';
import { countRefusedRefunds, oldestUnsentRefund } from '../../prisma/store/refunds/monitoring';
import type { Database } from '../../prisma/store/shared/database';

/** A refusal is recorded once a day for as long as it lasts, and tried again every hour. */
const REFUSED_WITHIN_MS = 25 * 3_600_000;

/**
 * Whether money moves, read from the tables at each scrape: the answer does not depend on a worker being there. What the
 * database does not answer is NaN, and the other metrics are served all the same.
 */
export function paymentMetrics(registry: Registry, db: Database): void {
  const gauge = (name: string, help: string, read: (now: Date) => Promise<number>) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(await read(new Date()).catch(() => Number.NaN));
      },
    });
  gauge(
    'payment_callback_oldest_unhandled_seconds',
    'Age of the oldest payment callback that has not been handled; 0 when none waits',
    async (now) => ageOf((await waitingCallbacks(db, now))?.oldest.receivedAt, now),
  );
  gauge(
    'refund_oldest_unsent_seconds',
    'Age of the oldest refund that its channel has not taken; 0 when none waits',
    async (now) => ageOf((await oldestUnsentRefund(db)) ?? undefined, now),
  );
  gauge('refunds_refused', 'Refunds refused in the last day because nothing says that they are owed', (now) =>
    countRefusedRefunds(db, new Date(now.getTime() - REFUSED_WITHIN_MS)),
  );
}

const ageOf = (since: Date | undefined, now: Date): number =>
  since === undefined ? 0 : Math.max(0, (now.getTime() - since.getTime()) / 1_000);
