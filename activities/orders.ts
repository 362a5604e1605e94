import type { OrderStep, StoredOrderStep } from '../domain/orders/step';
import { writeOrderStep } from '../prisma/store/orders/steps';
import type { Database } from '../prisma/store/shared/database';
import { recordStep } from './shared/record-step';

export type OrderActivities = ReturnType<typeof orderActivities>;

/** The activities of the order workflow. */
export function orderActivities({ db }: { db: Database }) {
  return {
    /**
     * Records one step: the order is placed, paid or closed.
     * @returns the step that the table holds now, which wins: the workflow adopts it; or `payment_expected`: the order
     *   does not close while a payment was received in time that it does not know (ORD-6)
     */
    async recordOrderStep(step: OrderStep): Promise<StoredOrderStep | 'payment_expected'> {
      return recordStep(db, step.terms.orderId, step, (runId) => writeOrderStep(db, step, runId));
    },
  };
}
