import { activityInfo, log } from '@temporalio/activity';
import type { PlacedStep, SettledStep, Settlement } from '../domain/orders/step';
import { writePlacedStep, writeSettledStep } from '../prisma/store/orders/steps';
import type { Database } from '../prisma/store/shared/database';
import { asRefusal } from './shared/refusal';
import { runIdOf } from './shared/run-id';

export type OrderActivities = ReturnType<typeof orderActivities>;

/** The activities by which the order workflow keeps its tables. */
export function orderActivities({ db }: { db: Database }) {
  return {
    /** Stores the order, unless it is stored already. Fails for good when its command has placed another order. */
    async recordPlaced(step: PlacedStep): Promise<void> {
      await writePlacedStep(db, step, runIdOf(activityInfo())).catch(asRefusal);
      log.info('order placed', { orderId: step.terms.orderId, requestId: step.requestId });
    },

    /**
     * Stores that the order is paid, or closes; answers what the table holds, which wins. An order does not close
     * while a payment was received in time that it does not know.
     */
    async recordSettled(step: SettledStep): Promise<Settlement> {
      const settlement = await writeSettledStep(db, step, runIdOf(activityInfo()));
      const { orderId } = step.terms;
      if (settlement === 'payment_expected') log.warn('order not closed: a payment was received in time', { orderId });
      else log.info('order settled', { orderId, paid: settlement.payment !== null });
      return settlement;
    },
  };
}
