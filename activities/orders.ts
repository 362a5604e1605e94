import { isSealed } from '../domain/orders/commands';
import type { OrderStep, StoredOrderStep } from '../domain/orders/step';
import { type Postponement, writeOrderStep } from '../prisma/store/orders/steps';
import { findStep } from '../prisma/store/shared/audit-log';
import type { Database } from '../prisma/store/shared/database';
import { recordStep } from './shared/record-step';
import { sealedNoteOf } from './shared/sealed-note';

export type OrderActivities = ReturnType<typeof orderActivities>;

/** The activities of the order workflow. */
export function orderActivities({ db }: { db: Database }) {
  return {
    /**
     * Records one step: the order is placed, repriced, paid, closed, or fulfilled.
     * @returns the step that the table holds now, which wins: the workflow adopts it; or `payment_expected`: the order
     *   does not close while a payment was received in time that it does not know (ORD-6)
     */
    async recordOrderStep(step: OrderStep): Promise<StoredOrderStep | Postponement> {
      const write = (runId: string) => writeOrderStep(db, step, runId, sealedNoteOf(step, isSealed(step.action)));
      return recordStep(db, step.terms.orderId, step, write);
    },

    /** The step that the table holds at a sequence, or null. */
    async storedOrderStep({
      orderId,
      sequence,
    }: {
      orderId: string;
      sequence: number;
    }): Promise<StoredOrderStep | null> {
      return findStep(db, orderId, sequence);
    },
  };
}
